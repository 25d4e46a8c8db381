/** Time acts on credits through log time alone: grants take effect, expire, roll over. */
import { formatAmount, parseAmount } from '../money/fixed.ts';
import { payOverage } from './burn.ts';
import { burnOrder, type CreditRow, type Grant } from './records.ts';
import type { CreditState, HeldGrant } from './state.ts';

/**
 * Brings the state to a log time: what is due happens in the order of its instants (expiry before activation, then burn order),
 * whether ticks came in between or not, and its rows carry those instants.
 */
export function advance(state: CreditState, atMs: number): CreditRow[] {
  if (atMs < state.logTimeMs) throw new RangeError(`log time ${atMs} lies before ${state.logTimeMs}`);
  const rows: CreditRow[] = [];
  while (state.nextDueMs <= atMs) {
    const { held, dueMs } = nextDue(state)!;
    const due = Math.max(dueMs, state.logTimeMs);
    state.logTimeMs = due;
    rows.push(...(held.status === 'pending' ? activate(state, held, due) : expire(state, held, due)));
  }
  state.logTimeMs = atMs;
  return rows;
}

/** Takes in a grant; one whose effective date has come is active at once. */
export function addGrant(state: CreditState, grant: Grant, atMs: number): CreditRow[] {
  const held: HeldGrant = { grant, left: parseAmount(grant.amount)!, status: 'pending', entries: 0 };
  state.grants.set(grant.id, held);
  const row = rowOf(held, 'granted', held.left, atMs);
  const rows = grant.effectiveAtMs <= atMs ? activate(state, held, atMs) : [];
  refresh(state);
  return [row, ...rows];
}

export function voidGrant(state: CreditState, held: HeldGrant, atMs: number): CreditRow[] {
  const row = rowOf(held, 'voided', held.left, atMs);
  end(state, held, 'voided');
  return [row];
}

/** Derives what follows from the grants: the burn order and the next instant at which time acts. */
export function refresh(state: CreditState): void {
  const all = [...state.grants.values()];
  state.active = all.filter(({ status }) => status === 'active').sort((a, b) => burnOrder(a.grant, b.grant));
  state.nextDueMs = all.reduce((next, held) => Math.min(next, dueOf(held)), Infinity);
}

const dueOf = ({ grant, status }: HeldGrant): number => {
  if (status === 'pending') return grant.effectiveAtMs;
  if (status === 'active' && grant.expiresAtMs !== null) return grant.expiresAtMs + grant.graceMs;
  return Infinity;
};

function nextDue(state: CreditState): { readonly held: HeldGrant; readonly dueMs: number } | undefined {
  const due = [...state.grants.values()]
    .map((held) => ({ held, dueMs: dueOf(held), isActivation: held.status === 'pending' ? 1 : 0 }))
    .filter(({ dueMs }) => dueMs < Infinity);
  due.sort((a, b) => a.dueMs - b.dueMs || a.isActivation - b.isActivation || burnOrder(a.held.grant, b.held.grant));
  return due[0];
}

function activate(state: CreditState, held: HeldGrant, atMs: number): CreditRow[] {
  held.status = 'active';
  refresh(state);
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
    id: `${grant.id}+`,
    amount: formatAmount(kept),
    effectiveAtMs: grant.expiresAtMs!,
    expiresAtMs: grant.expiresAtMs! + rollover.forMs,
    ...(rollover.timesMax > 1 ? { rollover: { ...rollover, timesMax: rollover.timesMax - 1 } } : {}),
  };
  return [...rows, ...addGrant(state, next, atMs)];
}

function end(state: CreditState, held: HeldGrant, status: 'expired' | 'voided'): void {
  held.left = 0n;
  held.status = status;
  if (held.entries === 0) state.grants.delete(held.grant.id);
  refresh(state);
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
