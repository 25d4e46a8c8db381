/** SPEC §12.6: what a close settles, so many tallies before each input. */
import type { CloseRecord, PriceRecord } from '../messages/control.ts';
import { settleRows } from './agreements/settle.ts';
import { noteRows } from './agreements/spend.ts';
import { addToBalances } from './balances.ts';
import { unitOf } from './billingUnit.ts';
import { evaluateMoved } from './budgets/looks.ts';
import { bookingOf } from './closes.ts';
import { chargeMax, powerOfTen, zero, type Exact } from './number.ts';
import { rolledInto } from './rollover.ts';
import { priced } from './rows.ts';
import type { Outcome, Row, Source, State, Tally, Tenant } from './state.ts';
import { addToMember } from './tallies.ts';
import { chargeOfTally } from './tallyCharge.ts';

/** Which tallies it settles is decided when it is taken: by period, then as they began. */
export function beginClosing(
  state: State,
  tenant: Tenant,
  { account, untilMs, talliesPerStep = 1000 }: CloseRecord,
  fromMs: number,
): void {
  const all = [...state.tallies].filter(
    ([, tally]) =>
      tally.tenant === tenant.record.id &&
      tally.period.startMs <= untilMs &&
      isSettled(tenant.prices.get(tally.price)) &&
      unitOf(tenant, tally.account) === account,
  );
  const keys = all.sort(([, a], [, b]) => a.period.startMs - b.period.startMs).map(([key]) => key);
  const { size: tallies } = state.tallies;
  state.closings.push({ tenant: tenant.record.id, account, fromMs, untilMs, talliesPerStep, tallies, keys, done: 0 });
}

/** The next piece of the oldest close, with the budgets that it moves. */
export function continueClosing(state: State, outcome: Outcome): void {
  const [closing] = state.closings;
  if (closing === undefined) return;
  const tenant = state.tenants.get(closing.tenant)!;
  const source: Source = { producer: '', epoch: '', seq: 0, inputSeq: 0, logTimeMs: state.logTimeMs, trace: '' };
  const settled: Outcome = { ...outcome, rows: [], noted: 0 };
  for (let left = closing.talliesPerStep; closing.done < closing.keys.length && left > 0; closing.done++) {
    const tally = state.tallies.get(closing.keys[closing.done]!)!;
    left -= 1 + tally.members.size;
    settled.rows.push(...settle(state, tenant, tally, closing.fromMs, source));
    settled.rows.push(...shareOut(state, tenant, tally, closing.fromMs, source));
  }
  if (closing.done === closing.keys.length) state.closings.shift();
  settleRows(state, tenant, settled, source, closing);
  evaluateMoved(state, tenant, source, settled);
  noteRows(state, outcome);
  outcome.noted = outcome.rows.push(...settled.rows);
}

/** Nothing for a period that was opened again before it came to it. */
function settle(state: State, tenant: Tenant, tally: Tally, fromMs: number, source: Source): Row[] {
  const { account, period } = tally;
  if ((tenant.closes.get(unitOf(tenant, account)) ?? 0) < period.startMs) return [];
  const price = tenant.prices.get(tally.price)!;
  if (price.rollover === undefined) return [];
  const before = { rolled: tally.rolled, charged: tally.charged };
  tally.rolled = rolledInto(state, tenant, tally, price);
  if (isSame(before.rolled, tally.rolled)) return [];
  tally.charged = chargeOfTally(tenant, tally);
  if (tally.charged.gte(chargeMax)) Object.assign(tally, before);
  const amount = tally.charged.minus(before.charged);
  if (amount.isZero()) return [];
  return [rowOf(state, tenant, tally, { account, amount, fromMs }, source)];
}

const isSame = (a: Tally['rolled'], b: Tally['rolled']): boolean =>
  a.length === b.length && a.every(({ age, left }, i) => age === b[i]!.age && left === b[i]!.left);

const isSettled = (price: PriceRecord | undefined) => price?.rollover !== undefined || price?.tallyScope === 'subtree';

/** 12.7: what a pool is charged, by what each member used of it: rows that add up to nothing. */
function shareOut(state: State, tenant: Tenant, tally: Tally, fromMs: number, source: Source): Row[] {
  const price = tenant.prices.get(tally.price)!;
  const closedMs = tenant.closes.get(unitOf(tenant, tally.account)) ?? 0;
  if (price.tallyScope !== 'subtree' || price.split === 'asArrived' || tally.period.endMs > closedMs) return [];
  const members = [...tally.members].sort(([a], [b]) => a - b);
  const used = members.reduce((sum, [, { quantity }]) => sum.plus(quantity), zero);
  if (used.isZero()) return [];
  const total = members.reduce((sum, [, { amount }]) => sum.plus(amount), zero).times(trillion);
  // Whole trillionths of |total|, and one more for those with the largest rest, as long as there are any.
  const shares = members.map(([account, { quantity, amount }]) => {
    const exact = total.abs().times(quantity);
    const floor = exact.divToInt(used);
    return { account, amount, floor, rest: exact.minus(floor.times(used)) };
  });
  const over = total
    .abs()
    .minus(shares.reduce((sum, { floor }) => sum.plus(floor), zero))
    .toNumber();
  const lucky = new Set([...shares].sort((a, b) => b.rest.cmp(a.rest) || a.account - b.account).slice(0, over));
  return shares.flatMap((share) => {
    const size = share.floor.plus(lucky.has(share) ? 1 : 0);
    const owed = (total.isNegative() ? size.neg() : size).div(trillion);
    const difference = owed.minus(share.amount);
    return difference.isZero()
      ? []
      : [rowOf(state, tenant, tally, { account: share.account, amount: difference, fromMs }, source)];
  });
}

const trillion = powerOfTen(12);

interface Owed {
  readonly account: number;
  readonly amount: Exact;
  /** From where the close closes on. */
  readonly fromMs: number;
}

/** A row of the tally that has no quantity, of that account, and what it moves. */
function rowOf(state: State, tenant: Tenant, tally: Tally, { account, amount, fromMs }: Owed, source: Source): Row {
  const { resource, cell, period, firstMs } = tally;
  const price = tenant.prices.get(tally.price)!;
  addToBalances(state, tenant, account, firstMs, price.currency, amount, fromMs);
  if (price.tallyScope === 'subtree') addToMember(tally, account, { quantity: zero, amount }, []);
  const place = { tenant: tenant.record.id, account, resource, startMs: firstMs, durationMs: 0, period };
  const terms = { ...priced(price, cell, { quantity: zero, amount }), kind: 'adjustment' } as const;
  return { ...place, ...bookingOf(tenant, account, firstMs, fromMs), ...terms, primary: false, source, index: 0 };
}
