/** Credits as commits, snapshots and inheritances write them, and as replay reads them back (SPEC §14.9). */
import type { HeldGrant, PaidTally } from '../../credits/state.ts';
import { grantOf } from '../../credits/creditRecords.ts';
import { putGrant } from '../../credits/time.ts';
import type { CreditEntry, CreditGrantState, CreditLine, CreditPlace, WalletState } from '../../messages/credit.ts';
import { formatAmount, parseAmount } from '../../money/fixed.ts';
import { compareText } from '../attribution.ts';
import type { Changes } from '../changes.ts';
import type { Tenant } from '../state.ts';
import { placeKey, type TenantCredits, type Wallet } from './tenantCredits.ts';

export interface CreditValues {
  readonly creditGrants?: readonly CreditGrantState[];
  readonly creditLines?: readonly CreditLine[];
  readonly wallets?: readonly WalletState[];
}

/** What changed since the last commit; each list absent where it would be empty. */
export function creditsOf({
  credited,
  wallets,
  creditEntries,
}: Changes): CreditValues & { creditEntries?: readonly CreditEntry[] } {
  // prettier-ignore
  const tenants = [...credited].sort((a, b) => compareText(a.id, b.id));
  const fresh = tenants.map(({ id, credits }) => ({ id, ...credits!.books.fresh }));
  const lists = {
    creditGrants: fresh.flatMap(({ id, grants }) => byId(grants).map((held) => grantState(id, held))),
    creditLines: fresh.flatMap(({ id, tallies }) => byPlace(tallies).map((tally) => creditLine(id, tally))),
    wallets: wallets.map(({ tenant, wallet }) => walletState(tenant, wallet)),
    creditEntries: [...creditEntries],
  };
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

/** All of one tenant, in a canonical order. */
export function allCredits({ id, credits }: Tenant): Required<CreditValues> {
  if (credits === undefined) return { creditGrants: [], creditLines: [], wallets: [] };
  const { books, wallets } = credits;
  return {
    creditGrants: byId(books.grants.values()).map((held) => grantState(id, held)),
    creditLines: byPlace(books.tallies.values()).map((tally) => creditLine(id, tally)),
    wallets: [...wallets.values()].sort((a, b) => compareText(a.id, b.id)).map((wallet) => walletState(id, wallet)),
  };
}

export function applyCredits(tenantOf: (id: string) => Tenant, values: CreditValues): void {
  for (const state of values.creditGrants ?? []) applyGrant(tenantOf(state.tenant), state);
  for (const line of values.creditLines ?? []) applyLine(tenantOf(line.tenant), line);
  for (const { tenant, wallet: id, state, arming, isAsked } of values.wallets ?? [])
    tenantOf(tenant).credits!.wallets.set(id, { id, state, arming, isAsked, dirty: false });
}

/** What is charged together with the account. */
export const placeOf = ({ path, periodMs, unit, service, component, meter }: PaidTally): CreditPlace => ({
  account: path[0]!,
  periodStartMs: periodMs,
  currency: unit,
  service,
  component,
  meter,
});

/** Forgets what a commit has written. */
export function cleanCredits({ books }: TenantCredits): void {
  books.fresh.grants.clear();
  books.fresh.tallies.clear();
}

const byId = (grants: Iterable<HeldGrant>): HeldGrant[] =>
  [...grants].sort((a, b) => compareText(a.grant.id, b.grant.id));
const byPlace = (tallies: Iterable<PaidTally>): PaidTally[] => [...tallies].sort((a, b) => compareText(a.of, b.of));

const grantState = (tenant: string, { grant, status, left, ended, givenBack }: HeldGrant): CreditGrantState => ({
  tenant,
  grant: grant.id,
  status,
  left: formatAmount(left),
  ended: formatAmount(ended),
  givenBack: formatAmount(givenBack),
});

const creditLine = (tenant: string, tally: PaidTally): CreditLine => ({
  tenant,
  ...placeOf(tally),
  owed: formatAmount(tally.overage),
  owedSince: tally.overageSince,
  chargedAt: tally.chargedAt,
  paid: tally.burns.map(({ grant, amount }) => [grant, formatAmount(amount)]),
});

const walletState = (tenant: string, { id, state, arming, isAsked }: Wallet): WalletState => ({
  tenant,
  wallet: id,
  state,
  arming,
  isAsked,
});

function applyGrant(tenant: Tenant, { grant: id, status, left, ended, givenBack }: CreditGrantState): void {
  const figures = { left: parseAmount(left)!, ended: parseAmount(ended)!, givenBack: parseAmount(givenBack)! };
  putGrant(tenant.credits!.books, { grant: grantOf(tenant.master.credits.grants.get(id)!), status, ...figures });
}

function applyLine(tenant: Tenant, line: CreditLine): void {
  const { account, periodStartMs: periodMs, currency: unit, service, component, meter } = line;
  const { books } = tenant.credits!;
  const of = placeKey(line);
  books.tallies.set(of, {
    of,
    path: tenant.master.accounts.get(account)!.chain.map(({ record }) => record.id),
    periodMs,
    service,
    component,
    meter,
    unit,
    overage: parseAmount(line.owed)!,
    overageSince: line.owedSince,
    chargedAt: line.chargedAt,
    burns: line.paid.map(([grant, amount]) => ({ grant, amount: parseAmount(amount)! })),
  });
  books.charges = Math.max(books.charges, line.chargedAt);
}
