/** What a node has committed to spend: drawn down by its subtree, an overage rate beyond, the rest owed at the end. */
import type { CommitmentTerms } from '../messages/agreement.ts';
import { formatAmount, type AmountPico, type Rational } from '../money/fixed.ts';
import { compare, divide, multiply, one, ratio, smaller, subtract } from '../money/rational.ts';
import { exact, ofAmount, percent, round12, shown } from '../fees/exact.ts';
import { assertSound, Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';
import { isWithin, total, type NodeReason, type NodeRow, type Parents, type SpendLine } from './lines.ts';

export interface Commitment extends Omit<CommitmentTerms, 'kind'> {
  readonly id: string;
  /** Its subtree draws on it (a pool); it carries the rows. */
  readonly account: number;
}

export const segmentsMax = 200;

/** Percent that an overage rate or a markup is at most, so that no product leaves the range of amounts. */
export const ratePercentMax = 1_000_000n;

/** The fields of a commitment's terms. */
export const commitmentFields: Readonly<Record<string, Shape>> = {
  segments: { list: { record: { fromMs: 'number', toMs: 'number', amount: 'text' } }, max: segmentsMax },
  coveredPercent: 'text',
  overagePercent: 'text',
  payment: { oneOf: ['advance', 'arrears'] },
  services: { optional: { list: 'text', max: 1000 } },
  basis: { oneOf: ['list', 'net'] },
  contract: { optional: 'text' },
};

const commitmentShape: Shape = { record: { id: 'text', account: 'account', ...commitmentFields } };

/** Every fault of a commitment, which may be anything. Never throws. */
export function checkCommitment(value: unknown): Problem[] {
  const check = new Check();
  if (check.shape(value, commitmentShape)) checkCommitted(check, value as Commitment);
  return check.problems;
}

/** What is wrong with the terms of one commitment, whose fields are of their kinds. */
export function checkCommitted(here: Check, commitment: Omit<CommitmentTerms, 'kind'>): void {
  const segments = here.at('segments');
  segments.that(commitment.segments.length > 0, '[]', 'at least one segment');
  commitment.segments.forEach((segment, index) => {
    const one = segments.at(index);
    one.span(segment);
    one.that(segment.toMs > segment.fromMs, segment.toMs, 'a segment of some length');
    one.at('amount').decimal(segment.amount, 'notNegative');
    const before = commitment.segments[index - 1];
    if (before !== undefined)
      one
        .at('fromMs')
        .that(segment.fromMs >= before.toMs, segment.fromMs, `an instant from ${before.toMs} on`, 'ORDER_WRONG');
  });
  here.at('coveredPercent').decimal(commitment.coveredPercent, 'positive');
  const { overagePercent } = commitment;
  if (here.at('overagePercent').decimal(overagePercent, 'notNegative'))
    here
      .at('overagePercent')
      .that(
        compare(exact(overagePercent), ratio(ratePercentMax)) <= 0,
        overagePercent,
        `at most ${ratePercentMax}`,
        'NUMBER_OUT_OF_RANGE',
      );
}

/** The segment that an instant falls in; undefined in a gap. */
export const segmentAt = (commitment: Commitment, atMs: number): number | undefined => {
  const index = commitment.segments.findIndex(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
  return index < 0 ? undefined : index;
};

/** Whether a line draws on the commitment. */
export const draws = (
  { service, account }: Pick<SpendLine, 'service' | 'account'>,
  commitment: Pick<Commitment, 'services' | 'account'>,
  parents: Parents,
): boolean =>
  (commitment.services === undefined || commitment.services.includes(service)) &&
  isWithin(account, commitment.account, parents);

/** What of a subtree's spend in a segment draws on the commitment. */
export function drawnBy(commitment: Commitment, lines: readonly SpendLine[], parents: Parents): AmountPico {
  const own = lines.filter((line) => draws(line, commitment, parents));
  return total(own.map((line) => (commitment.basis === 'list' ? line.list : line.net)));
}

export interface CommitmentAt {
  readonly segment: number;
  /** Spend of the segment so far, of all that draws on it. */
  readonly spent: AmountPico;
  readonly closed: boolean;
  /** The part of the segment that was in force, when a contract ended early; all of it when absent. */
  readonly share?: Rational;
}

/**
 * The node's own rows for a segment as functions of its spend: order-free, so increments are differences of two results. Spend
 * plus rows = covered spend × covered rate + overage × overage rate, and at close at least the commitment.
 */
export function commitmentRows(commitment: Commitment, at: CommitmentAt): NodeRow[] {
  assertSound(`commitment ${commitment.id}`, commitment, checkCommitment);
  const segment = commitment.segments[at.segment];
  if (segment === undefined) throw new RangeError(`commitment ${commitment.id} has no segment ${at.segment}`);
  const committed = round12(multiply(exact(segment.amount), at.share ?? one));
  const coveredRate = percent(commitment.coveredPercent);
  const overageRate = percent(commitment.overagePercent);
  const spent = ofAmount(at.spent > 0n ? at.spent : 0n);
  const capacity = divide(ofAmount(committed), coveredRate);
  const covered = smaller(spent, capacity);
  const beyond = subtract(spent, covered);
  const rateRow = round12(multiply(covered, subtract(coveredRate, one)));
  const isUsedUp = compare(spent, capacity) >= 0;
  const drawn = isUsedUp ? committed : round12(covered) + rateRow;

  const row = (reason: NodeReason, amount: AmountPico, label: string, quantity = '', unitPrice = ''): NodeRow[] =>
    amount === 0n
      ? []
      : [
          {
            by: `${commitment.id}/${at.segment}`,
            account: commitment.account,
            reason,
            amount,
            step: { label, quantity, unitPrice, amount: formatAmount(amount) },
          },
        ];
  const rate = (label: string, amount: AmountPico, reason: NodeReason, of: Rational, by: Rational): NodeRow[] =>
    row(reason, amount, label, shown(of), shown(subtract(by, one)));
  return [
    ...rate('difference to the rate of the commitment', rateRow, 'commitmentRate', covered, coveredRate),
    ...rate(
      'difference to the overage rate',
      round12(multiply(beyond, subtract(overageRate, one))),
      'overage',
      beyond,
      overageRate,
    ),
    ...(commitment.payment === 'advance'
      ? [
          ...row('prepayment', committed, 'commitment, paid in advance'),
          ...row('drawdown', -drawn, 'drawn from the commitment'),
        ]
      : at.closed
        ? row('trueUp', committed - drawn, `commitment of ${formatAmount(committed)} not used`)
        : []),
  ];
}

/** What is left to draw. */
export function commitmentLeft(commitment: Commitment, at: CommitmentAt): AmountPico {
  const rows = commitmentRows({ ...commitment, payment: 'advance' }, at);
  return total(
    rows.filter(({ reason }) => reason === 'prepayment' || reason === 'drawdown').map(({ amount }) => amount),
  );
}
