/** SPEC §9.5: maximums at any time, minimums at close, from the inner scope to the outer. */
import type { AgreementRecord, BoundTerms } from '../../messages/agreement.ts';
import type { Month } from '../month.ts';
import { fraction, fractionOf, pico, times, type Fraction } from '../prices/fraction.ts';
import { isAbout, type IsBelow, type Item } from './period.ts';
import type { NodeRow } from './spend.ts';

const scopes = ['price', 'plan', 'contract', 'subtree'];

export function capsAndMinimums(
  items: readonly Item[],
  held: readonly AgreementRecord[],
  month: Month,
  isClosed: boolean,
  isBelow: IsBelow,
  depth: (account: number) => number,
): NodeRow[] {
  const all = [...items];
  const rows: NodeRow[] = [];
  const bounds = held
    .flatMap((agreement) => (agreement.terms.kind === 'bound' ? [{ agreement, terms: agreement.terms }] : []))
    .sort(
      (a, b) =>
        scopes.indexOf(a.terms.scope.kind) - scopes.indexOf(b.terms.scope.kind) ||
        depth(b.agreement.account) - depth(a.agreement.account) ||
        (a.agreement.key < b.agreement.key ? -1 : 1),
    );
  for (const { agreement, terms } of bounds) {
    const { key: by, account } = agreement;
    const share = shareOf(agreement, month);
    if (share.top === 0n) continue;
    const own = all.filter((item) => isAbout(item, agreement, isBelow));
    const { cap, minimum } = amountsOf(terms, share, own, isClosed);
    for (const [reason, amount] of [
      ['cap', cap],
      ['minimum', minimum],
    ] as const) {
      if (amount === 0n) continue;
      rows.push({ by, account, reason, amount });
      all.push(itemOf(agreement, terms, amount, reason === 'minimum'));
    }
  }
  return rows;
}

function amountsOf(terms: BoundTerms, share: Fraction, own: readonly Item[], isClosed: boolean) {
  const total = (items: readonly Item[], of: 'list' | 'left') => items.reduce((sum, item) => sum + item[of], 0n);
  const part = (text: string, isProrated: boolean) =>
    pico(isProrated ? times(fractionOf(text), share) : fractionOf(text));
  const open = total(own.filter((item) => !item.isCommitted), 'left'); // prettier-ignore
  const most = terms.maximum === undefined ? undefined : part(terms.maximum, terms.prorate.maximum);
  const cap = most !== undefined && open > most ? most - open : 0n;
  if (!isClosed || terms.minimum === undefined) return { cap, minimum: 0n };
  const counted = terms.minimumBasis === 'net' ? total(own, 'left') + cap : total(own, 'list');
  const missing = part(terms.minimum, terms.prorate.minimum) - counted;
  const room = most === undefined ? missing : most - (open + cap);
  const owed = missing < room ? missing : room;
  return { cap, minimum: owed > 0n ? owed : 0n };
}

/** The part of the month in which the bound is in force. */
function shareOf({ fromMs, toMs }: AgreementRecord, { startMs, endMs }: Month): Fraction {
  const inForceMs = Math.min(endMs, toMs ?? Infinity) - Math.max(startMs, fromMs);
  return fraction(BigInt(Math.max(0, inForceMs)), BigInt(endMs - startMs));
}

/** To the scopes around it; a minimum counts by list as well. */
const itemOf = ({ account }: AgreementRecord, { scope }: BoundTerms, amount: bigint, isMinimum: boolean): Item => ({
  id: '',
  account,
  service: '',
  component: '',
  price: 'price' in scope ? scope.price : '',
  plan: 'plan' in scope ? scope.plan : '',
  contract: 'contract' in scope ? scope.contract : '',
  quantity: 0n,
  list: isMinimum ? amount : 0n,
  left: amount,
  isCommitted: false,
});
