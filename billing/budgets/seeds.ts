/** Tells budgets that count by themselves what came before them (SPEC §6.9): once the store holds all of it, its sums go through the log. */
import { hourMs, hourOf, keepsSums, ruleOf } from '#core/budgets/rule.ts';
import type { BudgetRecord, BudgetState } from '#core/messages/budget.ts';
import type { BudgetSumsQuestion, StoredBudgetSum } from '#core/messages/budgetSums.ts';
import { sleep } from '#platform/lifecycle.ts';
import { newTraceparent } from '#platform/telemetry.ts';
import { accountsOf } from '../accounts/accounts.ts';
import { metersOf } from '../catalogue/catalogue.ts';
import { change, type Office } from '../change.ts';
import type { BillingEvents } from '../events.ts';
import { seedLimits } from '../limits.ts';
import { budgetsOf } from './budgets.ts';
import { masterOf, questionOf, sumsOf } from './sums.ts';

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
  const fromMs = Math.min(periodStartMs, rule.hours === 0 ? Infinity : hourOf(sinceMs) - rule.hours * hourMs);
  const question = await questionOf(office.db, tenant, { rule, accounts, fromMs, logTimeMaxMs: sinceMs });
  const { periods: all, hours } = sumsOf(rule, periodStartMs, await ports.sums(tenant, question));
  // Those of a plain budget are in the balance of its account.
  const periods = rule.isPlain ? [] : all;
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
