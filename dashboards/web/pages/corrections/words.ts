/** Corrections in words. */
import type { Correction, CorrectionSelection } from '#core/messages/correction.ts';
import type { Tone } from '../../components/StateBadge.tsx';
import { formatCount } from '../../format/quantity.ts';
import { formatInstant } from '../../format/time.ts';

export const statusWords: Readonly<Record<Correction['status'], string>> = {
  previewed: 'preview',
  queued: 'queued',
  begun: 'begun',
  running: 'running',
  rebuilding: 'rebuilding',
  ending: 'ending',
  ended: 'booked',
  failed: 'failed',
};

export const statusTones: Readonly<Record<Correction['status'], Tone>> = {
  previewed: 'plain',
  queued: 'info',
  begun: 'info',
  running: 'info',
  rebuilding: 'info',
  ending: 'info',
  ended: 'ok',
  failed: 'block',
};

/** "batches 4 – 9 of web-1", "usage of disk from … to …", "correction c-3 taken back". */
export function selectionText(selection: CorrectionSelection, timeZone: string): string {
  const { producer, epoch, fromSeq, toSeq, fromMs, toMs, resource, meter, correction, again } = selection;
  if (correction !== undefined) return `correction ${correction} taken back`;
  const of = [
    ...(producer === undefined ? [] : [producer]),
    ...(epoch === undefined ? [] : [`epoch ${epoch}`]),
    ...(resource === undefined ? [] : [`resource ${resource}`]),
    ...(meter === undefined ? [] : [`meter ${meter}`]),
  ].join(', ');
  const batches =
    fromSeq === toSeq
      ? `batch ${formatCount(fromSeq ?? 0)}`
      : `batches ${formatCount(fromSeq ?? 0)} – ${formatCount(toSeq ?? 0)}`;
  const stretch = `usage from ${formatInstant(fromMs ?? 0, timeZone).slice(0, -4)} to ${formatInstant(toMs ?? 0, timeZone).slice(0, -4)}`;
  const what = [...(fromSeq === undefined ? [] : [batches]), ...(fromMs === undefined ? [] : [stretch])].join(', ');
  return `${what} of ${of}${again === true ? ', rated again' : ''}`;
}
