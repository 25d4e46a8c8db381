/** SPEC §14.2–14.6: what an input or tick has charged, paid when all of it is there; then the wallets. */
import type { ControlChange } from '../../messages/control.ts';
import type { CreditEntry, CreditPlace, WalletRecord } from '../../messages/credit.ts';
import { byCodeUnit } from '../attribution.ts';
import { unitOf, unitPeriodAt } from '../billingUnit.ts';
import type { Input } from '../engine.ts';
import { text, zero, type Exact } from '../number.ts';
import { pathUp, type Outcome, type Row, type State, type Tenant } from '../state.ts';
import { charge, emptyBook, give, passTime, takeAway, type CreditBook, type Debt, type Given, type Note } from './book.ts'; // prettier-ignore
import { look } from './wallets.ts';

/** What an input does to the credits of a tenant, until they are settled. */
export interface CreditStep {
  readonly notes: Note[];
  readonly begun: Set<Given>;
  /** Wallets whose record came, with the one before. */
  readonly changed: Map<string, WalletRecord | undefined>;
  /** How many rows there were when a root account got its first grant or wallet in a currency: those are none of theirs. */
  readonly sinceRow: Map<string, number>;
}

const bookKey = (tenant: string): string => `${tenant} credits`;

export function bookOf(state: State, tenant: string): CreditBook {
  const book = state.credits.get(bookKey(tenant)) ?? emptyBook();
  state.credits.set(bookKey(tenant), book);
  return book;
}

export function stepOf(outcome: Outcome, tenant: string): CreditStep {
  outcome.credits ??= new Map();
  const step = outcome.credits.get(tenant) ?? { notes: [], begun: new Set(), changed: new Map(), sinceRow: new Map() };
  outcome.credits.set(tenant, step);
  return step;
}

export function passCreditTime(state: State, outcome: Outcome): void {
  for (const [key, book] of state.credits) {
    if (state.logTimeMs < book.idleUntilMs) continue;
    const begun = new Set<Given>();
    const notes = passTime(book, state.logTimeMs, begun);
    if (notes.length + begun.size === 0) continue;
    const step = stepOf(outcome, key.slice(0, -' credits'.length));
    step.notes.push(...notes);
    for (const given of begun) step.begun.add(given);
  }
}

export function changeCredits(
  state: State,
  tenant: Tenant,
  before: Tenant | undefined,
  changes: readonly ControlChange[],
  outcome: Outcome,
): void {
  const id = tenant.record.id;
  const known = before === undefined ? new Set() : unitsOf(before);
  for (const change of changes) {
    if (change.kind !== 'creditGrant' && change.kind !== 'creditVoid' && change.kind !== 'wallet') continue;
    const [book, step] = [bookOf(state, id), stepOf(outcome, id)];
    for (const unit of unitsOf(tenant)) if (!known.has(unit)) step.sinceRow.set(unit, outcome.rows.length);
    if (change.kind === 'creditGrant') step.notes.push(...give(book, change.grant, state.logTimeMs, step.begun));
    else if (change.kind === 'creditVoid')
      step.notes.push(...takeAway(book, change.grant, change.owes, state.logTimeMs));
    else step.changed.set(change.id, before?.wallets.get(change.id));
  }
}

const unitKey = (tenant: Tenant, { account, currency }: Pick<WalletRecord, 'account' | 'currency'>): string =>
  `${unitOf(tenant, account)} ${currency}`;

/** Root accounts and currencies in which there are grants or wallets. */
const unitsOf = (tenant: Tenant): Set<string> =>
  new Set([...tenant.grants.values(), ...tenant.wallets.values()].map((one) => unitKey(tenant, one)));

