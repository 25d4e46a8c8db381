import { goesByAccount } from '#core/budgets/check.ts';
import { goesByStart } from '#core/pricing/tallyTerms.ts';
import type { OwnAccount } from '../accounts/accounts.ts';
import { billingLimits } from '../limits.ts';
import type { Faults } from './faults.ts';
import { compare, keeps, type Item } from './item.ts';
import type { Organisation } from './organisation.ts';
import type { Present } from './present.ts';

/** Accounts in the file's order, parents first; new ones get the next dense ids. */
export function planAccounts(wanted: Organisation, present: Present, faults: Faults): Item<OwnAccount>[] {
  const before = new Map(present.accounts.map((account) => [account.slug, account]));
  const ids = new Map(present.accounts.map((account) => [account.slug, account.id]));
  let lastId = present.lastAccount;
  const items: Item<OwnAccount>[] = [];
  for (const {
    at,
    slug,
    name,
    type,
    parent: ref,
    timeZone,
    startsOn: since,
    closeAfterDays,
    tags,
  } of wanted.accounts) {
    const parent = ref === undefined ? 0 : ids.get(ref.name);
    if (parent === undefined) {
      faults.unknown(ref!, 'the slug of an account');
      faults.unreadable.add(slug);
      continue;
    }
    const published = before.get(slug);
    const id = published?.id ?? ++lastId;
    ids.set(slug, id);
    const startsOn = since ?? published?.startsOn;
    const start = startsOn === undefined ? {} : { startsOn };
    const closeAfter = closeAfterDays === undefined ? published?.closeAfterDays : closeAfterDays;
    const isNever = closeAfter === undefined || (closeAfter === null && published?.closeAfterDays === undefined);
    const closes = isNever ? {} : { closeAfterDays: closeAfter };
    const zone = timeZone ?? wanted.tenant.timeZone;
    const after: OwnAccount = {
      id,
      slug,
      name,
      parent,
      type,
      timeZone: zone,
      ...start,
      ...closes,
      ...(tags && { tags }),
    };
    if (published !== undefined) {
      const movesSuspense = (published.type === 'suspense') !== (type === 'suspense');
      // A start is given once, and not when a price counts from starts already.
      const hasStarted =
        published.startsOn !== undefined || present.prices.some(goesByStart) || present.budgets.some(goesByAccount);
      const fixed = [
        'parent',
        'timeZone',
        ...(movesSuspense ? ['type' as const] : []),
        ...(hasStarted ? ['startsOn' as const] : []),
      ] as const;
      keeps(published, after, fixed, { code: 'ACCOUNT_FIXED', at, faults });
    }
    items.push(compare(slug, published, after));
  }
  checkSuspense(wanted, present, faults);
  if (ids.size > billingLimits.accountsMax) {
    faults.add('VALUE_INVALID', wanted.tenant.at, String(ids.size), `at most ${billingLimits.accountsMax} accounts`);
  }
  return items;
}

function checkSuspense(wanted: Organisation, present: Present, faults: Faults): void {
  const published = present.accounts.filter((account) => account.type === 'suspense');
  const inFile = wanted.accounts.filter((account) => account.type === 'suspense');
  const all = new Set([...published, ...inFile].map((account) => account.slug));
  if (all.size === 1 || faults.unreadable.size > 0) return;
  const at = inFile.at(-1)?.at ?? { ...wanted.tenant.at, path: 'accounts' };
  faults.add('SUSPENSE_COUNT', at, [...all].join(', '), 'one account of type suspense');
}
