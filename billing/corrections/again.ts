/** Samples that are rated again: read from their signed batches, with all rows that stand of each, in pieces cut between samples. */
import type { AgainBatch, AgainSample, CorrectedBlock, CorrectionRows, CorrectionSelection } from '#core/messages/correction.ts'; // prettier-ignore
import { billingError } from '../errors.ts';
import { correctionLimits } from '../limits.ts';
import type { AsOf, CorrectionPorts, SelectedBatch } from './ports.ts';

export type AgainPiece = Required<Pick<CorrectionRows, 'blocks' | 'again'>>;

/** All that is selected, for a preview. Throws CORRECTION_EMPTY, CORRECTION_REFUSED, CORRECTION_TOO_LARGE. */
export async function selectedAgain(
  ports: CorrectionPorts,
  tenant: string,
  at: AsOf & { readonly selection: CorrectionSelection },
): Promise<AgainPiece & { readonly rows: number }> {
  const blocks: CorrectedBlock[] = [];
  const again: AgainBatch[] = [];
  let rows = 0;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<CorrectionPorts['selectedSamples']>> = await ports.selectedSamples(tenant, { ...at, own: '', cursor });
    cursor = page.cursor;
    for (const batch of page.batches) {
      rows += rowsIn(batch.blocks);
      if (rows > correctionLimits.previewRowsMax)
        throw billingError('CORRECTION_TOO_LARGE', `Of samples that are rated again at most ${correctionLimits.previewRowsMax} rows; take a shorter stretch.`, {});
      blocks.push(...batch.blocks);
      again.push(await signed(ports, tenant, batch));
    }
  } while (cursor !== null);
  if (rows === 0) throw billingError('CORRECTION_EMPTY', 'Of what is selected nothing stands, or there is nothing.', {});
  return { blocks, again, rows };
} // prettier-ignore

/** The samples as their batch says them. Throws CORRECTION_REFUSED where the log has it no more. */
async function signed(ports: CorrectionPorts, tenant: string, batch: SelectedBatch): Promise<AgainBatch> {
  const { partition, usageSeq, producer, epoch, seq, indexes } = batch;
  const body = await ports.batch(partition, usageSeq, tenant, producer);
  if (body?.seq !== seq) throw billingError('CORRECTION_REFUSED', `Batch ${seq} of ${producer} is not in the log.`, { producer, seq });
  const { resources, metrics, dims, series, ticks, baseMs } = body;
  const samples = indexes.map((index): AgainSample => {
    const [resource, metric, dimsAt] = series[body.s[index]!]!;
    const [offsetMs, durationMs] = ticks[body.k[index]!]!;
    return [index, resource, metric, dimsAt, baseMs + offsetMs, durationMs, String(body.q[index])];
  });
  return usedOnly({ partition, usageSeq, producer, epoch, seq, resources, metrics, dims, samples });
} // prettier-ignore

const rowsIn = (blocks: readonly CorrectedBlock[]): number => blocks.reduce((sum, { rows }) => sum + rows.length, 0);

/** What is told the rater of some batches; a sample is in one piece with all of its rows. */
export async function piecesOfSamples(
  ports: CorrectionPorts,
  tenant: string,
  batches: readonly SelectedBatch[],
): Promise<AgainPiece[]> {
  const pieces: AgainPiece[] = [];
  for (const batch of batches) {
    const whole = await signed(ports, tenant, batch);
    for (const some of fitting(batch)) {
      const samples = whole.samples.filter(([index]) => some.has(index));
      const blocks = batch.blocks.flatMap((block) => {
        const rows = block.rows.filter(([, index]) => some.has(index));
        return rows.length === 0 ? [] : [{ ...block, rows }];
      });
      pieces.push({ blocks, again: [{ ...whole, samples }] });
    }
  }
  return joined(pieces);
}

/** Indexes in their order, as many as have room in a piece together. */
function fitting({ blocks, indexes }: SelectedBatch): Set<number>[] {
  const counts = new Map<number, number>();
  for (const { rows } of blocks) for (const [, index] of rows) counts.set(index, (counts.get(index) ?? 0) + 1);
  const sets: Set<number>[] = [];
  let room = 0;
  for (const index of indexes) {
    const rows = counts.get(index)!;
    if (rows > room) {
      sets.push(new Set());
      room = Math.max(rows, correctionLimits.againRowsMax);
    }
    sets.at(-1)!.add(index);
    room -= rows;
  }
  return sets;
}

/** Neighbours that have room together are one. */
function joined(pieces: readonly AgainPiece[]): AgainPiece[] {
  const together: AgainPiece[] = [];
  for (const piece of pieces) {
    const last = together.at(-1);
    const fits = last !== undefined && rowsIn(last.blocks) + rowsIn(piece.blocks) <= correctionLimits.againRowsMax;
    if (fits) together[together.length - 1] = { blocks: [...last.blocks, ...piece.blocks], again: [...last.again, ...piece.again] };
    else together.push(piece);
  }
  return together;
} // prettier-ignore

/** Without the names that no sample has: a batch may name thousands. */
function usedOnly(batch: AgainBatch): AgainBatch {
  const resources = [...new Set(batch.samples.map(([, resource]) => resource))];
  const metrics = [...new Set(batch.samples.map(([, , metric]) => metric))];
  const dims = [...new Set(batch.samples.flatMap(([, , , at]) => (at < 0 ? [] : [at])))];
  return {
    ...batch,
    resources: resources.map((at) => batch.resources[at]!), metrics: metrics.map((at) => batch.metrics[at]!), dims: dims.map((at) => batch.dims[at]!),
    samples: batch.samples.map(([index, resource, metric, at, ...rest]) => [index, resources.indexOf(resource), metrics.indexOf(metric), at < 0 ? -1 : dims.indexOf(at), ...rest]),
  };
} // prettier-ignore
