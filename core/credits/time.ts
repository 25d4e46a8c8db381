/** Time acts on credits through log time alone: grants take effect, expire, roll over. */
import { formatAmount, parseAmount } from '../money/fixed.ts';
import { payOverage, revoke } from './burn.ts';
import { burnOrder, type CreditRow, type Grant } from './records.ts';
import { purseOf, type CreditState, type HeldGrant } from './state.ts';

/**
 * Brings the state to a log time: what is due happens in the order of its instants (expiry before activation, then burn order),
 * whether ticks came in between or not, and its rows carry those instants.
 */
export function advance(state: CreditState, atMs: number): CreditRow[] {
  if (atMs < state.logTimeMs) throw new RangeError(`log time ${atMs} lies before ${state.logTimeMs}`);
  const rows: CreditRow[] = [];
  for (let dueMs = nextDue(state); dueMs <= atMs; dueMs = nextDue(state)) {
    const due = [...state.due].flatMap(([held, ms]) => (ms === dueMs ? [held] : []));
    due.sort((a, b) => rankOf(a) - rankOf(b) || burnOrder(a.grant, b.grant));
    for (const held of due)
      rows.push(...(held.status === 'pending' ? activate(state, held, dueMs) : expire(state, held, dueMs)));
  }
  state.logTimeMs = atMs;
  return rows;
}

const rankOf = ({ status }: HeldGrant): number => (status === 'pending' ? 1 : 0);

/** Takes in a grant; one whose effective date has come is active at once. */
export function addGrant(state: CreditState, grant: Grant, atMs: number): CreditRow[] {
  const held: HeldGrant = { grant, left: parseAmount(grant.amount)!, status: 'pending', ended: 0n, givenBack: 0n };
  state.grants.set(grant.id, held);
  const row = rowOf(held, 'granted', held.left, atMs);
  if (grant.effectiveAtMs <= atMs) return [row, ...activate(state, held, atMs)];
  note(state, held);
  return [row];
}

/** Takes away what is left of it; what it has paid stays paid, unless that is owed again. One that has ended has nothing left. */
export function voidGrant(state: CreditState, held: HeldGrant, atMs: number, owes: boolean): CreditRow[] {
  const hasEnded = held.status === 'expired' || held.status === 'voided';
  const rows = hasEnded ? [] : [rowOf(held, 'voided', held.left, atMs)];
  if (!hasEnded) end(state, held, 'voided', held.left);
  return owes ? [...rows, ...revoke(state, held, atMs)] : rows;
}

/** Derives what follows from the grants: who burns in which order, and when time acts. */
export function derive(state: CreditState): void {
  state.active.clear();
  state.due.clear();
  for (const held of state.grants.values()) {
    if (held.status === 'active') enter(state, held);
    plan(state, held);
  }
}

/** Takes in a grant as it stands, in the place of what was known of it. */
export function putGrant(state: CreditState, held: HeldGrant): void {
  const known = state.grants.get(held.grant.id);
  if (known !== undefined) {
    leave(state, known);
    state.due.delete(known);
  }
  state.grants.set(held.grant.id, held);
  if (held.status === 'active') enter(state, held);
  plan(state, held);
}

/** Remembers when time acts on the grant. */
function plan(state: CreditState, held: HeldGrant): void {
  const dueMs = dueOf(held);
  if (dueMs === Infinity) state.due.delete(held);
  else state.due.set(held, dueMs);
  state.nextDueMs = undefined;
}

/** The next instant at which time acts; Infinity for never. Asked for with every input: kept until a grant changes. */
export const nextDue = (state: CreditState): number =>
  (state.nextDueMs ??= state.due.values().reduce((next, ms) => Math.min(next, ms), Infinity));

/** The grant is not what it was. */
function note(state: CreditState, held: HeldGrant): void {
  state.fresh.grants.add(held);
  plan(state, held);
}

function enter(state: CreditState, held: HeldGrant): void {
  const key = purseOf(held.grant.unit, held.grant.account);
  const purse = state.active.get(key) ?? [];
  state.active.set(key, purse);
  const after = purse.findIndex(({ grant }) => burnOrder(held.grant, grant) < 0);
  purse.splice(after < 0 ? purse.length : after, 0, held);
}

function leave(state: CreditState, held: HeldGrant): void {
  const key = purseOf(held.grant.unit, held.grant.account);
  const purse = (state.active.get(key) ?? []).filter((other) => other !== held);
  if (purse.length > 0) state.active.set(key, purse);
  else state.active.delete(key);
}

const dueOf = ({ grant, status }: HeldGrant): number => {
  if (status === 'pending') return grant.effectiveAtMs;
  if (status === 'active' && grant.expiresAtMs !== null) return grant.expiresAtMs + grant.graceMs;
  return Infinity;
};

function activate(state: CreditState, held: HeldGrant, atMs: number): CreditRow[] {
  held.status = 'active';
  enter(state, held);
  note(state, held);
  state.fresh.begun.add(held);
  return held.grant.coversOverage ? payOverage(state, held, atMs) : [];
}

function expire(state: CreditState, held: HeldGrant, atMs: number): CreditRow[] {
  const { rollover, amount: _, ...grant } = held.grant;
  const cap = rollover?.maximum == null ? held.left : parseAmount(rollover.maximum)!;
  const kept = rollover === undefined ? 0n : held.left < cap ? held.left : cap;
  const ended = held.left - kept;
  const rows = [rowOf(held, 'expired', ended, atMs), rowOf(held, 'rolledOver', kept, atMs)].filter(
    ({ amount }) => amount > 0n,
  );
  end(state, held, 'expired', ended);
  if (kept === 0n || rollover === undefined) return rows;
  const next: Grant = {
    ...grant,
    id: `${grant.id}+`,
    amount: formatAmount(kept),
    effectiveAtMs: grant.expiresAtMs!,
    expiresAtMs: grant.expiresAtMs! + rollover.forMs,
    ...(rollover.timesMax > 1 ? { rollover: { ...rollover, timesMax: rollover.timesMax - 1 } } : {}),
  };
  return [...rows, ...addGrant(state, next, atMs)];
}

function end(state: CreditState, held: HeldGrant, status: 'expired' | 'voided', ended: bigint): void {
  held.left = 0n;
  held.status = status;
  held.ended = ended;
  leave(state, held);
  note(state, held);
}

const rowOf = ({ grant }: HeldGrant, reason: CreditRow['reason'], amount: bigint, atMs: number): CreditRow => ({
  atMs,
  reason,
  grant: grant.id,
  of: '',
  unit: grant.unit,
  account: grant.account,
  amount,
});
