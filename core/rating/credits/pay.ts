/** Pays what an input has charged from the grants, and looks at the wallets that this moved (SPEC §14.3–14.6). */
import { apply } from '../../credits/machine.ts';
import type { Charge, CreditEvent, CreditRow } from '../../credits/records.ts';
import { grantOf } from '../../credits/creditRecords.ts';
import { purseOf, type CreditState } from '../../credits/state.ts';
import { toldOf } from '../../fees/problems.ts';
import type { Alert } from '../../messages/alert.ts';
import type { ControlChange } from '../../messages/control.ts';
import type { CreditEntry, WalletRecord } from '../../messages/credit.ts';
import { formatAmount } from '../../money/fixed.ts';
import { compareText } from '../attribution.ts';
import type { Changes } from '../changes.ts';
import type { Tenant } from '../state.ts';
import type { TenantCredits } from './tenantCredits.ts';
import { placeOf } from './values.ts';
import { evaluateWallet } from './wallets.ts';

export interface CreditRun {
  readonly tenant: Tenant;
  readonly changes: Changes;
  readonly logTimeMs: number;
  readonly input: CreditEntry['input'] | undefined;
  readonly cause: Alert['cause'];
  readonly trace: string;
  readonly alert: (alert: Alert) => void;
}

/** What billing has changed, in the order of the message; `before`: the wallets' records until then. */
export function changeCredits(
  { credits }: Tenant,
  changes: readonly ControlChange[],
  before: ReadonlyMap<string, WalletRecord>,
  atMs: number,
): boolean {
  if (credits === undefined) return false;
  const { books, rows, wallets, changedWallets } = credits;
  let isChanged = false;
  for (const change of changes) {
    if (change.kind === 'creditGrant')
      rows.push(...applied(books, { kind: 'grant', atMs, grant: grantOf(change.grant) }));
    else if (change.kind === 'creditVoid')
      rows.push(...applied(books, { kind: 'void', atMs, grant: change.grant, owes: change.owes }));
    else if (change.kind === 'wallet') {
      const { id } = change;
      changedWallets.set(id, before.get(id));
      if (!wallets.has(id)) wallets.set(id, { id, state: 'covered', arming: 0, isAsked: false, dirty: false });
    } else continue;
    isChanged = true;
  }
  return isChanged;
}

/** Master data have judged it before. */
function applied(books: CreditState, event: CreditEvent): readonly CreditRow[] {
  const { rows, problems } = apply(books, event);
  if (problems.length > 0) throw new Error(`credits: ${toldOf(problems)}`);
  return rows;
}

/** Once an input or tick is through. */
export function payCharges(run: CreditRun): void {
  const { tenant, changes, logTimeMs } = run;
  const credits = tenant.credits!;
  const { books, unpaid, rows, changedWallets } = credits;
  for (const charge of chargesOf(credits, logTimeMs)) rows.push(...apply(books, charge).rows);
  unpaid.clear();
  const purses = new Set(rows.flatMap(({ grant, unit, account }) => (grant === '' ? [] : [purseOf(unit, account)])));
  const begun = new Set([...books.fresh.begun].map(({ grant }) => purseOf(grant.unit, grant.account)));
  for (const purse of begun) purses.add(purse);
  books.fresh.begun.clear();
  for (const entry of merged(run, rows)) changes.creditEntries.push(entry);
  rows.length = 0;
  const moved = new Map([...purses].flatMap((purse) => tenant.master.credits.walletsByPurse.get(purse) ?? []).map((record) => [record.id, record])); // prettier-ignore
  for (const id of changedWallets.keys()) moved.set(id, tenant.master.credits.wallets.get(id)!);
  for (const [id, record] of [...moved].sort(([a], [b]) => compareText(a, b))) {
    const isBegun = begun.has(purseOf(record.currency, record.account));
    evaluateWallet(run, record, isBegun, changedWallets.has(id), changedWallets.get(id));
  }
  changedWallets.clear();
  changes.credited.add(tenant);
}

/** One charge for each place and start: what is charged before what is taken back, by place and start. */
function chargesOf({ unpaid }: TenantCredits, atMs: number): Charge[] {
  const charges = [...unpaid].flatMap(([of, { place, path, byStart }]) => {
    const { periodStartMs: periodMs, currency: unit, service, component, meter } = place;
    return [...byStart].flatMap(([usageMs, amount]): Charge[] =>
      amount === 0n ? [] : [{ kind: 'charge', atMs, usageMs, of, path, periodMs, service, component, meter, unit, amount }],
    ); // prettier-ignore
  });
  const isBack = ({ amount }: Charge): number => (amount < 0n ? 1 : 0);
  return charges.sort((a, b) => isBack(a) - isBack(b) || compareText(a.of, b.of) || a.usageMs - b.usageMs);
}

/** Rows of one input that say the same of the same are one entry. */
function merged({ tenant, input }: CreditRun, rows: readonly CreditRow[]): CreditEntry[] {
  const found = new Map<string, { readonly row: CreditRow; amount: bigint }>();
  for (const row of rows) {
    const key = `${row.reason} ${row.atMs} ${row.grant} ${row.of}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { row, amount: row.amount });
    else known.amount += row.amount;
  }
  return [...found.values()]
    .filter(({ amount }) => amount !== 0n)
    .map(({ row: { atMs, reason, grant, of, unit, account }, amount }) => ({
      tenant: tenant.id,
      atMs,
      reason,
      grant,
      account,
      currency: unit,
      amount: formatAmount(amount),
      ...(of === '' ? {} : { place: placeOf(tenant.credits!.books.tallies.get(of)!) }),
      ...(input === undefined ? {} : { input }),
    }));
}
