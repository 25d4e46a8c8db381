/** SPEC §5.5: prices that arrive late take over what was tallied without one, as rows that move the quantity. */
import type { PriceRecord } from '../messages/control.ts';
import { pricesAt } from './attribution.ts';
import { addToBalances } from './balances.ts';
import { powerOfTen, zero } from './number.ts';
import { priced, withoutPrice } from './rows.ts';
import type { Row, Source, State, Tally, Tenant } from './state.ts';
import { addToTally, openTally, takeBack, TooLarge, type Journal } from './tallies.ts';

/** Charges every unpriced tally that the new prices cover. */
export function chargeUnpriced(state: State, tenant: Tenant, newPrices: ReadonlySet<number>, source: Source): Row[] {
  return [...state.tallies.values()]
    .filter((tally) => tally.tenant === tenant.record.id && tally.price === 0 && tally.quantity.gt(0))
    .flatMap((tally) => {
      const prices = pricesAt(tenant, tally.account, tally.meter, tally.firstMs).filter(({ id }) => newPrices.has(id));
      return prices.length === 0 ? [] : move(state, tenant, tally, prices, source);
    });
}

/** All of the tally or, where a bound would be passed, nothing of it. */
function move(state: State, tenant: Tenant, tally: Tally, prices: readonly PriceRecord[], source: Source): Row[] {
  const { quantity, account, meter, month, firstMs } = tally;
  const inUnits = quantity.div(powerOfTen(tenant.meters.get(meter)!.scale));
  const base = {
    tenant: tenant.record.id,
    account,
    resource: '',
    startMs: firstMs,
    durationMs: 0,
    month,
    primary: false,
    source,
    index: 0,
  };
  const journal: Journal = [];
  try {
    const places = prices.map((price) => ({ account, resource: '', meter, price, month }));
    // All begin before any is charged, so that none carries on from another of them; they stay begun in any case.
    for (const place of places) openTally(state, tenant, place, firstMs, []);
    const charged = places.map((place): Row => {
      const amount = addToTally(state, tenant, place, firstMs, quantity, journal);
      return { ...base, ...priced(place.price, inUnits, amount), kind: 'adjustment' };
    });
    tally.quantity = zero;
    for (const { currency, amount } of charged) addToBalances(state, tenant, account, firstMs, currency, amount);
    return [{ ...base, ...withoutPrice('adjustment', meter, inUnits.neg()) }, ...charged];
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    takeBack(journal);
    return [];
  }
}
