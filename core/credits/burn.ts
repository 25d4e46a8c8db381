/** Who pays a charge, and who gets back a refund. */
import { burnOrder, type Charge, type CreditReason, type CreditRow, type Grant } from './records.ts';
import { purseOf, type CreditState, type HeldGrant, type PaidTally } from './state.ts';

/** What each grant would pay of a charge, in burn order; without effect. The rest is overage. */
export function payers(
  state: CreditState,
  charge: Charge,
  amount: bigint,
): { readonly held: HeldGrant; readonly amount: bigint }[] {
  const paid: { readonly held: HeldGrant; readonly amount: bigint }[] = [];
  let rest = amount;
  for (const held of candidates(state, charge)) {
    if (rest <= 0n) break;
    const { grant } = held;
    if (!isInScope(grant, charge) || !isInForce(grant, charge.usageMs)) continue;
    const part = held.left < rest ? held.left : rest;
    if (part > 0n) paid.push({ held, amount: part });
    rest -= part;
    if (grant.blocks) break;
  }
  return paid;
}

/** The active grants of a charge's unit on its path, in burn order. */
function candidates(state: CreditState, { unit, path }: Charge): readonly HeldGrant[] {
  const purses = [...new Set(path)].flatMap((account) => {
    const purse = state.active.get(purseOf(unit, account));
    return purse === undefined ? [] : [purse];
  });
  return purses.length <= 1 ? (purses[0] ?? []) : purses.flat().sort((a, b) => burnOrder(a.grant, b.grant));
}

/** A charge: first what refunds left below zero, then the credits in their order, then overage. */
export function burn(state: CreditState, tally: PaidTally, charge: Charge): CreditRow[] {
  const rows: CreditRow[] = [];
  const owedBack = tally.overage < 0n ? -tally.overage : 0n;
  const offset = charge.amount < owedBack ? charge.amount : owedBack;
  let rest = charge.amount - offset;
  if (offset > 0n) rows.push(addOverage(state, tally, charge.atMs, offset));
  for (const { held, amount } of payers(state, charge, rest)) {
    rows.push(pay(state, held, tally, amount, charge.atMs));
    rest -= amount;
  }
  if (rest > 0n) rows.push(addOverage(state, tally, charge.atMs, rest));
  return rows;
}

/**
 * A refund undoes what its own tally still owes, then its burns, the last first. What it finds nothing of there it undoes likewise in the
 * tallies of its account and those below in the same period, the one charged last first: a discount of a node is of what lies below it.
 */
export function refund(state: CreditState, own: PaidTally, charge: Charge): CreditRow[] {
  const rows: CreditRow[] = [];
  let rest = undo(state, own, -charge.amount, charge.atMs, rows);
  if (rest > 0n) for (const tally of below(state, own)) rest = undo(state, tally, rest, charge.atMs, rows);
  if (rest > 0n) rows.push(addOverage(state, own, charge.atMs, -rest));
  return rows;
}

/** What of it is left to undo. */
function undo(state: CreditState, tally: PaidTally, amount: bigint, atMs: number, rows: CreditRow[]): bigint {
  let rest = amount;
  const open = tally.overage > 0n ? tally.overage : 0n;
  const undone = rest < open ? rest : open;
  if (undone > 0n) rows.push(addOverage(state, tally, atMs, -undone));
  rest -= undone;
  while (rest > 0n && tally.burns.length > 0) {
    const last = tally.burns.at(-1)!;
    const part = rest < last.amount ? rest : last.amount;
    last.amount -= part;
    rest -= part;
    if (last.amount === 0n) tally.burns.pop();
    rows.push(giveBack(state, state.grants.get(last.grant)!, tally, part, atMs));
  }
  return rest;
}

const below = (state: CreditState, own: PaidTally): PaidTally[] =>
  [...state.tallies.values()]
    .filter(
      (tally) =>
        tally !== own &&
        tally.unit === own.unit &&
        tally.periodMs === own.periodMs &&
        tally.path.includes(own.path[0]!),
    )
    .sort((a, b) => b.chargedAt - a.chargedAt);

