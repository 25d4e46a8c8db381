/** Wallets of a file: what watches the credit of an account (core/SPEC.md §14). Credit itself is given by hand, not by a file. */
import { checkWallet } from '#core/credits/creditRecords.ts';
import type { TenantRecord } from '#core/messages/control.ts';
import { creditIdPattern, creditLimits, type WalletRecord } from '#core/messages/credit.ts';
import { billingLimits } from '../limits.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import { compare, keeps, type Item } from './item.ts';
import type { Organisation, Wanted, WantedWallet } from './organisation.ts';
import { readRef, unique } from './parts.ts';
import type { BudgetContext } from './planSimple.ts';
import { readChargedIn } from './pricingUnits.ts';
import { recordOf, tellProblems } from './recordForm.ts';
import { idShape, matching, slugShape } from './shapes.ts';

const walletIdShape = matching(creditIdPattern, '1 to 100 letters, digits and . _ : -, a letter or digit first');
const known = ['id', 'account', 'name', 'currency', 'lowAt', 'clearAt', 'topUp', 'action', 'targets'];

export function readWallets(
  file: Fields,
  { tenant, timeZone }: { readonly tenant: TenantRecord | undefined; readonly timeZone: string },
  faults: Faults,
): Organisation['wallets'] {
  const read = file.list('wallets', creditLimits.walletsMax).flatMap((entry): Wanted<WantedWallet>[] => {
    const fields = Fields.of(entry, known, faults);
    if (fields === undefined) return [];
    const id = fields.text('id', walletIdShape);
    const account = readRef(fields, 'account', slugShape);
    const chargedIn = readChargedIn(fields, tenant, faults);
    const targets = fields
      .texts('targets', idShape, billingLimits.targetsPerBudgetMax)
      .map(({ text, at }) => ({ name: text, at }));
    if (id === undefined || account === undefined) return [];
    const said = recordOf(entry, timeZone) as object;
    const currency = chargedIn?.name ?? (tenant?.currency || 'EUR');
    const record = { name: id, action: 'notify', ...said, id, account: 1, currency, targets: targets.map(({ name }) => name) }; // prettier-ignore
    const problems = checkWallet(record);
    tellProblems(problems, entry, faults);
    return problems.length > 0
      ? []
      : [{ ...(record as unknown as WalletRecord), account, targets, chargedIn, at: fields.atOf('id') }];
  });
  return unique(read, ({ id }) => id, faults);
}

export function planWallets(wanted: Organisation, context: BudgetContext, faults: Faults): Item<WalletRecord>[] {
  const published = new Map(context.present.wallets.map((wallet) => [wallet.id, wallet]));
  const all = new Set([...context.present.targets, ...context.targets].map((target) => target.id));
  const items = wanted.wallets.flatMap(({ at, account: ref, targets: refs, chargedIn, ...terms }) => {
    const account = context.accountIds.get(ref.name);
    if (account === undefined) faults.unknown(ref, 'the slug of an account');
    for (const target of refs) if (!all.has(target.name)) faults.unknown(target, 'the id of a target');
    if (account === undefined) return [];
    const currency = chargedIn?.name ?? wanted.tenant.currency;
    const after: WalletRecord = { ...terms, account, currency, targets: [...new Set(refs.map(({ name }) => name))] };
    const before = published.get(after.id);
    if (before !== undefined) keeps(before, after, ['account', 'currency'], { code: 'WALLET_FIXED', at, faults });
    return [{ at, item: compare(after.id, before, after) }];
  });
  const lying = Map.groupBy(
    [...new Map([...published, ...items.map(({ item }) => [item.id, item.after] as const)]).values()],
    ({ account, currency }) => `${account} ${currency}`,
  );
  const { walletsOfAccountMax } = creditLimits;
  for (const { at, item } of items) {
    const beside = lying.get(`${item.after.account} ${item.after.currency}`)!.length;
    if (item.status === 'added' && beside > walletsOfAccountMax)
      faults.add('LIST_TOO_LONG', at, item.id, `at most ${walletsOfAccountMax} wallets of one account and currency`);
  }
  return items.map(({ item }) => item);
}
