/** What a budget would have counted: the question for the store, and its answer by period and by hour (SPEC §6.3, §6.9). */
import { budgetPeriodAt, hourOf, parseFigure, type ruleOf, type Rule } from '#core/budgets/rule.ts';
import type { BudgetRecord, BudgetSum } from '#core/messages/budget.ts';
import type { BudgetSumsQuestion, StoredBudgetSum } from '#core/messages/budgetSums.ts';
import type { AccountRecord, MeterRecord } from '#core/messages/control.ts';
import { agreedOf } from '../catalogue/agreed.ts';
import { pricesOf } from '../catalogue/catalogue.ts';
import type { Reader } from '../schema.ts';

export interface Counting {
  readonly rule: Rule;
  /** All of the tenant, parents first. */
  readonly accounts: readonly AccountRecord[];
  readonly fromMs: number;
  readonly logTimeMaxMs: number;
}

export async function questionOf(db: Reader, tenant: string, counting: Counting): Promise<BudgetSumsQuestion> {
  const { rule, accounts, fromMs, logTimeMaxMs } = counting;
  const { record, rates } = rule;
  return {
    logTimeMaxMs,
    fromMs: Math.max(0, fromMs),
    accounts: scopeAccounts(accounts, record),
    currencies: [...rates.keys()],
    ...(record.meter === undefined ? {} : { meter: record.meter }),
    ...(await scopeOf(db, tenant, record)),
  };
}

/** By period and by hour, whole numbers; the store's quarters of an hour lie in one of each. */
export function sumsOf(
  rule: Rule,
  periodStartMs: number,
  stored: readonly StoredBudgetSum[],
): { readonly periods: BudgetSum[]; readonly hours: BudgetSum[] } {
  const add = (sums: Map<string, bigint>, startMs: number, currency: string, sum: bigint): void => {
    const key = `${startMs} ${currency}`;
    sums.set(key, (sums.get(key) ?? 0n) + sum);
  };
  const [periods, hours] = [new Map<string, bigint>(), new Map<string, bigint>()];
  for (const { atMs, currency, sum } of stored) {
    const value = parseFigure(rule, sum);
    const { startMs } = budgetPeriodAt(rule, atMs);
    if (rule.rolling === 0 && startMs >= periodStartMs) add(periods, startMs, currency, value);
    if (rule.hours > 0) add(hours, hourOf(atMs), currency, value);
  }
  const listed = (sums: Map<string, bigint>): BudgetSum[] =>
    [...sums].map(([key, sum]) => [Number(key.split(' ')[0]), key.split(' ')[1]!, sum.toString()]);
  return { periods: listed(periods), hours: listed(hours) };
}

type Accounts = ReadonlyMap<
  number,
  { readonly record: AccountRecord; readonly chain: { readonly record: AccountRecord }[] }
>;

export function masterOf(
  accounts: readonly AccountRecord[],
  meters: readonly MeterRecord[],
): Parameters<typeof ruleOf>[0] {
  const nodes = new Map<number, { record: AccountRecord; chain: { record: AccountRecord }[] }>();
  // Parents come before their children.
  for (const record of accounts) {
    const node = { record, chain: [] as { record: AccountRecord }[] };
    node.chain.push(node, ...(nodes.get(record.parent)?.chain ?? []));
    nodes.set(record.id, node);
  }
  return { accounts: nodes as Accounts, meters: new Map(meters.map((meter) => [meter.id, meter])) } as never;
}

/** The account and all below it, by the tags that they have now. */
function scopeAccounts(accounts: readonly AccountRecord[], { account, scope }: BudgetRecord): number[] {
  const inside = new Set<number>();
  const tags = new Map<number, Readonly<Record<string, string>>>();
  for (const record of accounts) {
    tags.set(record.id, { ...tags.get(record.parent), ...record.tags });
    if (record.id === account || inside.has(record.parent)) inside.add(record.id);
  }
  const wanted = Object.entries(scope?.tags ?? {});
  return [...inside].filter((id) => wanted.every(([tag, values]) => values.includes(tags.get(id)?.[tag] ?? '')));
}

async function scopeOf(db: Reader, tenant: string, { scope }: BudgetRecord): Promise<Partial<BudgetSumsQuestion>> {
  if (scope === undefined) return {};
  const { prices: keys, tags: _, ...lists } = scope;
  if (keys === undefined) return lists;
  const all = [
    ...(await pricesOf(db, tenant)),
    ...(await agreedOf(db, tenant, 'fee')),
    ...(await agreedOf(db, tenant, 'agreement')),
  ];
  return { ...lists, prices: all.filter(({ key }) => keys.includes(key)).map(({ id }) => id) };
}
