/** Whether a row grew its tally as its meter's aggregation says, where that is not simply the sample. */
import type { MeterRecord } from '#core/messages/control.ts';
import type { TallyNote } from '#core/messages/rated.ts';
import { exactCount } from '#core/rating/distinct.ts';
import { formatDecimal } from '#core/money/fixed.ts';
import type { Check } from './batchProof.ts';

export interface Growth {
  readonly meter: MeterRecord;
  /** What the row adds to its tally. */
  readonly grown: bigint;
  /** The sample, or what of it fell on the row, at the meter's scale. */
  readonly share: bigint;
  /** Where the tally stood, with what was carried over. */
  readonly before: bigint;
  /** The value that a `unique` meter looks at. */
  readonly value: string;
  /** What the commit notes of the tally. */
  readonly note: TallyNote | undefined;
  /** An earlier row of the tally: of a newer sample (`latest`), or that counted the same resource (`unique`). */
  readonly witness: string | undefined;
}

const unproven = 'is recomputed by `meterline verify` alone: no row says it';

/** Whether a maximum, a newest value or a number of distinct values grew as it must; undefined for what only adds up. */
export function checkGrowth({ meter, grown, share, before, value, note, witness }: Growth): Check | undefined {
  const text = (integer: bigint): string => formatDecimal(integer, meter.scale);
  const check = (ok: boolean, detail: string): Check => ({ name: 'growth', ok, detail });
  switch (meter.aggregation) {
    case 'max': {
      const expected = share > before ? share - before : 0n;
      const what = expected > 0n ? `exceeds the greatest so far, ${text(before)}, by ${text(expected)}` : `does not exceed the greatest so far, ${text(before)}`; // prettier-ignore
      return check(grown === expected, `The sample's ${text(share)} ${what}; the row says ${text(grown)}.`);
    }
    case 'latest':
      if (witness !== undefined) return check(grown === 0n, `Row ${witness} is of a newer sample, so ${text(before)} stays.`); // prettier-ignore
      if (grown === share - before) return check(true, `No earlier row is of a newer sample: ${text(before)} is replaced by ${text(share)}.`); // prettier-ignore
      return check(grown === 0n, `The row leaves ${text(before)} as it was. That a newer sample, of another version of the price or cut by a boundary, was there ${unproven}.`); // prettier-ignore
    case 'unique': {
      const shown = JSON.stringify(value);
      const { upTo, beyond } = exactCount(meter);
      if (beyond === 'approximate' && before + grown > BigInt(upTo)) {
        const error = `with a standard error of 1/√${upTo - 2}`;
        return check(grown >= 0n, `Beyond ${upTo} values their number is approximate, ${error}. That ${shown} moves the estimate by ${text(grown)} ${unproven}.`); // prettier-ignore
      }
      if (grown !== 0n) {
        const isNoted = note?.values?.includes(value) === true;
        const first = `${shown} counts for the first time${isNoted ? ', as the commit notes' : ', which the commit does not note'}`;
        return check(grown === 1n && isNoted && witness === undefined, `${first}${witness === undefined ? '' : `; row ${witness} had counted it`}.`); // prettier-ignore
      }
      if (witness !== undefined) return check(true, `${shown} adds nothing: row ${witness} had counted it.`);
      return check(true, `${shown} adds nothing. That it had been counted ${unproven}.`);
    }
    case 'percentile':
      return check(grown >= 0n, `The sample adds ${text(share)} to its time slot. What that makes of all slots of the period ${unproven}.`); // prettier-ignore
    case 'samplePercentile':
      return check(
        true,
        `The sample takes its place among those of the period. What that makes of the percentile ${unproven}.`,
      );
    default:
      return undefined;
  }
}
