/** SPEC §12.5: what is left of allowances, period after period, from the first that was used. */
import type { PriceRecord } from '../messages/control.ts';
import { unitOf } from './billingUnit.ts';
import { isContinuedBy, tallyBefore } from './carry.ts';
import { billedOf } from './charge.ts';
import { priceFor } from './inForce.ts';
import { fractionOf, nought, rounded, times, fraction } from './prices/fraction.ts';
import type { Rolled, State, Tally, Tenant } from './state.ts';
import type { Place } from './tallies.ts';
import { tallyPeriod } from './tallyPlace.ts';

const trillion = fraction(10n ** 12n);

/** Versions of one period are carried over the same. */
export function rolledAtOpening(state: State, tenant: Tenant, place: Place, price: PriceRecord): readonly Rolled[] {
  if (price.rollover === undefined) return [];
  const before = tallyBefore(state, tenant, place, price);
  if (before !== undefined && tenant.prices.get(before.price)!.rollover !== undefined) return before.rolled;
  return rolledInto(state, tenant, { ...place, tenant: tenant.record.id }, price);
}

/** What a tally in that place is carried over, as things stand. */
export function rolledInto(
  state: State,
  tenant: Tenant,
  { account, resource, cell, period }: Pick<Tally, 'tenant' | 'account' | 'resource' | 'cell' | 'period'>,
  price: PriceRecord,
): readonly Rolled[] {
  const closedMs = tenant.closes.get(unitOf(tenant, account)) ?? 0;
  if (price.rollover === undefined || closedMs < period.startMs) return [];
  const priceOf = (tally: Tally) => tenant.prices.get(tally.price)!;
  const follows = (tally: Tally) => {
    const other = priceOf(tally);
    const goesOn = price.onVersion !== 'restart' && other.version < price.version && isContinuedBy(other, price, cell);
    return other.id === price.id || goesOn;
  };
  const [last] = [...state.tallies.values()]
    .filter((tally) => tally.tenant === tenant.record.id && tally.account === account && tally.price !== 0)
    .filter((tally) => tally.resource === resource && tally.cell === cell && tally.period.startMs < period.startMs)
    .filter(follows)
    .sort((a, b) => b.period.startMs - a.period.startMs || priceOf(b).version - priceOf(a).version);
  if (last === undefined) return [];
  let rolled = afterPeriod(priceFor(tenant, priceOf(last), last), last.rolled, usedOf(tenant, last));
  for (let endMs = last.period.endMs; endMs < period.startMs;) {
    const unused = { startMs: endMs, endMs: tallyPeriod(tenant, price, account, endMs).nextMs };
    endMs = unused.endMs;
    rolled = afterPeriod(priceFor(tenant, priceOf(last), { account, period: unused }), rolled, 0n);
  }
  return rolled;
}

/** In 10⁻¹² priced units, rounded up. */
function usedOf(tenant: Tenant, tally: Tally): bigint {
  const price = tenant.prices.get(tally.price)!;
  const billed = billedOf(price, tenant.meters.get(tally.meter)!.scale, tally.noted) ?? nought;
  return rounded(times(billed, trillion), 'up');
}

/** The oldest is used first and lapses first, by its age or for the most that may go on. */
function afterPeriod({ allowance, rollover }: PriceRecord, before: readonly Rolled[], used: bigint): readonly Rolled[] {
  if (rollover === undefined) return [];
  let rest = used;
  const kept: Rolled[] = [];
  for (const { age, left } of [...before, { age: 0, left: inTrillionths(allowance) }]) {
    const taken = rest < left ? rest : left;
    rest -= taken;
    if (left > taken && age + 1 <= rollover.periods) kept.push({ age: age + 1, left: left - taken });
  }
  if (rollover.maximum === undefined) return kept;
  let room = inTrillionths(rollover.maximum);
  const goingOn: Rolled[] = [];
  for (const { age, left } of kept.toReversed()) {
    const allowed = left < room ? left : room;
    room -= allowed;
    if (allowed > 0n) goingOn.unshift({ age, left: allowed });
  }
  return goingOn;
}

const inTrillionths = (decimal: string): bigint => rounded(times(fractionOf(decimal), trillion), 'down');
