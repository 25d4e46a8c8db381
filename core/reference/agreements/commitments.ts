/** SPEC §9.4: what draws on commitments, at which rates, and what is missing when they end. */
import type { AgreementRecord, CommitmentTerms } from '../../messages/agreement.ts';
import type { Month } from '../month.ts';
import {
  fraction,
  fractionOf,
  greater,
  lesser,
  minus,
  nought,
  over,
  pico,
  times,
  type Fraction,
} from '../prices/fraction.ts';
import { isAbout, type Earlier, type IsBelow, type Item, type Settled } from './period.ts';
import type { NodeRow } from './spend.ts';

/** The rows of this period, and what they are to the bounds around them. */
export function drawDown(
  lines: readonly Item[],
  held: readonly AgreementRecord[],
  month: Month,
  earlier: Earlier,
  isClosed: boolean,
  isBelow: IsBelow,
): Settled & { readonly items: readonly Item[] } {
  const rows: NodeRow[] = [];
  const items: Item[] = [];
  const drawn = new Map<string, bigint>();
  for (const agreement of held) {
    const { terms } = agreement;
    if (terms.kind !== 'commitment') continue;
    const index = terms.segments.findIndex(({ fromMs, toMs }) => fromMs <= month.startMs && month.startMs < toMs);
    if (index < 0) continue;
    const { fromMs, toMs, amount } = terms.segments[index]!;
    const [beginsMs, endsMs] = [Math.max(fromMs, agreement.fromMs), Math.min(toMs, agreement.toMs ?? Infinity)];
    if (beginsMs >= endsMs) continue;
    const by = `${agreement.key}/${index}`;
    const own = lines.filter((item) => isAbout(item, agreement, isBelow));
    const here = own.reduce((sum, item) => sum + (terms.basis === 'list' ? item.list : item.left), 0n);
    if (here !== 0n) drawn.set(by, here);
    const committed = pico(times(fractionOf(amount), fraction(BigInt(endsMs - beginsMs), BigInt(toMs - fromMs))));
    const all = amountsOf(terms, committed, (earlier.drawn.get(by) ?? 0n) + here, isClosed && endsMs <= month.endMs);
    for (const { reason, amount: owed } of without(all, earlier.rows.get(by) ?? [])) {
      if (owed === 0n) continue;
      rows.push({ by, account: agreement.account, reason, amount: owed });
      const isCommitted = reason === 'prepayment' || reason === 'drawdown' || reason === 'trueUp';
      items.push({
        id: '', account: agreement.account, service: '', component: '', price: '', plan: '', contract: terms.contract ?? '',
        quantity: 0n, list: isCommitted ? owed : 0n, left: owed, isCommitted,
      }); // prettier-ignore
    }
  }
  return { rows, items, drawn };
}

type Owed = Pick<NodeRow, 'reason' | 'amount'>;

/** Of the whole segment so far. */
function amountsOf(terms: CommitmentTerms, committed: bigint, drawn: bigint, isOver: boolean): Owed[] {
  const hundredth = (text: string) => times(fractionOf(text), fraction(1n, 100n));
  const [covered, overage] = [hundredth(terms.coveredPercent), hundredth(terms.overagePercent)];
  const spent = greater(nought, inUnits(drawn));
  const within = lesser(spent, over(inUnits(committed), covered));
  const atRate = pico(times(within, minus(covered, fraction(1n))));
  const beyond = pico(times(minus(spent, within), minus(overage, fraction(1n))));
  // Used up, the commitment is drawn to the last pico, whatever was rounded on the way.
  const isUsedUp = times(spent, covered).top * 10n ** 12n >= committed * times(spent, covered).bottom;
  const used = isUsedUp ? committed : pico(within) + atRate;
  return [
    { reason: 'commitmentRate', amount: atRate },
    { reason: 'overage', amount: beyond },
    { reason: 'prepayment', amount: terms.payment === 'advance' ? committed : 0n },
    { reason: 'drawdown', amount: terms.payment === 'advance' ? -used : 0n },
    { reason: 'trueUp', amount: terms.payment === 'arrears' && isOver ? committed - used : 0n },
  ];
}

const inUnits = (amount: bigint): Fraction => fraction(amount, 10n ** 12n);

const without = (all: readonly Owed[], booked: readonly NodeRow[]): Owed[] =>
  all.map(({ reason, amount }) => ({
    reason,
    amount: booked.filter((row) => row.reason === reason).reduce((rest, row) => rest - row.amount, amount),
  }));
