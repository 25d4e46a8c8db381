export const correctionForms = ['batches', 'time', 'revert'] as const;
export type CorrectionForm = (typeof correctionForms)[number];

/** `ask` opens the form for a new correction, filled with the rest. */
export interface CorrectionsSearch {
  readonly ask?: CorrectionForm;
  readonly producer?: string;
  readonly from?: string;
  readonly to?: string;
  readonly resource?: string;
  readonly meter?: string;
  readonly correction?: string;
}

const texts = ['producer', 'from', 'to', 'resource', 'meter', 'correction'] as const;

export function parseCorrectionsSearch(search: Record<string, unknown>): CorrectionsSearch {
  const ask = correctionForms.find((candidate) => candidate === search['ask']);
  const filled = texts.flatMap((name) => {
    const value = search[name];
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : [];
  });
  return { ...(ask === undefined ? {} : { ask }), ...Object.fromEntries(filled) };
}
