/** SPEC §5.5: prices that arrive late take over what was tallied without one, as rows that move the quantity. */
import type { PriceRecord } from '../messages/control.ts';
import { takenOver } from './aggregation.ts';
import { pricesAt } from './attribution.ts';
import { addToBalances } from './balances.ts';
import type { Span } from './calendar.ts';
import { nothingCarried } from './carry.ts';
import { bookingOf } from './closes.ts';
import { powerOfTen, zero, type Exact } from './number.ts';
import { leafOf } from './prices/cells.ts';
import { countsEvents } from './prices/noted.ts';
import { priced, withoutPrice } from './rows.ts';
import type { Row, Source, State, Tally, Tenant } from './state.ts';
import { grow, keyOf, openTally, takeBack, TooLarge, type Journal } from './tallies.ts';
import { tallyAccount, tallyPeriod } from './tallyPlace.ts';

/** Charges every unpriced tally that the new prices cover. */
export function chargeUnpriced(state: State, tenant: Tenant, newPrices: ReadonlySet<number>, source: Source): Row[] {
  return [...state.tallies.values()]
    .filter((tally) => tally.tenant === tenant.record.id && tally.price === 0 && isUsed(tally))
    .flatMap((tally) => {
      const prices = pricesAt(tenant, tally.account, tally.meter, tally.firstMs)
        .filter((price) => newPrices.has(price.id) && takesOver(price))
        .flatMap((price) => {
          const account = tallyAccount(price, tally.account);
          const { period } = tallyPeriod(tenant, price, account, tally.firstMs);
          const { slots } = tenant.meters.get(tally.meter)!;
          return period !== undefined && covers(period, tally.period, slots !== undefined) ? [{ price, account, period }] : []; // prettier-ignore
        });
      return prices.length === 0 ? [] : move(state, tenant, tally, prices, source);
    });
}

/** The unpriced month lies in one period of the price; slots, which count from the start, want the very same period. */
const covers = (period: Span, { startMs, endMs }: Span, hasSlots: boolean): boolean =>
  hasSlots ? period.startMs === startMs && period.endMs === endMs : period.startMs <= startMs && endMs <= period.endMs;

/** A percentile may still be nought although there was usage. */
const isUsed = ({ quantity, slots, samples }: Tally) =>
  quantity.gt(0) || samples.length > 0 || [...slots.values()].some((sum) => sum > 0n);

/** A sum does not tell in which cells it fell, nor of which events it came (8.5). */
function takesOver(price: PriceRecord): boolean {
  const { model } = price;
  const hasCells = (['matrix', 'grouped', 'schedule', 'spot'] as const).some((kind) => kind === model.kind);
  return !hasCells && !countsEvents(price, leafOf(model, ''));
}

/** A price, and where it tallies what it takes over. */
interface Taker {
  readonly price: PriceRecord;
  readonly account: number;
  readonly period: Span;
}

/** All of the tally or, where a bound would be passed, nothing of it. */
function move(state: State, tenant: Tenant, tally: Tally, prices: readonly Taker[], source: Source): Row[] {
  const { quantity, account, meter, firstMs } = tally;
  const record = tenant.meters.get(meter)!;
  const inUnits = (units: Exact) => units.div(powerOfTen(record.scale));
  const base = {
    tenant: tenant.record.id,
    account,
    resource: '',
    startMs: firstMs,
    durationMs: 0,
    period: tally.period,
    ...bookingOf(tenant, account, firstMs),
    primary: false,
    source,
    index: 0,
  };
  const journal: Journal = [];
  try {
    const places = prices.map((at) => ({ ...at, owner: account, resource: '', meter, cell: '' }));
    // All begin before any is charged, so that none carries on from another of them; they stay begun in any case.
    const begun = places.map((place) => ({ ...place, into: openTally(state, tenant, place, firstMs, []) }));
    const charged = begun.map(({ price, into }): Row => {
      const growth = grow(tenant, into, account, takenOver(record, tally, into), journal);
      const terms = priced(price, '', { ...growth, quantity: inUnits(growth.quantity) });
      return { ...base, ...terms, period: into.period, kind: 'adjustment' };
    });
    Object.assign(tally, { ...nothingCarried(), quantity: zero });
    const into = begun.map((one) => keyOf(one.into));
    state.history.takenOver(keyOf(tally), into);
    for (const key of [keyOf(tally), ...into]) state.shadows.delete(key);
    for (const { currency, amount } of charged) addToBalances(state, tenant, account, firstMs, currency, amount);
    return [{ ...base, ...withoutPrice('adjustment', meter, inUnits(quantity).neg()) }, ...charged];
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    takeBack(journal);
    return [];
  }
}
