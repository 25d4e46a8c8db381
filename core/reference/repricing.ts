/** SPEC §8.8 and 8.9: tallies that points or versions in force now charge otherwise than they were are charged the difference, so many an input. */
import type { SeriesPoints } from '../messages/series.ts';
import { settleRows } from './agreements/settle.ts';
import { byCodeUnit } from './attribution.ts';
import { addToBalances } from './balances.ts';
import { evaluateMoved } from './budgets/looks.ts';
import { bookingOf } from './closes.ts';
import { zero } from './number.ts';
import { priced } from './rows.ts';
import type { Late, Outcome, Row, State, Tally, Tenant } from './state.ts';
import { addToMember } from './tallies.ts';
import { mayAnyOwe, owedLate } from './tallyCharge.ts';

/** Tallies charged anew after one input or tick. */
const perInputMax = 250;

/** Points price their own interval and those after it; what lies before them owes nothing. */
export function notePoints(state: State, tenant: string, { series, points }: SeriesPoints): void {
  const key = `${tenant} ${series}`;
  const begins = [...points.map(({ fromMs }) => fromMs), state.newPoints.get(key) ?? Infinity];
  state.newPoints.set(
    key,
    begins.reduce((first, begin) => Math.min(first, begin)),
  );
}

/** A version may cut short what of a period another one was in force for. */
export function noteVersions({ newVersions }: State, { record, prices }: Tenant): void {
  if ([...prices.values()].some(({ prorate }) => prorate !== undefined)) newVersions.add(record.id);
}

function mayOwe({ newPoints, newVersions, tenants }: State, { tenant, price, cell }: Tally): boolean {
  const { model, prorate } = tenants.get(tenant)!.prices.get(price) ?? {};
  if (prorate !== undefined) return newVersions.has(tenant);
  const fromMs = model?.kind === 'spot' ? newPoints.get(`${tenant} ${model.series}`) : undefined;
  return fromMs !== undefined && Temporal.Instant.from(cell).epochMilliseconds >= fromMs;
}

/** The row of what a tally was charged late, which moves the balances. */
export function lateRow(state: State, { tally, amount }: Late): Row {
  const tenant = state.tenants.get(tally.tenant)!;
  const price = tenant.prices.get(tally.price)!;
  const { account, resource, period, firstMs } = tally;
  addToBalances(state, tenant, account, firstMs, price.currency, amount);
  if (price.tallyScope === 'subtree') addToMember(tally, account, { quantity: zero, amount }, []);
  return {
    tenant: tally.tenant,
    ...priced(price, tally.cell, { quantity: zero, amount }),
    kind: 'adjustment',
    account,
    resource,
    startMs: firstMs,
    durationMs: 0,
    period,
    ...bookingOf(tenant, account, firstMs),
    primary: false,
    source: { producer: '', epoch: '', seq: 0, inputSeq: 0, logTimeMs: state.logTimeMs, trace: '' },
    index: 0,
  };
}

/** After every input and tick: of the tallies that owe something the first begun. */
export function reprice(state: State, outcome: Outcome): void {
  if (!mayAnyOwe(state)) return;
  const rows = state.tallies
    .values()
    .filter((tally) => mayOwe(state, tally))
    .map((tally) => ({ tally, amount: owedLate(state.tenants.get(tally.tenant)!, tally) }))
    .filter(({ amount }) => !amount.isZero())
    .take(perInputMax)
    .map((late) => {
      late.tally.charged = late.tally.charged.plus(late.amount);
      return lateRow(state, late);
    })
    .toArray();
  if (rows.length < perInputMax) {
    state.newPoints.clear();
    state.newVersions.clear();
  }
  outcome.rows.push(...rows);
  const ids = [...new Set(rows.map(({ tenant }) => tenant))].sort(byCodeUnit);
  for (const id of ids) {
    const tenant = state.tenants.get(id)!;
    const agreed = outcome.rows.length;
    settleRows(state, tenant, outcome, rows[0]!.source);
    const own = { ...outcome, rows: [...rows, ...outcome.rows.slice(agreed)].filter((row) => row.tenant === id) };
    evaluateMoved(state, tenant, rows[0]!.source, own);
  }
}
