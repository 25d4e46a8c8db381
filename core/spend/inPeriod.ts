/** Which agreements hold for a billing period, as `settle` takes them. */
import type { AgreementRecord } from '../messages/agreement.ts';
import type { Rational } from '../money/fixed.ts';
import { one, ratio } from '../money/rational.ts';
import type { Period, Span } from '../fees/records.ts';
import { boundOf, commitmentOf, discountOf, periodsOf } from './agreements.ts';
import type { SpendBound } from './bounds.ts';
import { segmentAt } from './commitment.ts';
import type { Discount } from './discountRecords.ts';
import type { CommitmentInPeriod } from './settle.ts';

export interface InPeriod {
  readonly discounts: readonly Discount[];
  /** Without what they have of the periods before. */
  readonly commitments: readonly Omit<CommitmentInPeriod, 'before' | 'booked'>[];
  readonly bounds: readonly SpendBound[];
  /** The part of the period in which a bound is in force. */
  readonly shareOf: (bound: SpendBound) => Rational;
}

/** `agreements`: the newest of each key of one root account and currency. `periodAt`: its billing period that holds an instant. */
export function inPeriod(
  agreements: readonly AgreementRecord[],
  period: Period,
  periodAt: (atMs: number) => Period,
): InPeriod {
  const held = agreements.filter((agreement) => {
    const periods = periodsOf(agreement, periodAt);
    return periods !== undefined && periods.startMs < period.endMs && period.startMs < periods.endMs;
  });
  const discounts = held.flatMap((agreement) =>
    agreement.terms.kind === 'discount' ? [discountOf(agreement, agreement.terms)] : [],
  );
  const names = new Set(discounts.map(({ id }) => id));
  const shares = new Map<string, Rational>();
  const bounds = held.flatMap((agreement) => {
    if (agreement.terms.kind !== 'bound') return [];
    shares.set(agreement.key, partOf(agreement, period.startMs, period.endMs) ?? one);
    return [boundOf(agreement, agreement.terms)];
  });
  return {
    // What is not in force cannot exclude.
    discounts: discounts.map((discount) =>
      discount.notWith === undefined
        ? discount
        : { ...discount, notWith: discount.notWith.filter((name) => names.has(name)) },
    ),
    commitments: held.flatMap((agreement) => commitmentIn(agreement, period)),
    bounds,
    shareOf: ({ id }) => shares.get(id)!,
  };
}

/** A period draws on the segment that holds its start. */
function commitmentIn(agreement: AgreementRecord, period: Period): InPeriod['commitments'] {
  if (agreement.terms.kind !== 'commitment') return [];
  const commitment = commitmentOf(agreement, agreement.terms);
  const segment = segmentAt(commitment, period.startMs);
  if (segment === undefined) return [];
  const { fromMs, toMs } = commitment.segments[segment]!;
  const beginsMs = Math.max(fromMs, agreement.fromMs);
  const endsMs = Math.min(toMs, agreement.toMs ?? toMs);
  if (endsMs <= beginsMs) return [];
  const share = partOf(agreement, fromMs, toMs);
  const isEnding = endsMs <= period.endMs;
  return [{ commitment, segment, isEnding, ...(share === undefined ? {} : { share }) }];
}

/** The part of a span in which the agreement is in force; undefined for all of it. */
function partOf(
  agreement: Pick<AgreementRecord, 'fromMs' | 'toMs'>,
  fromMs: number,
  toMs: number,
): Rational | undefined {
  const from = Math.max(fromMs, agreement.fromMs);
  const to = Math.min(toMs, agreement.toMs ?? toMs);
  return from === fromMs && to === toMs ? undefined : ratio(BigInt(Math.max(0, to - from)), BigInt(toMs - fromMs));
}

/** Spans of segments that are paid in advance: time begins them, not usage. Ascending. */
export const prepaidSpans = (agreements: Iterable<AgreementRecord>): Span[] =>
  [...agreements]
    .flatMap(({ fromMs, toMs, terms }) =>
      terms.kind !== 'commitment' || terms.payment !== 'advance'
        ? []
        : terms.segments.map((segment) => ({
            fromMs: Math.max(fromMs, segment.fromMs),
            toMs: Math.min(segment.toMs, toMs ?? segment.toMs),
          })),
    )
    .filter((span) => span.fromMs < span.toMs)
    .sort((a, b) => a.fromMs - b.fromMs);