/** The end of an input or tick: every row that it led to is charged. */
export function payRows(state: State, outcome: Outcome, input?: Pick<Input, 'stream' | 'seq'>): void {
  const tenants = new Set([...outcome.rows.map((row) => row.tenant), ...(outcome.credits?.keys() ?? [])]);
  for (const id of [...tenants].sort(byCodeUnit)) {
    const tenant = state.tenants.get(id)!;
    const units = unitsOf(tenant);
    const sinceRow = outcome.credits?.get(id)?.sinceRow;
    const rows = outcome.rows.filter((row, index) => {
      if (row.tenant !== id || row.price === 0) return false;
      const unit = unitKey(tenant, row);
      return units.has(unit) && index >= (sinceRow?.get(unit) ?? 0);
    });
    if (rows.length === 0 && !outcome.credits?.has(id)) continue;
    const step = stepOf(outcome, id);
    const book = bookOf(state, id);
    for (const { debt, usageMs, amount } of chargesOf(tenant, book, rows))
      step.notes.push(...charge(book, debt, usageMs, amount, state.logTimeMs));
    outcome.entries = [...(outcome.entries ?? []), ...entriesOf(tenant, step.notes, input)];
    look(state, tenant, book, step, outcome);
    outcome.credits!.delete(id);
  }
}

interface Asked {
  readonly debt: Debt;
  readonly usageMs: number;
  readonly amount: Exact;
}

/** What is charged comes before what is taken back. */
function chargesOf(tenant: Tenant, book: CreditBook, rows: readonly Row[]): Asked[] {
  const sums = new Map<string, Asked>();
  for (const row of rows) {
    const place = placeOf(tenant, row);
    const name = JSON.stringify([place.account, place.periodStartMs, place.currency, place.service, place.component, place.meter]); // prettier-ignore
    const key = `${name} ${row.startMs}`;
    const fresh = (): Debt => ({ name, place, path: pathUp(tenant, place.account), owed: zero, owedSince: 0, chargedAt: 0, payments: [] }); // prettier-ignore
    const debt = sums.get(key)?.debt ?? book.debts.get(name) ?? fresh();
    sums.set(key, { debt, usageMs: row.startMs, amount: (sums.get(key)?.amount ?? zero).plus(row.amount) });
  }
  const charges = [...sums.values()].filter(({ amount }) => !amount.isZero());
  const isBack = ({ amount }: Asked) => Number(amount.isNegative());
  charges.sort((a, b) => isBack(a) - isBack(b) || byCodeUnit(a.debt.name, b.debt.name) || a.usageMs - b.usageMs);
  return charges.map((asked) => {
    const debt = book.debts.get(asked.debt.name) ?? asked.debt;
    book.debts.set(debt.name, debt);
    return { ...asked, debt };
  });
}

/** In the period of the root account that holds the instant for which it is booked. */
function placeOf(
  tenant: Tenant,
  { account, service, component, meter, currency, startMs, closedUntilMs }: Row,
): CreditPlace {
  // prettier-ignore
  const period = unitPeriodAt(tenant, unitOf(tenant, account), Math.max(startMs, closedUntilMs));
  return { account, periodStartMs: period.startMs, currency, service, component, meter };
}

/** What one input did to one grant for one debt, and what it left owed there, is told as one. */
function entriesOf(tenant: Tenant, notes: readonly Note[], input?: Pick<Input, 'stream' | 'seq'>): CreditEntry[] {
  const told = Map.groupBy(notes, ({ reason, atMs, grant, debt }) => JSON.stringify([reason, atMs, grant, debt?.name]));
  return [...told.values()].flatMap((same) => {
    const [{ atMs, reason, grant, debt }] = same as [Note];
    const amount = same.reduce((sum, note) => sum.plus(note.amount), zero);
    if (amount.isZero()) return [];
    const { account, currency } = grant === '' ? debt!.place : tenant.grants.get(grant)!;
    return [
      {
        tenant: tenant.record.id, atMs, reason, grant, account, currency, amount: text(amount),
        ...(debt === undefined ? {} : { place: debt.place }), ...(input === undefined ? {} : { input: { stream: input.stream, seq: input.seq } }),
      },
    ]; // prettier-ignore
  });
}
