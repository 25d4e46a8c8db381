/** Tells budgets that count by themselves what came before them (SPEC §6.9): once the store holds all of it, its sums go through the log. */
import { budgetPeriodAt, hourMs, hourOf, keepsSums, parseFigure, ruleOf, type Rule } from '#core/budgets/rule.ts';
import type { BudgetRecord, BudgetState, BudgetSum } from '#core/messages/budget.ts';
import type { BudgetSumsQuestion, StoredBudgetSum } from '#core/messages/budgetSums.ts';
import type { AccountRecord, MeterRecord } from '#core/messages/control.ts';
import { sleep } from '#platform/lifecycle.ts';
import { newTraceparent } from '#platform/telemetry.ts';
import { accountsOf } from '../accounts/accounts.ts';
import { agreedOf } from '../catalogue/agreed.ts';
import { metersOf, pricesOf } from '../catalogue/catalogue.ts';
import { change, type Office } from '../change.ts';
import type { BillingEvents } from '../events.ts';
import { seedLimits } from '../limits.ts';
import { budgetsOf } from './budgets.ts';

export interface BudgetPorts {
  /** None where no rater answers. */
  states(tenant: string, partition: number): Promise<readonly BudgetState[]>;
  /** Log time up to which the store is whole. */
  loadedLogTimeMs(partition: number): Promise<number>;
  sums(tenant: string, question: BudgetSumsQuestion): Promise<readonly StoredBudgetSum[]>;
}

/** Until the signal aborts; what fails is told and tried again. */
export async function seedBudgets(
  office: Office,
  ports: BudgetPorts,
  events: BillingEvents,
  signal: AbortSignal,
): Promise<void> {
  // A seed that was sent is not sent again until it had its time to arrive; one that comes twice changes nothing.
  const sentMs = new Map<string, number>();
  while (!signal.aborted) {
    let isWarming = false;
    try {
      isWarming = await seedOnce(office, ports, sentMs);
    } catch (error) {
      events.seedFailed(error);
    }
    await sleep(isWarming ? seedLimits.busyMs : seedLimits.idleMs, signal);
  }
}

/** Tells every budget that warms and whose past is in the store; whether one warms. */
export async function seedOnce(office: Office, ports: BudgetPorts, sentMs: Map<string, number>): Promise<boolean> {
  let isWarming = false;
  for (const { id: tenant, partition } of await office.db.selectFrom('tenant').select(['id', 'partition']).execute()) {
    const records = new Map((await budgetsOf(office.db, tenant)).map((record) => [record.id, record]));
    if (![...records.values()].some(keepsSums)) continue;
    const warming = (await ports.states(tenant, partition)).filter((state) => state.warming === true);
    isWarming ||= warming.length > 0;
    for (const state of warming) {
      const key = `${tenant} ${state.budget} ${state.sinceMs}`;
      const record = records.get(state.budget);
      const wasSent = office.now() - (sentMs.get(key) ?? 0) < seedLimits.againMs;
      if (record === undefined || wasSent || (await ports.loadedLogTimeMs(partition)) <= state.sinceMs) continue;
      await seed(office, ports, tenant, record, state);
      sentMs.set(key, office.now());
    }
  }
  return isWarming;
}

async function seed(
  office: Office,
  ports: BudgetPorts,
  tenant: string,
  record: BudgetRecord,
  { sinceMs, periodStartMs }: BudgetState,
): Promise<void> {
  const accounts = await accountsOf(office.db, tenant);
  const rule = ruleOf(masterOf(accounts, await metersOf(office.db, tenant)), record);
  const hoursFromMs = rule.hours === 0 ? Infinity : hourOf(sinceMs) - rule.hours * hourMs;
  const question = {
    logTimeMaxMs: sinceMs,
    fromMs: Math.max(0, Math.min(periodStartMs, hoursFromMs)),
    accounts: scopeAccounts(accounts, record),
    currencies: [...rule.rates.keys()],
    ...(record.meter === undefined ? {} : { meter: record.meter }),
    ...(await scopeOf(office, tenant, record)),
  };
  const { periods, hours } = sumsOf(rule, periodStartMs, await ports.sums(tenant, question));
  const author = { tenant, actor: 'office', trace: newTraceparent() };
  await change(office, author, async () => ({
    result: undefined,
    recorded: {
      action: 'budget.seed',
      subject: `budget/${record.id}`,
      before: {},
      after: { sinceMs, periods: periods.length, hours: hours.length },
      why: 'what it counts had begun before it',
      changes: [{ kind: 'budgetSeed', budget: record.id, sinceMs, periods, hours }],
    },
  }));
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
    if (!rule.isPlain && rule.rolling === 0 && startMs >= periodStartMs) add(periods, startMs, currency, value);
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

function masterOf(accounts: readonly AccountRecord[], meters: readonly MeterRecord[]): Parameters<typeof ruleOf>[0] {
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

async function scopeOf(office: Office, tenant: string, { scope }: BudgetRecord): Promise<Partial<BudgetSumsQuestion>> {
  if (scope === undefined) return {};
  const { prices: keys, tags: _, ...lists } = scope;
  if (keys === undefined) return lists;
  const all = [
    ...(await pricesOf(office.db, tenant)),
    ...(await agreedOf(office.db, tenant, 'fee')),
    ...(await agreedOf(office.db, tenant, 'agreement')),
  ];
  return { ...lists, prices: all.filter(({ key }) => keys.includes(key)).map(({ id }) => id) };
}
