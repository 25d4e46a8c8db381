import type { RatedRow, WhySample } from '#core/messages/api.ts';
import type { MeterRecord } from '#core/messages/control.ts';
import type { BatchBody } from '#core/metering/batch.ts';
import { divideRounded, formatDecimal, parseDecimal } from '#core/money/fixed.ts';
import { dashboardsError } from '../../errors.ts';
import type { Check } from './batchProof.ts';

export interface SampleProof {
  readonly sample: WhySample['sample'];
  readonly check: Check;
  /** What of the sample fell on the row: all of it, unless it was cut; a level keeps its value. */
  readonly share: bigint;
  /** End of the whole sample, UTC ms. */
  readonly endMs: number;
}

/** The sample in its batch, and whether the row says of it what it says of itself. */
export function proveSample(row: RatedRow, body: BatchBody, meter: MeterRecord | undefined): SampleProof {
  const series = body.series[body.s[row.index] ?? -1];
  const tick = body.ticks[body.k[row.index] ?? -1];
  const metric = series === undefined ? undefined : body.metrics[series[1]];
  const quantity = body.q[row.index];
  if (series === undefined || tick === undefined || metric === undefined || quantity === undefined) {
    throw dashboardsError('PROOF_UNAVAILABLE', `Batch ${body.seq} has no sample ${row.index}.`);
  }
  const startMs = body.baseMs + tick[0];
  const endMs = startMs + tick[1];
  const integer = BigInt(quantity);
  const inside = startMs <= row.startMs && row.endMs <= endMs && row.startMs <= row.endMs;
  const whole = row.startMs === startMs && row.endMs === endMs;
  const ends = meter?.aggregation === 'recurring' && row.startMs < row.endMs && row.endMs <= startMs;
  // Parts of a delta add up to it exactly: each is the difference of two rounded shares (SPEC 4.5).
  const upTo = (instantMs: number): bigint =>
    divideRounded(integer * BigInt(instantMs - startMs), BigInt(endMs - startMs), 'halfEven');
  const share = metric.kind === 'level' || whole || !inside ? integer : upTo(row.endMs) - upTo(row.startMs);
  const fits = isGrowth(row, { meter, share, isStart: row.startMs === startMs }, metric.scale);
  const raw = body.raw[row.index] ?? null;
  const text = formatDecimal(integer, metric.scale);
  return {
    sample: {
      metric: metric.name,
      unit: metric.unit,
      scale: metric.scale,
      dims: series[2] < 0 ? {} : (body.dims[series[2]] ?? {}),
      quantity: text,
      rawEnd: raw === null ? null : String(raw),
      rawStart: raw === null ? null : (BigInt(raw) - integer).toString(),
      monotonicUs: tick[2],
    },
    share,
    endMs,
    check: {
      name: 'sample',
      ok: body.resources[series[0]] === row.resource && (ends || (inside && fits)),
      detail: ends
        ? `Sample ${row.index} says the next level. What the level before it amounts to up to here is not proven from this commit alone; \`meterline verify\` recomputes it.`
        : whole
          ? `Sample ${row.index}: ${text} ${metric.unit}${metric.kind === 'level' ? ' held throughout' : ''} on ${row.resource}.`
          : `A part of sample ${row.index} (${text} ${metric.unit}), which was cut where owner, price or period changes.`,
    },
  };
}

/** Whether the sample can have added to its tally what the row says: exactly, where the tally does not matter. */
function isGrowth(
  row: RatedRow,
  { meter, share, isStart }: { meter: MeterRecord | undefined; share: bigint; isStart: boolean },
  scale: number,
): boolean {
  const given = parseDecimal(row.quantity, meter?.scale ?? scale);
  if (given === undefined) return false;
  const aggregation = meter?.aggregation ?? 'sum';
  switch (aggregation) {
    case 'sum':
      return given === share;
    case 'timeWeighted':
      return given === share * BigInt(row.endMs - row.startMs);
    case 'count':
      return given === (isStart ? 1n : 0n);
    case 'unique':
      return given === 0n || (isStart && (given === 1n || (given > 0n && meter!.exact?.beyond === 'approximate')));
    case 'samplePercentile':
      return given === 0n || isStart;
    case 'recurring':
      return given === 0n;
    case 'max':
      return given >= 0n && given <= share;
    case 'percentile':
      return given >= 0n;
    case 'latest':
      return given <= share;
  }
}
