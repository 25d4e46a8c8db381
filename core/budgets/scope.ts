/** Which rows a budget counts (SPEC §6.3): what is the same for a block is asked once, resources row by row. */
import type { BudgetRecord } from '../messages/budget.ts';
import type { GroupKey } from '../rating/block.ts';
import type { Account, Master } from '../rating/state.ts';

type BlockFacts = Pick<GroupKey, 'account' | 'kind' | 'meter' | 'price'>;

/** Whether rows of such a block may count; what `unmetered` names is no meter. */
export function countsBlock(master: Master, { scope = {}, meter }: BudgetRecord, block: BlockFacts): boolean {
  const { record } = block.price ?? {};
  if (block.kind === 'unmetered' || (meter === undefined ? record === undefined : meter !== block.meter)) return false;
  const { services, components, meters, prices, tags } = scope;
  return (
    isIn(services, record?.service ?? '') &&
    isIn(components, record?.component ?? '') &&
    isIn(meters, block.meter) &&
    (prices === undefined || isIn(prices, keyOf(master, record?.id ?? 0))) &&
    hasTags(block.account, tags ?? {})
  );
}

const isIn = (list: readonly string[] | undefined, value: string): boolean =>
  list === undefined || list.includes(value);

/** Prices, fees and agreements draw their ids from one sequence. */
const keyOf = ({ prices, fees, agreements }: Master, id: number): string =>
  prices.get(id)?.record.key ?? fees.get(id)?.record.key ?? agreements.get(id)?.key ?? '';

/** Each tag on the account or one above it; of several that have it the nearest says its value. */
const hasTags = ({ chain }: Account, tags: Readonly<Record<string, readonly string[]>>): boolean =>
  Object.entries(tags).every(([name, values]) => {
    const holder = chain.find(({ record }) => Object.hasOwn(record.tags ?? {}, name));
    return holder !== undefined && values.includes(holder.record.tags![name]!);
  });

/** Whether one of the patterns is the resource, or `x/*` with the resource below x. */
export const matchesResource = (patterns: readonly string[], resource: string): boolean =>
  patterns.some((pattern) =>
    pattern.endsWith('/*') ? resource.startsWith(pattern.slice(0, -1)) : pattern === resource,
  );
