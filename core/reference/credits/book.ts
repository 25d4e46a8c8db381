/**
 * SPEC §14.2–14.5: who paid what. Of a grant nothing is kept but what it is and how it ended: what is left follows from all that it has
 * paid. Who is asked first is looked up from the beginning with every charge.
 */
import type { CreditEntry, CreditGrantRecord, CreditPlace } from '../../messages/credit.ts';
import { byCodeUnit } from '../attribution.ts';
import { decimal, zero, type Exact } from '../number.ts';

export interface Given {
  readonly record: CreditGrantRecord;
  status: 'pending' | 'active' | 'expired' | 'voided';
  ended: Exact;
  givenBack: Exact;
  /** What it has paid, and what of that came back while it was in force: two sums that only grow. */
  spent: Exact;
  restored: Exact;
}

export interface Debt {
  readonly name: string;
  readonly place: CreditPlace;
  /** The account and those above it. */
  readonly path: readonly number[];
  owed: Exact;
  owedSince: number;
  chargedAt: number;
  /** Payments that stand, in the order in which they were made. */
  payments: readonly { readonly by: string; readonly amount: Exact }[];
}

export interface WalletTrack {
  state: 'covered' | 'low' | 'empty';
  arming: number;
  isAsked: boolean;
}

export interface CreditBook {
  readonly given: Map<string, Given>;
  readonly debts: Map<string, Debt>;
  readonly wallets: Map<string, WalletTrack>;
  turn: number;
  /** Before this instant time does nothing to a grant. */
  idleUntilMs: number;
}

export const emptyBook = (): CreditBook => ({
  given: new Map(),
  debts: new Map(),
  wallets: new Map(),
  turn: 0,
  idleUntilMs: 0,
});

/** What happens, in the order in which it happens. */
export type Note = Pick<CreditEntry, 'atMs' | 'reason' | 'grant'> & { readonly amount: Exact; readonly debt?: Debt };

export const leftOf = ({ record, status, spent, restored }: Given): Exact =>
  status === 'expired' || status === 'voided' ? zero : decimal(record.amount).minus(spent).plus(restored);

const endMs = ({ record }: Given): number =>
  record.expiresAtMs === undefined ? Infinity : record.expiresAtMs + (record.graceMs ?? 0);
const dueMs = (given: Given): number =>
  given.status === 'pending' ? given.record.effectiveFromMs : given.status === 'active' ? endMs(given) : Infinity;

/** The order in which grants are asked, and in which they end and begin when they do so at once. */
function inOrder(a: Given, b: Given): number {
  const [x, y] = [a.record, b.record];
  return (
    x.priority - y.priority ||
    Math.min(x.expiresAtMs ?? 1e15, 1e15) - Math.min(y.expiresAtMs ?? 1e15, 1e15) ||
    Number(x.kind === 'prepaid') - Number(y.kind === 'prepaid') ||
    x.effectiveFromMs - y.effectiveFromMs ||
    byCodeUnit(x.id, y.id)
  );
}

/** 14.2: log time has moved; what ends at an instant ends before anything begins at it. */
export function passTime(book: CreditBook, logTimeMs: number, begun: Set<Given>): Note[] {
  const notes: Note[] = [];
  if (logTimeMs < book.idleUntilMs) return notes;
  for (;;) {
    const due = [...book.given.values()].filter((given) => dueMs(given) <= logTimeMs);
    const atMs = Math.min(...due.map(dueMs));
    const now = due.filter((given) => dueMs(given) === atMs).sort(inOrder);
    for (const given of now.filter(({ status }) => status === 'active')) {
      const left = leftOf(given);
      if (!left.isZero()) notes.push({ atMs, reason: 'expired', grant: given.record.id, amount: left });
      Object.assign(given, { status: 'expired', ended: left });
    }
    for (const given of now.filter(({ status }) => status === 'pending'))
      notes.push(...begin(book, given, atMs, begun));
    if (due.length > 0) continue;
    book.idleUntilMs = Math.min(...[...book.given.values()].map(dueMs), Infinity);
    return notes;
  }
}

export function give(book: CreditBook, record: CreditGrantRecord, atMs: number, begun: Set<Given>): Note[] {
  const given: Given = { record, status: 'pending', ended: zero, givenBack: zero, spent: zero, restored: zero };
  book.given.set(record.id, given);
  book.idleUntilMs = 0;
  const came: Note = { atMs, reason: 'granted', grant: record.id, amount: decimal(record.amount) };
  return record.effectiveFromMs <= atMs ? [came, ...begin(book, given, atMs, begun)] : [came];
}

/** What it finds owed it pays only when it says so, what has been owed for longest first. */
function begin(book: CreditBook, given: Given, atMs: number, begun: Set<Given>): Note[] {
  given.status = 'active';
  begun.add(given);
  if (given.record.coversOverage !== true) return [];
  const waiting = [...book.debts.values()].filter((debt) => debt.owed.gt(0) && pays(given.record, debt));
  waiting.sort((a, b) => a.owedSince - b.owedSince || byCodeUnit(a.name, b.name));
  return waiting.flatMap((debt) => {
    const amount = least(leftOf(given), debt.owed);
    return amount.isZero() ? [] : [payFrom(given, debt, amount, atMs), owe(book, debt, amount.neg(), atMs)];
  });
}

