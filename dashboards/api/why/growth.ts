import type { MeterRecord } from '#core/messages/control.ts';
import type { TallyNote } from '#core/messages/rated.ts';
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
}

/** Whether a maximum, a newest value or a number of distinct values grew as it must; undefined for what only adds up. */
export function checkGrowth({ meter, grown, share, before, value, note }: Growth): Check | undefined {
  const text = (integer: bigint): string => formatDecimal(integer, meter.scale);
  const check = (ok: boolean, detail: string): Check => ({ name: 'growth', ok, detail });
  switch (meter.aggregation) {
    case 'max': {
      const expected = share > before ? share - before : 0n;
      const what = expected > 0n ? `exceeds the greatest so far, ${text(before)}, by ${text(expected)}` : `does not exceed the greatest so far, ${text(before)}`; // prettier-ignore
      return check(grown === expected, `The sample's ${text(share)} ${what}; the row says ${text(grown)}.`);
    }
    case 'latest':
      if (grown === share - before)
        return check(true, `The newest value so far, ${text(before)}, is replaced by ${text(share)}.`);
      return check(
        grown === 0n,
        `The row leaves ${text(before)} as it was; that a newer sample was there is not proven from this commit alone.`,
      );
    case 'unique': {
      const shown = JSON.stringify(value);
      if (grown === 1n) {
        const isNoted = note?.values?.includes(value) === true;
        return check(
          isNoted,
          `${shown} counts for the first time${isNoted ? ', as the commit notes' : ', which the commit does not note'}.`,
        );
      }
      return check(
        grown === 0n,
        `${shown} adds nothing; that it was counted before is not proven from this commit alone.`,
      );
    }
    case 'percentile':
      return check(
        grown >= 0n,
        `The sample adds ${text(share)} to its time slot; what that makes of all slots of the period is not proven from this commit alone.`,
      );
    default:
      return undefined;
  }
}
