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
  if (offset > 0n) rows.push(addOverage(state, tally, charge, offset));
  for (const { held, amount } of payers(state, charge, rest)) {
    rows.push(pay(held, tally, charge.of, amount, charge.atMs));
    rest -= amount;
  }
  if (rest > 0n) rows.push(addOverage(state, tally, charge, rest));
  return rows;
}

/** A refund: what is still overage is undone first, then the burns of this tally, the last first. */
export function refund(state: CreditState, tally: PaidTally, charge: Charge): CreditRow[] {
  const rows: CreditRow[] = [];
  let rest = -charge.amount;
  const open = tally.overage > 0n ? tally.overage : 0n;
  const undone = rest < open ? rest : open;
  if (undone > 0n) rows.push(addOverage(state, tally, charge, -undone));
  rest -= undone;
  while (rest > 0n && tally.burns.length > 0) {
    const last = tally.burns.at(-1)!;
    const amount = rest < last.amount ? rest : last.amount;
    last.amount -= amount;
    rest -= amount;
    const held = state.grants.get(last.grant)!;
    rows.push(giveBack(state, held, charge, amount));
    if (last.amount > 0n) continue;
    tally.burns.pop();
    release(state, held);
  }
  if (rest > 0n) rows.push(addOverage(state, tally, charge, -rest));
  return rows;
}

/** A tally no longer remembers a burn of a grant; one that has ended is forgotten with its last. */
export function release(state: CreditState, held: HeldGrant): void {
  held.entries -= 1;
  const hasEnded = held.status === 'expired' || held.status === 'voided';
  if (hasEnded && held.entries === 0) state.grants.delete(held.grant.id);
}

/** A grant that covers overage pays what is open in its scope, the oldest first. */
export function payOverage(state: CreditState, held: HeldGrant, atMs: number): CreditRow[] {
  const open = [...state.tallies]
    .filter(([, tally]) => tally.overage > 0n && tally.unit === held.grant.unit && isInScope(held.grant, tally))
    .sort(([, a], [, b]) => a.overageSince - b.overageSince);
  return open.flatMap(([of, tally]) => {
    const amount = held.left < tally.overage ? held.left : tally.overage;
    if (amount === 0n) return [];
    tally.overage -= amount;
    if (tally.overage === 0n) tally.overageSince = 0;
    const paid = pay(held, tally, of, amount, atMs);
    return [paid, { ...paid, reason: 'overage' as const, grant: '', account: tally.path[0]!, amount: -amount }];
  });
}

function pay(held: HeldGrant, tally: PaidTally, of: string, amount: bigint, atMs: number): CreditRow {
  held.left -= amount;
  const last = tally.burns.at(-1);
  if (last?.grant === held.grant.id) last.amount += amount;
  else {
    tally.burns.push({ grant: held.grant.id, amount });
    held.entries += 1;
  }
  return {
    atMs,
    reason: 'burned',
    grant: held.grant.id,
    of,
    unit: held.grant.unit,
    account: held.grant.account,
    amount,
  };
}

function giveBack(state: CreditState, held: HeldGrant, charge: Charge, amount: bigint): CreditRow {
  const { grant, status } = held;
  const reason: CreditReason = status === 'active' ? 'refunded' : grant.kind === 'promotional' ? 'lapsed' : 'returned';
  if (reason === 'refunded') held.left += amount;
  if (reason === 'returned') {
    const key = purseOf(grant.unit, grant.account);
    state.returned.set(key, (state.returned.get(key) ?? 0n) + amount);
  }
  return {
    atMs: charge.atMs,
    reason,
    grant: grant.id,
    of: charge.of,
    unit: grant.unit,
    account: grant.account,
    amount,
  };
}

function addOverage(state: CreditState, tally: PaidTally, charge: Charge, amount: bigint): CreditRow {
  if (tally.overage <= 0n && tally.overage + amount > 0n) tally.overageSince = state.charges;
  tally.overage += amount;
  if (tally.overage <= 0n) tally.overageSince = 0;
  const { atMs, of, unit, path } = charge;
  return { atMs, reason: 'overage', grant: '', of, unit, account: path[0]!, amount };
}

function isInScope(grant: Grant, { path, service }: Pick<Charge, 'path' | 'service'>): boolean {
  const { services, accounts } = grant.scope;
  return (
    path.includes(grant.account) &&
    (services === undefined || services.includes(service)) &&
    (accounts === undefined || accounts.some((account) => path.includes(account)))
  );
}

/** By the time of the usage: late usage within the grace is still paid. */
const isInForce = (grant: Grant, usageMs: number): boolean =>
  (usageMs >= grant.effectiveAtMs || grant.coversOverage) &&
  (grant.expiresAtMs === null || usageMs < grant.expiresAtMs);