/** 14.5 */
export function takeAway(book: CreditBook, id: string, owes: boolean, atMs: number): Note[] {
  const given = book.given.get(id)!;
  const notes: Note[] = [];
  if (given.status === 'pending' || given.status === 'active') {
    const left = leftOf(given);
    notes.push({ atMs, reason: 'voided', grant: id, amount: left });
    Object.assign(given, { status: 'voided', ended: left });
  }
  if (!owes) return notes;
  for (const debt of [...book.debts.values()].sort((a, b) => byCodeUnit(a.name, b.name))) {
    const paid = debt.payments.filter(({ by }) => by === id).reduce((sum, { amount }) => sum.plus(amount), zero);
    if (paid.isZero()) continue;
    debt.payments = joined(debt.payments.filter(({ by }) => by !== id));
    notes.push({ atMs, reason: 'revoked', grant: id, amount: paid, debt }, owe(book, debt, paid, atMs));
  }
  return notes;
}

/** 14.3: an amount above 0 is paid by whoever is in force and in scope, one after the other. */
export function charge(book: CreditBook, debt: Debt, usageMs: number, amount: Exact, atMs: number): Note[] {
  book.turn += 1;
  debt.chargedAt = book.turn;
  if (amount.isNegative()) return takeBack(book, debt, amount.neg(), atMs);
  const notes: Note[] = [];
  let rest = amount;
  const settle = (part: Exact, note: (part: Exact) => Note) => {
    if (part.gt(0)) notes.push(note(part));
    rest = rest.minus(part.gt(0) ? part : zero);
  };
  settle(least(rest, debt.owed.neg()), (part) => owe(book, debt, part, atMs));
  const asked = [...book.given.values()].filter(
    (given) => given.status === 'active' && pays(given.record, debt) && isInForce(given.record, usageMs),
  );
  for (const given of asked.sort(inOrder))
    settle(least(rest, leftOf(given)), (part) => payFrom(given, debt, part, atMs));
  settle(rest, (part) => owe(book, debt, part, atMs));
  return notes;
}

/** 14.4: from the debt itself, then from those below in the same period, the last charged first. */
function takeBack(book: CreditBook, own: Debt, amount: Exact, atMs: number): Note[] {
  const notes: Note[] = [];
  let rest = amount;
  const others = [...book.debts.values()].filter(
    (debt) =>
      debt !== own &&
      debt.place.currency === own.place.currency &&
      debt.place.periodStartMs === own.place.periodStartMs &&
      debt.path.includes(own.place.account),
  );
  for (const debt of [own, ...others.sort((a, b) => b.chargedAt - a.chargedAt)]) {
    if (rest.isZero()) break;
    const open = least(rest, debt.owed);
    if (open.gt(0)) {
      notes.push(owe(book, debt, open.neg(), atMs));
      rest = rest.minus(open);
    }
    while (rest.gt(0) && debt.payments.length > 0) {
      const last = debt.payments.at(-1)!;
      const back = least(rest, last.amount);
      const kept = last.amount.minus(back);
      debt.payments = [...debt.payments.slice(0, -1), ...(kept.isZero() ? [] : [{ ...last, amount: kept }])];
      rest = rest.minus(back);
      notes.push(restore(book.given.get(last.by)!, debt, back, atMs));
    }
  }
  if (rest.gt(0)) notes.push(owe(book, own, rest.neg(), atMs));
  return notes;
}

function restore(given: Given, debt: Debt, amount: Exact, atMs: number): Note {
  const { id, kind } = given.record;
  const isOver = given.status === 'expired' || given.status === 'voided';
  if (isOver) given.givenBack = given.givenBack.plus(amount);
  else given.restored = given.restored.plus(amount);
  return { atMs, reason: !isOver ? 'refunded' : kind === 'prepaid' ? 'returned' : 'lapsed', grant: id, amount, debt };
}

function payFrom(given: Given, debt: Debt, amount: Exact, atMs: number): Note {
  given.spent = given.spent.plus(amount);
  debt.payments = joined([...debt.payments, { by: given.record.id, amount }]);
  return { atMs, reason: 'burned', grant: given.record.id, amount, debt };
}

function owe(book: CreditBook, debt: Debt, amount: Exact, atMs: number): Note {
  const wasOwed = debt.owed.gt(0);
  debt.owed = debt.owed.plus(amount);
  debt.owedSince = debt.owed.lte(0) ? 0 : wasOwed ? debt.owedSince : book.turn;
  return { atMs, reason: 'overage', grant: '', amount, debt };
}

/** What one grant paid in a row is one payment. */
const joined = (payments: Debt['payments']): Debt['payments'] =>
  payments.reduce<Debt['payments']>((list, { by, amount }) => {
    const last = list.at(-1);
    return last?.by === by ? [...list.slice(0, -1), { by, amount: last.amount.plus(amount) }] : [...list, { by, amount }];
  }, []); // prettier-ignore

const least = (a: Exact, b: Exact): Exact => (a.lt(b) ? a : b);

function pays({ account, currency, scope = {} }: CreditGrantRecord, { place, path }: Debt): boolean {
  const { services, components, meters } = scope;
  return (
    currency === place.currency &&
    path.includes(account) &&
    (services ?? [place.service]).includes(place.service) &&
    (components ?? [place.component]).includes(place.component) &&
    (meters ?? [place.meter]).includes(place.meter)
  );
}

const isInForce = ({ effectiveFromMs, expiresAtMs = Infinity, coversOverage }: CreditGrantRecord, usageMs: number) =>
  usageMs < expiresAtMs && (coversOverage === true || usageMs >= effectiveFromMs);
