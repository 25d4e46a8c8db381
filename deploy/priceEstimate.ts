import type { ExplainStep, PriceEstimate } from '#core/messages/api.ts';
import { deployError } from './errors.ts';
import { officeOf } from './officeClient.ts';
import { printJson, printLine, printTable } from './cli/report.ts';

export interface EstimateFlags {
  readonly price: string;
  readonly quantity: string;
  readonly events: number;
  readonly account?: string;
  readonly resource?: string;
  readonly dimension: readonly string[];
  readonly at?: string;
}

/** `meterline price estimate`: asks the running instance, which changes nothing. */
export async function priceEstimateCommand(dataDir: string, json: boolean, flags: EstimateFlags): Promise<void> {
  const query = new URLSearchParams({
    price: flags.price,
    quantity: flags.quantity,
    events: String(flags.events),
    ...(flags.account === undefined ? {} : { account: flags.account }),
    ...(flags.resource === undefined ? {} : { resource: flags.resource }),
    ...(flags.at === undefined ? {} : { atMs: String(instantOf(flags.at)) }),
  });
  for (const dimension of flags.dimension) query.append('dimension', dimension);
  const answer = await officeOf(dataDir).get<PriceEstimate>(`/prices/estimate?${query.toString()}`);
  if (json) return printJson(answer);
  for (const line of headOf(answer)) printLine(line);
  printTable([['STEP', 'QUANTITY', 'PRICE', 'BEFORE', 'AFTER'], ...stepRows(answer)]);
}

function instantOf(text: string): number {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const ms = isDate || /(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw deployError('USAGE', `--at ${text} is neither a date (of UTC) nor an instant with its offset.`, { at: text });
}

function headOf(answer: PriceEstimate): string[] {
  const { price, account, cell, standing, events, increment, chargeBefore, chargeAfter } = answer;
  const many = events === 1 ? '' : `${events} times `;
  const part = cell === '' ? '' : `, part ${cell}`;
  const month = new Date(answer.atMs).toISOString();
  return [
    `${many}${answer.quantity} ${price.unit.name} at ${price.key} v${price.version} for ${account.slug}${part}, as of ${month}: ${increment} ${price.currency} (${chargeBefore} before, ${chargeAfter} after).`,
    ...(standing === 'carried'
      ? ['Nothing was used under this version yet: it goes on from where the version before it stands.']
      : []),
    ...(answer.isExact ? [] : ['Its meter does not add up: the quantity is what the tally would grow by.']),
  ];
}

/** The steps of both charges, by their order; a label that changed stands with what it says after. */
function stepRows({ stepsBefore, stepsAfter }: PriceEstimate): string[][] {
  const labels = [...new Set([...stepsBefore, ...stepsAfter].map(({ label }) => label))];
  const find = (steps: readonly ExplainStep[], label: string) => steps.find((step) => step.label === label);
  return labels.map((label) => {
    const [before, after] = [find(stepsBefore, label), find(stepsAfter, label)];
    const shown = after ?? before!;
    return [label, shown.quantity, shown.unitPrice, before?.amount ?? '', after?.amount ?? ''];
  });
}
