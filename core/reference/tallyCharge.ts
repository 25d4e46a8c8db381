/** SPEC §5.3, 8.8 and 8.9: what a tally is charged, and what new points and versions add to that. */
import { chargeOf } from './charge.ts';
import { priceFor } from './inForce.ts';
import { chargeMax, powerOfTen, whole, zero, type Exact } from './number.ts';
import { fraction } from './prices/fraction.ts';
import type { Noted } from './prices/noted.ts';
import { priceIn } from './series.ts';
import type { State, Tally, Tenant } from './state.ts';

/** What a tally's rows must add up to: charge(all) − charge(carried). */
export function chargeOfTally(tenant: Tenant, tally: Tally): Exact {
  if (tally.price === 0) return zero;
  const price = priceFor(tenant, priceIn(tenant, tenant.prices.get(tally.price)!, tally.cell), tally);
  const scale = tenant.meters.get(tally.meter)!.scale;
  const carriedOver = fraction(
    tally.rolled.reduce((sum, { left }) => sum + left, 0n),
    10n ** 12n,
  );
  const charge = (of: Noted) => chargeOf(price, tally.cell, scale, of, carriedOver);
  return whole(charge(tally.noted) - charge(tally.carried)).div(powerOfTen(12));
}

export const mayAnyOwe = ({ newPoints, newVersions }: State): boolean => newPoints.size > 0 || newVersions.size > 0;

/** What points and versions that came since have added to it; nothing where the charge would pass its bound. */
export function owedLate(tenant: Tenant, tally: Tally): Exact {
  const price = tenant.prices.get(tally.price);
  if (price?.model.kind !== 'spot' && price?.prorate === undefined) return zero;
  const charge = chargeOfTally(tenant, tally);
  return charge.abs().gte(chargeMax) ? zero : charge.minus(tally.charged);
}

/** What a tally is charged as long as the log says no more: without what is owed late, and as before where a bound is in the way. */
export function standingCharge(tenant: Tenant, tally: Tally): Exact {
  const charge = chargeOfTally(tenant, tally);
  return charge.abs().gte(chargeMax) ? tally.charged : charge.minus(owedLate(tenant, tally));
}
