import type { ExploreDimension } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { formatSpanKey, isSpanKey } from '../../format/period.ts';

export const dimensionNames: Readonly<Record<ExploreDimension, string>> = {
  account: 'account', service: 'service', component: 'component', meter: 'meter', resource: 'resource',
  producer: 'producer', day: 'day', hour: 'hour', kind: 'kind of row',
}; // prettier-ignore

/** A group's key as people read it. */
export function keyName(by: ExploreDimension, key: string, accounts: readonly AccountRecord[], own = false): string {
  if (by === 'account') {
    const name = accounts.find((account) => String(account.id) === key)?.name ?? `account ${key}`;
    return own ? `${name}, itself` : name;
  }
  if (by === 'day' || by === 'hour') {
    const span = key.slice(0, by === 'day' ? 10 : 13);
    return isSpanKey(span) ? formatSpanKey(span) : key;
  }
  return key === '' ? `no ${dimensionNames[by]}` : key;
}
