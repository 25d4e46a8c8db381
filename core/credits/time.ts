/** Time acts on credits through log time alone: grants take effect, expire, roll over. */
import { formatAmount, parseAmount } from '../money/fixed.ts';
import { payOverage } from './burn.ts';
import { burnOrder, type CreditRow, type Grant } from './records.ts';
import { purseOf, type CreditState, type HeldGrant } from './state.ts';

/**
 * Brings the state to a log time: what is due happens in the order of its instants (expiry before activation, then burn order),
 * whether ticks came in between or not, and its rows carry those instants.
 */
export function advance(state: CreditState, atMs: number): CreditRow[] {
  if (atMs < state.logTimeMs) throw new RangeError(`log time ${atMs} lies before ${state.logTimeMs}`);
  const rows: CreditRow[] = [];
  while (state.nextDueMs <= atMs) {
    const dueMs = state.nextDueMs;
    const due = [...state.grants.values()].filter((held) => dueOf(held) === dueMs);
    due.sort((a, b) => rankOf(a) - rankOf(b) || burnOrder(a.grant, b.grant));
    for (const held of due)
      rows.push(...(held.status === 'pending' ? activate(state, held, dueMs) : expire(state, held, dueMs)));
    state.nextDueMs = nextDueOf(state);
  }
  state.logTimeMs = atMs;
  return rows;
}

const rankOf = ({ status }: HeldGrant): number => (status === 'pending' ? 1 : 0);

/** Takes in a grant; one whose effective date has come is active at once. */
export function addGrant(state: CreditState, grant: Grant, atMs: number): CreditRow[] {
  const held: HeldGrant = { grant, left: parseAmount(grant.amount)!, status: 'pending', entries: 0 };
  state.grants.set(grant.id, held);
  const row = rowOf(held, 'granted', held.left, atMs);
  const rows = grant.effectiveAtMs <= atMs ? activate(state, held, atMs) : [];
  state.nextDueMs = Math.min(state.nextDueMs, dueOf(held));
  return [row, ...rows];
}

export function voidGrant(state: CreditState, held: HeldGrant, atMs: number): CreditRow[] {
  const row = rowOf(held, 'voided', held.left, atMs);
  end(state, held, 'voided');
  state.nextDueMs = nextDueOf(state);
  return [row];
}

/** Derives what follows from the grants: who burns in which order, and the next instant at which time acts. */
export function derive(state: CreditState): void {
  state.active.clear();
  for (const held of state.grants.values()) if (held.status === 'active') enter(state, held);
  state.nextDueMs = nextDueOf(state);
}

const nextDueOf = (state: CreditState): number =>
  [...state.grants.values()].reduce((next, held) => Math.min(next, dueOf(held)), Infinity);

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
  return held.grant.coversOverage ? payOverage(state, held, atMs) : [];
}

function expire(state: CreditState, held: HeldGrant, atMs: number): CreditRow[] {
  const { rollover, amount: _, ...grant } = held.grant;
  const cap = rollover?.maximum == null ? held.left : parseAmount(rollover.maximum)!;
  const kept = rollover === undefined ? 0n : held.left < cap ? held.left : cap;
  const rows = [rowOf(held, 'expired', held.left - kept, atMs), rowOf(held, 'rolledOver', kept, atMs)].filter(
    ({ amount }) => amount > 0n,
  );
  end(state, held, 'expired');
  if (kept === 0n || rollover === undefined) return rows;
  const next: Grant = {
    ...grant,
    id: freeId(state, `${grant.id}+`),
    amount: formatAmount(kept),
    effectiveAtMs: grant.expiresAtMs!,
    expiresAtMs: grant.expiresAtMs! + rollover.forMs,
    ...(rollover.timesMax > 1 ? { rollover: { ...rollover, timesMax: rollover.timesMax - 1 } } : {}),
  };
  return [...rows, ...addGrant(state, next, atMs)];
}

/** An id that is given again once its grant is forgotten must not take the place of what rolled over from the first. */
const freeId = (state: CreditState, id: string): string => (state.grants.has(id) ? freeId(state, `${id}+`) : id);

function end(state: CreditState, held: HeldGrant, status: 'expired' | 'voided'): void {
  held.left = 0n;
  held.status = status;
  leave(state, held);
  if (held.entries === 0) state.grants.delete(held.grant.id);
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
