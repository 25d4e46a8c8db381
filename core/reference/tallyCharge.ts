/** SPEC §5.3 and 8.8: what a tally is charged, and what new points add to that. */
import { chargeOf } from './charge.ts';
import { chargeMax, powerOfTen, whole, zero, type Exact } from './number.ts';
import { fraction } from './prices/fraction.ts';
import type { Noted } from './prices/noted.ts';
import { priceIn } from './series.ts';
import type { Tally, Tenant } from './state.ts';

/** What a tally's rows must add up to: charge(all) − charge(carried). */
export function chargeOfTally(tenant: Tenant, tally: Tally): Exact {
  if (tally.price === 0) return zero;
  const price = priceIn(tenant, tenant.prices.get(tally.price)!, tally.cell);
  const scale = tenant.meters.get(tally.meter)!.scale;
  const carriedOver = fraction(
    tally.rolled.reduce((sum, { left }) => sum + left, 0n),
    10n ** 12n,
  );
  const charge = (of: Noted) => chargeOf(price, tally.cell, scale, of, carriedOver);
  return whole(charge(tally.noted) - charge(tally.carried)).div(powerOfTen(12));
}

/** What points that came since have added to it; nothing where the charge would pass its bound. */
export function owedLate(tenant: Tenant, tally: Tally): Exact {
  if (tenant.prices.get(tally.price)?.model.kind !== 'spot') return zero;
  const charge = chargeOfTally(tenant, tally);
  return charge.abs().gte(chargeMax) ? zero : charge.minus(tally.charged);
}

/** What a tally is charged as long as the log says no more: without what is owed late, and as before where a bound is in the way. */
export function standingCharge(tenant: Tenant, tally: Tally): Exact {
  const charge = chargeOfTally(tenant, tally);
  return charge.abs().gte(chargeMax) ? tally.charged : charge.minus(owedLate(tenant, tally));
}
