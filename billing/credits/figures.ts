/** Grants and wallets with what the rater has committed of them. */
import type { CreditsReply } from '#core/messages/balances.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { accountsOf } from '../accounts/accounts.ts';
import type { CreditFigures, GrantDetail, GrantFigures, WalletFigures } from '#core/messages/creditFigures.ts';
import type { Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { partitionOf, type ClosePorts } from '../periods/gather.ts';
import { grantsOf, walletsOf } from './credits.ts';

/** All of them, or those of one account. Throws ACCOUNT_UNKNOWN. */
export async function creditFigures(
  { db }: Office,
  ports: Pick<ClosePorts, 'rater'>,
  tenant: string,
  slug?: string,
): Promise<CreditFigures> {
  const accounts = await accountsOf(db, tenant);
  const slugs = new Map(accounts.map((account) => [account.id, account.slug]));
  const parents = new Map(accounts.map((account) => [account.id, account.parent]));
  const only = slug === undefined ? undefined : accounts.find((account) => account.slug === slug);
  if (slug !== undefined && only === undefined) throw billingError('ACCOUNT_UNKNOWN', slug, { account: slug });
  const isAsked = ({ account }: { readonly account: number }): boolean => only === undefined || account === only.id;
  const rater = await ports.rater(tenant, await partitionOf(db, tenant));
  const credits = rater?.credits;
  const states = new Map(credits?.grants.map((state) => [state.grant, state]));
  const burned = burnedBy(credits?.lines ?? []);
  const stored = await grantsOf(db, tenant);
  const grants = stored.map(({ record, ...about }): GrantFigures => {
    const state = states.get(record.id);
    const { status = null, left = null, ended = null, givenBack = null } = state ?? {};
    const paid = state === undefined ? null : formatAmount(burned.get(record.id) ?? 0n);
    return { ...record, ...about, accountSlug: slugs.get(record.account) ?? '', status, left, burned: paid, ended, givenBack }; // prettier-ignore
  });
  const watched = new Map(credits?.wallets.map((state) => [state.wallet, state]));
  const wallets = (await walletsOf(db, tenant)).map((wallet): WalletFigures => {
    const state = watched.get(wallet.id);
    const lying = grants.filter((grant) => grant.account === wallet.account && grant.currency === wallet.currency);
    const left = lying.reduce((sum, grant) => sum + (grant.status === 'active' && grant.scope === undefined ? parseAmount(grant.left!)! : 0n), 0n); // prettier-ignore
    const owing = (credits?.lines ?? []).filter(
      (line) => line.currency === wallet.currency && isBelow(parents, line.account, wallet.account),
    );
    const owed = owing.reduce((sum, line) => sum + parseAmount(line.owed)!, 0n);
    const isKnown = state !== undefined;
    return {
      ...wallet,
      accountSlug: slugs.get(wallet.account) ?? '',
      state: state?.state ?? null,
      left: isKnown ? formatAmount(left) : null,
      owed: isKnown ? formatAmount(owed) : null,
      topUpAsked: state?.isAsked ?? null,
    };
  });
  const asOf = rater === undefined ? null : { outSeq: rater.outSeq, logTimeMs: rater.logTimeMs };
  return { asOf, grants: grants.filter(isAsked), wallets: wallets.filter(isAsked) };
}

/** Throws CREDIT_GRANT_UNKNOWN. */
export async function grantDetail(
  office: Office,
  ports: Pick<ClosePorts, 'rater'>,
  tenant: string,
  id: string,
): Promise<GrantDetail> {
  let lines: CreditsReply['lines'] = [];
  const kept = async (...asked: Parameters<ClosePorts['rater']>) => {
    const reply = await ports.rater(...asked);
    lines = reply?.credits.lines ?? [];
    return reply;
  };
  const { grants, asOf } = await creditFigures(office, { rater: kept }, tenant);
  const grant = grants.find((one) => one.id === id);
  if (grant === undefined) throw billingError('CREDIT_GRANT_UNKNOWN', id, { grant: id });
  const slugs = new Map((await accountsOf(office.db, tenant)).map((account) => [account.id, account.slug]));
  const paid = lines.flatMap(({ paid: payments, account, periodStartMs, currency, service, component, meter }) => {
    const amount = sumOf(payments.filter(([by]) => by === id));
    const place = {
      account,
      accountSlug: slugs.get(account) ?? '',
      periodStartMs,
      currency,
      service,
      component,
      meter,
    };
    return amount === 0n ? [] : [{ ...place, amount: formatAmount(amount) }];
  });
  return { ...grant, asOf, paid };
}

const sumOf = (payments: readonly (readonly [string, string])[]): bigint =>
  payments.reduce((sum, [, amount]) => sum + parseAmount(amount)!, 0n);

function burnedBy(lines: CreditsReply['lines']): Map<string, bigint> {
  const burned = new Map<string, bigint>();
  for (const { paid } of lines)
    for (const payment of paid) burned.set(payment[0], (burned.get(payment[0]) ?? 0n) + sumOf([payment]));
  return burned;
}

function isBelow(parents: ReadonlyMap<number, number>, account: number, above: number): boolean {
  for (let id: number | undefined = account; id !== undefined && id !== 0; id = parents.get(id))
    if (id === above) return true;
  return false;
}
