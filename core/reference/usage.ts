/** SPEC §15.6: what usage would cost, found by using it and taking that back. */
import type { AskedUsage } from '../messages/checks.ts';
import { pricesAt } from './attribution.ts';
import { decimal, Exact, integer, powerOfTen, roundedQuotient, text, zero } from './number.ts';
import { cellAt, leafOf } from './prices/cells.ts';
import { note } from './prices/noted.ts';
import type { State, Tenant } from './state.ts';
import { openTally, takeBack, type Journal } from './tallies.ts';
import { chargeOfTally } from './tallyCharge.ts';
import { tallyAccount, tallyPeriod } from './tallyPlace.ts';

/** As the order of a hold says it, and what its answer lists. */
export function costOf(state: State, tenant: Tenant, account: number, usage: AskedUsage) {
  const { scale } = tenant.meters.get(usage.meter)!;
  const atMs = state.logTimeMs;
  const parts = pricesAt(tenant, account, usage.meter, atMs).flatMap((price) => {
    const whose = tallyAccount(price, account);
    const { timeZone } = tenant.accounts.get(whose)!;
    const { period } = tallyPeriod(tenant, price, whose, atMs);
    const cell = cellAt(price.model, { dims: usage.dims ?? {}, atMs, timeZone, series: tenant.series });
    if (period === undefined || cell === undefined) return [];
    const asked = decimal(usage.quantity).times(powerOfTen(scale));
    const { numerator, denominator } = price.unit;
    const quantity =
      usage.unit === undefined ? asked : roundedQuotient(asked.times(denominator), new Exact(numerator), 0);
    const journal: Journal = [];
    const place = {
      account: whose,
      owner: account,
      resource: usage.resource ?? '',
      meter: usage.meter,
      price,
      cell,
      period,
    };
    const tally = openTally(state, tenant, place, atMs, journal);
    const { noted } = tally;
    const before = chargeOfTally(tenant, tally);
    tally.noted = note(price, leafOf(price.model, cell), scale, noted, { quantity: integer(quantity), isStart: true });
    const amount = chargeOfTally(tenant, tally).minus(before);
    tally.noted = noted;
    takeBack(journal);
    return [{ price, amount }];
  });
  const sum = parts.reduce((all, { amount }) => all.plus(amount), zero);
  const services = new Set(parts.map(({ price }) => price.service));
  return {
    amount: text(sum.isNegative() ? zero : sum),
    currency: parts[0]?.price.currency ?? tenant.record.currency,
    ...(services.size === 1 ? { service: parts[0]!.price.service } : {}),
    priced: parts
      .slice(0, 16)
      .map(({ price: { key, version }, amount }) => ({ price: key, version, amount: text(amount) })),
  };
}
