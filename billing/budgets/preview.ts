/** What a budget that is not published yet would do at once, as of the rows in the store. */
import { previewBudget } from '#core/budgets/preview.ts';
import { budgetPeriodAt, hourMs, hourOf, ruleOf } from '#core/budgets/rule.ts';
import type { BudgetOutlook } from '#core/messages/api.ts';
import type { BudgetRecord } from '#core/messages/budget.ts';
import { accountsOf } from '../accounts/accounts.ts';
import { metersOf } from '../catalogue/catalogue.ts';
import type { Office } from '../change.ts';
import { partitionOf } from '../periods/gather.ts';
import type { BudgetPorts } from './seeds.ts';
import { masterOf, questionOf, sumsOf } from './sums.ts';

/** `before`: the record in force of this id. */
export async function budgetOutlook(
  office: Office,
  ports: BudgetPorts,
  tenant: string,
  record: BudgetRecord,
  before: BudgetRecord | undefined,
): Promise<BudgetOutlook> {
  const partition = await partitionOf(office.db, tenant);
  const state = before && (await ports.states(tenant, partition)).find(({ budget }) => budget === record.id);
  const asOfMs = await ports.loadedLogTimeMs(partition);
  const nowMs = Math.max(office.now(), state?.periodStartMs ?? 0);
  const accounts = await accountsOf(office.db, tenant);
  const master = masterOf(accounts, await metersOf(office.db, tenant));
  const rule = ruleOf(master, record);
  const periodsFromMs = state?.previous?.startMs ?? budgetPeriodAt(rule, nowMs).startMs;
  const fromMs = Math.min(periodsFromMs, rule.hours === 0 ? Infinity : hourOf(nowMs) - rule.hours * hourMs);
  const question = await questionOf(office.db, tenant, { rule, accounts, fromMs, logTimeMaxMs: 9_999_999_999_999 });
  const sums = sumsOf(rule, periodsFromMs, await ports.sums(tenant, question));
  const known = before && state && { record: before, state };
  return { ...previewBudget(master, record, { nowMs, known, ...sums }), asOfMs };
}