/** A voided grant has not paid after all: what it paid is owed again. */
export function revoke(state: CreditState, { grant }: HeldGrant, atMs: number): CreditRow[] {
  const paid = [...state.tallies.values()].filter(({ burns }) => burns.some((burn) => burn.grant === grant.id));
  paid.sort((a, b) => (a.of < b.of ? -1 : 1));
  return paid.flatMap((tally) => {
    const amount = tally.burns.reduce((sum, burn) => sum + (burn.grant === grant.id ? burn.amount : 0n), 0n);
    const kept = tally.burns.filter((burn) => burn.grant !== grant.id);
    tally.burns = [];
    for (const burn of kept) remember(tally, burn.grant, burn.amount);
    const { of } = tally;
    const revoked = { atMs, reason: 'revoked', grant: grant.id, of, unit: grant.unit, account: grant.account, amount } as const; // prettier-ignore
    return [revoked, addOverage(state, tally, atMs, amount)];
  });
}

/** A grant that covers overage pays what is open in its scope, the oldest first. */
export function payOverage(state: CreditState, held: HeldGrant, atMs: number): CreditRow[] {
  const open = [...state.tallies.values()]
    .filter((tally) => tally.overage > 0n && tally.unit === held.grant.unit && isInScope(held.grant, tally))
    .sort((a, b) => a.overageSince - b.overageSince || (a.of < b.of ? -1 : 1));
  return open.flatMap((tally) => {
    const amount = held.left < tally.overage ? held.left : tally.overage;
    if (amount === 0n) return [];
    return [pay(state, held, tally, amount, atMs), addOverage(state, tally, atMs, -amount)];
  });
}

function pay(state: CreditState, held: HeldGrant, tally: PaidTally, amount: bigint, atMs: number): CreditRow {
  const { id, unit, account } = held.grant;
  held.left -= amount;
  state.fresh.grants.add(held);
  state.fresh.tallies.add(tally);
  remember(tally, id, amount);
  return { atMs, reason: 'burned', grant: id, of: tally.of, unit, account, amount };
}

function remember({ burns }: PaidTally, grant: string, amount: bigint): void {
  const last = burns.at(-1);
  if (last?.grant === grant) last.amount += amount;
  else burns.push({ grant, amount });
}

function giveBack(state: CreditState, held: HeldGrant, tally: PaidTally, amount: bigint, atMs: number): CreditRow {
  const { grant, status } = held;
  const hasEnded = status === 'expired' || status === 'voided';
  const reason: CreditReason = !hasEnded ? 'refunded' : grant.kind === 'promotional' ? 'lapsed' : 'returned';
  if (hasEnded) held.givenBack += amount;
  else held.left += amount;
  state.fresh.grants.add(held);
  state.fresh.tallies.add(tally);
  return { atMs, reason, grant: grant.id, of: tally.of, unit: grant.unit, account: grant.account, amount };
}

/** Owed from the present charge on; the count of charges says which was owed first. */
function addOverage(state: CreditState, tally: PaidTally, atMs: number, amount: bigint): CreditRow {
  if (tally.overage <= 0n && tally.overage + amount > 0n) tally.overageSince = state.charges;
  tally.overage += amount;
  if (tally.overage <= 0n) tally.overageSince = 0;
  state.fresh.tallies.add(tally);
  const { of, unit, path } = tally;
  return { atMs, reason: 'overage', grant: '', of, unit, account: path[0]!, amount };
}

function isInScope(
  grant: Grant,
  { path, ...place }: Pick<Charge, 'path' | 'service' | 'component' | 'meter'>,
): boolean {
  const { services, components, meters, accounts } = grant.scope;
  return (
    path.includes(grant.account) &&
    (services === undefined || services.includes(place.service)) &&
    (components === undefined || components.includes(place.component)) &&
    (meters === undefined || meters.includes(place.meter)) &&
    (accounts === undefined || accounts.some((account) => path.includes(account)))
  );
}

/** By the time of the usage: late usage within the grace is still paid. */
const isInForce = (grant: Grant, usageMs: number): boolean =>
  (usageMs >= grant.effectiveAtMs || grant.coversOverage) &&
  (grant.expiresAtMs === null || usageMs < grant.expiresAtMs);
