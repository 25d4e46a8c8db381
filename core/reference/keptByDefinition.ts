/** SPEC §8.6 as it is defined: what a set of samples comes to, all of it looked at at once. */
import type { MeterRecord } from '../messages/control.ts';
import { isOlder, percentileOf, slotCount, left, type Kept, type Part } from './aggregation.ts';
import { numberOf, withValues } from './distinct.ts';
import type { Tally } from './state.ts';

type Reached = Kept & { readonly quantity: bigint };

const nothing: Reached = {
  quantity: 0n, newest: undefined, values: new Set(), hashes: undefined, slots: new Map(), samples: [],
}; // prettier-ignore

export function byDefinition(meter: MeterRecord, tally: Pick<Tally, 'period'>, parts: readonly Part[]): Reached {
  const begun = parts.filter(({ isStart }) => isStart);
  switch (meter.aggregation) {
    case 'max':
      return { ...nothing, quantity: parts.map(({ sent }) => sent).reduce((a, b) => (a > b ? a : b), 0n) };
    case 'latest': {
      // Of the parts of one sample the last one.
      const last = parts.reduce((newest: Part | undefined, part) => (isOlder(part.sample, newest?.sample) ? newest : part), undefined); // prettier-ignore
      return last === undefined ? nothing : { ...nothing, quantity: last.sent, newest: last.sample };
    }
    case 'unique': {
      const values = new Set(begun.map(({ value }) => value));
      const none = { values: new Set<string>(), hashes: undefined };
      const { hashes } = withValues(meter, none, { values, hashes: undefined });
      const quantity = numberOf(meter, values.size, hashes);
      return { ...nothing, quantity, values: hashes === undefined ? values : new Set(), hashes };
    }
    case 'percentile': {
      const slots = new Map<number, bigint>();
      for (const { startMs, direction, sent } of parts) {
        const slot = Math.floor((startMs - tally.period.startMs) / meter.slots!.lengthMs);
        const own = slot + direction * slotCount(meter, tally);
        slots.set(own, (slots.get(own) ?? 0n) + sent);
      }
      return { ...nothing, quantity: percentileOf(meter, tally, slots), slots };
    }
    case 'samplePercentile': {
      const samples = begun.map(({ whole }) => whole);
      return { ...nothing, quantity: left(samples, meter.samples!.discardPercent), samples };
    }
    default:
      throw new Error(`meter ${meter.id} keeps nothing`);
  }
}
