import type { ExploreDimension } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import type { BlockKind } from '#core/messages/rated.ts';
import { formatSpanKey, isSpanKey } from '../../format/period.ts';

export const dimensionNames: Readonly<Record<ExploreDimension, string>> = {
  account: 'account', service: 'service', component: 'component', cell: 'part of the price', meter: 'meter', resource: 'resource',
  producer: 'producer', day: 'day', hour: 'hour', kind: 'kind of row', booked: 'month booked',
}; // prettier-ignore

/** What a row is, in a word or two. */
export const kindNames: Readonly<Record<BlockKind, string>> = {
  usage: 'usage', unpriced: 'without a price', unmetered: 'without a meter', adjustment: 'adjustments',
  fee: 'fees', agreement: 'agreements', void: 'taken back', corrected: 'put in place by corrections', rerated: 'rated again',
}; // prettier-ignore

/** Why a row that no sample brought is there. */
const reasonNames: Readonly<Record<string, string>> = {
  feeCredit: 'unused part of a fee', oneTime: 'one-time fee', installmentDue: 'installments at the end', commitmentRate: 'rate within a commitment',
  overage: 'beyond a commitment', trueUp: 'missing to a commitment', split: 'share of a pool',
}; // prettier-ignore

/** A group's values, which its key lists as JSON; the name of a rule or band as it is. */
export function partName(key: string): string {
  if (key === '') return 'prices without parts';
  if (key === 'otherwise') return 'all else';
  if (!key.startsWith('[')) return reasonNames[key] ?? key;
  try {
    return (JSON.parse(key) as readonly string[]).map((value) => (value === '' ? 'none' : value)).join(' · ');
  } catch {
    return key;
  }
}

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
  if (by === 'kind') return kindNames[key as BlockKind] ?? key;
  if (by === 'cell') return partName(key);
  if (by === 'booked' && isSpanKey(key)) return formatSpanKey(key);
  return key === '' ? `no ${dimensionNames[by]}` : key;
}
