/** All that a tenant has agreed on above the tally, in its order: discounts, commitments, maximums, and at close minimums. */
import { formatAmount, type AmountPico, type Rational } from '../money/fixed.ts';
import type { Period } from '../fees/records.ts';
import { boundRows, type SpendBound } from './bounds.ts';
import { commitmentRows, drawnBy, type Commitment } from './commitment.ts';
import type { Discount } from './discountRecords.ts';
import { applyDiscounts, type DiscountRow, type DiscountUse } from './discounts.ts';
import {
  differenceRows,
  type BookedRow,
  type NodeReason,
  type NodeRow,
  type Parents,
  type SpendLine,
} from './lines.ts';

export interface CommitmentInPeriod {
  readonly commitment: Commitment;
  readonly segment: number;
  /** What drew on the segment in the periods before; 0 in its first. */
  readonly before: AmountPico;
  /** Its rows of those periods: what they have not booked, as an advance in the first, is booked in this one. */
  readonly booked: readonly BookedRow[];
  /** Whether the segment ends with this period. */
  readonly isEnding: boolean;
  /** The part of the segment in force, when the contract ended early. */
  readonly share?: Rational;
}

/** What holds for the lines of one currency and period. */
export interface Agreements {
  readonly discounts: readonly Discount[];
  readonly use: DiscountUse;
  readonly commitments: readonly CommitmentInPeriod[];
  readonly bounds: readonly SpendBound[];
  readonly shareOf?: (bound: SpendBound) => Rational;
}

export interface Settled {
  /** Every row that a node carries itself. */
  readonly rows: readonly NodeRow[];
  /** Those of discounts, with their shares: what `useAfter` takes at close. */
  readonly discounts: readonly DiscountRow[];
  /** What drew on each segment in this period, by the name that its rows have: what later periods have as `before`. */
  readonly drawn: readonly { readonly by: string; readonly amount: AmountPico }[];
}

/** Kinds of rows that a maximum does not cap. */
const committedReasons: ReadonlySet<NodeReason> = new Set<NodeReason>(['prepayment', 'drawdown', 'trueUp']);

/**
 * A pure function of the lines: while the period is open its rows are booked by difference (`differenceRows`); closed, it is
 * final. Σ lines by list + Σ rows = what is owed.
 */
export function settle(
  lines: readonly SpendLine[],
  agreements: Agreements,
  parents: Parents,
  period: Period,
  closed: boolean,
): Settled {
  const discounted = applyDiscounts(lines, agreements.discounts, agreements.use, parents, period);
  const names = agreements.commitments.map(({ commitment, segment }) => `${commitment.id}/${segment}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`segment ${twice} is given twice`);
  const drawn = agreements.commitments.map(({ commitment, segment }) => ({
    by: `${commitment.id}/${segment}`,
    amount: drawnBy(commitment, discounted.lines, parents),
  }));
  const committed = agreements.commitments.flatMap((one, index) => ownRows(one, drawn[index]!.amount, closed));
  const spend = [...discounted.lines, ...committed.map(({ row, contract }) => lineOf(row, contract))];
  const { shareOf } = agreements;
  const bounds = boundRows(spend, agreements.bounds, parents, shareOf === undefined ? { closed } : { closed, shareOf });
  const rows = [...discounted.rows, ...committed.map(({ row }) => row), ...bounds];
  return { rows, discounts: discounted.rows, drawn };
}

/** What this period adds to the rows of a segment. */
function ownRows(one: CommitmentInPeriod, drawn: AmountPico, closed: boolean) {
  const { commitment, segment, before, booked, isEnding } = one;
  const share = one.share === undefined ? {} : { share: one.share };
  const spent = before + drawn;
  const now = commitmentRows(commitment, { segment, spent, closed: closed && isEnding, ...share });
  return differenceRows<BookedRow>(booked, now).map((row) => ({
    row: { step: { label: 'booked before', quantity: '', unitPrice: '', amount: formatAmount(row.amount) }, ...row },
    contract: commitment.contract ?? '',
  }));
}

const lineOf = (row: NodeRow, contract: string): SpendLine => ({
  id: `${row.by} ${row.reason}`,
  account: row.account,
  service: '',
  component: '',
  price: '',
  plan: '',
  contract,
  quantity: 0n,
  list: committedReasons.has(row.reason) ? row.amount : 0n,
  net: row.amount,
  isCommitted: committedReasons.has(row.reason),
});
