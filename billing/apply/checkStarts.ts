import type { AccountRecord, PriceRecord } from '#core/messages/control.ts';
import { goesByAccount } from '#core/time/tallyPeriod.ts';
import type { Faults } from './faults.ts';
import type { Organisation } from './organisation.ts';

/**
 * A price by each account's own anniversary needs a day for each account that it tallies for: its own, or that of one above.
 * Told once, at the highest account without one. What lies in suspense stays unpriced until it has an owner.
 */
export function checkStarts(
  wanted: Organisation,
  accounts: ReadonlyMap<number, AccountRecord>,
  prices: readonly PriceRecord[],
  faults: Faults,
): void {
  const told = new Set<number>();
  for (const price of prices.filter(({ period }) => goesByAccount(period))) {
    const isScope = ({ id }: AccountRecord): boolean => id === price.account || price.account === 0;
    for (const account of accounts.values()) {
      const path = pathUp(accounts, account);
      const isTallied = price.tallyScope === 'subtree' ? account.id === price.account : path.some(isScope);
      if (!isTallied || account.type === 'suspense' || path.some(({ startsOn }) => startsOn !== undefined)) continue;
      const highest = path.findLast((node) => isScope(node)) ?? account;
      if (told.has(highest.id)) continue;
      told.add(highest.id);
      const at =
        wanted.accounts.find(({ slug }) => slug === highest.slug)?.at ??
        wanted.prices.find(({ key }) => key === price.key)?.at ??
        wanted.tenant.at;
      faults.add('START_MISSING', at, highest.slug, `a day as \`since\`, for price ${price.key} counts from it`);
    }
  }
}

/** The account itself first. */
function pathUp(accounts: ReadonlyMap<number, AccountRecord>, account: AccountRecord): AccountRecord[] {
  const above = accounts.get(account.parent);
  return above === undefined ? [account] : [account, ...pathUp(accounts, above)];
}
