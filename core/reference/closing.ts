/** SPEC §12.6: what a close settles, so many tallies before each input. */
import type { CloseRecord } from '../messages/control.ts';
import { addToBalances } from './balances.ts';
import { unitOf } from './billingUnit.ts';
import { evaluateMoved } from './budgets.ts';
import { bookingOf } from './closes.ts';
import { chargeMax, zero } from './number.ts';
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
): void {
  const all = [...state.tallies].filter(
    ([, tally]) =>
      tally.tenant === tenant.record.id &&
      tally.period.startMs <= untilMs &&
      tenant.prices.get(tally.price)?.rollover !== undefined &&
      unitOf(tenant, tally.account) === account,
  );
  const keys = all.sort(([, a], [, b]) => a.period.startMs - b.period.startMs).map(([key]) => key);
  const { size: tallies } = state.tallies;
  state.closings.push({ tenant: tenant.record.id, account, untilMs, talliesPerStep, tallies, keys, done: 0 });
}

/** The next piece of the oldest close, with the budgets that it moves. */
export function continueClosing(state: State, outcome: Outcome): void {
  const [closing] = state.closings;
  if (closing === undefined) return;
  const tenant = state.tenants.get(closing.tenant)!;
  const source: Source = { producer: '', epoch: '', seq: 0, inputSeq: 0, logTimeMs: state.logTimeMs, trace: '' };
  const settled: Outcome = { ...outcome, rows: [] };
  for (const key of closing.keys.slice(closing.done, closing.done + closing.talliesPerStep)) {
    settled.rows.push(...settle(state, tenant, state.tallies.get(key)!, source));
    closing.done += 1;
  }
  if (closing.done === closing.keys.length) state.closings.shift();
  evaluateMoved(state, tenant, source, settled);
  outcome.rows.push(...settled.rows);
}

/** Nothing for a period that was opened again before it came to it. */
function settle(state: State, tenant: Tenant, tally: Tally, source: Source): Row[] {
  const { account, resource, cell, period, firstMs } = tally;
  if ((tenant.closes.get(unitOf(tenant, account)) ?? 0) < period.startMs) return [];
  const price = tenant.prices.get(tally.price)!;
  const before = { rolled: tally.rolled, charged: tally.charged };
  tally.rolled = rolledInto(state, tenant, tally, price);
  tally.charged = chargeOfTally(tenant, tally);
  if (tally.charged.gte(chargeMax)) Object.assign(tally, before);
  const amount = tally.charged.minus(before.charged);
  if (amount.isZero()) return [];
  addToBalances(state, tenant, account, firstMs, price.currency, amount);
  if (price.tallyScope === 'subtree') addToMember(tally, account, { quantity: zero, amount }, []);
  const place = { tenant: tenant.record.id, account, resource, startMs: firstMs, durationMs: 0, period };
  const terms = { ...priced(price, cell, { quantity: zero, amount }), kind: 'adjustment' } as const;
  return [{ ...place, ...bookingOf(tenant, account, firstMs), ...terms, primary: false, source, index: 0 }];
}
