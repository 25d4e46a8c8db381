/** A budget by itself, by the rules that hold in an organisation file: read, planned and written as an entry of `budgets:`. */
import type { BudgetRecord } from '#core/messages/control.ts';
import { budgetsOf } from '../budgets/budgets.ts';
import { tenantOf } from '../accounts/accounts.ts';
import type { Author, Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { changeOnce } from '../idempotency.ts';
import type { JsonValue, Tx } from '../schema.ts';
import { Faults } from './faults.ts';
import { textOf, type Item } from './item.ts';
import { controlChanges, planChanges, type Plan } from './plan.ts';
import { readPresent } from './present.ts';
import { readOrganisation } from './read.ts';
import { writePlan } from './write.ts';

export interface AskedBudget {
  /** As in a file: the account by its slug, figures as text. */
  readonly budget: Readonly<Record<string, JsonValue>>;
  /** Of the budget that is changed; undefined for a new one. */
  readonly id: string | undefined;
  readonly reason: string;
  readonly idempotencyKey?: string | undefined;
}

export interface BudgetChange {
  readonly budget: BudgetRecord;
  readonly status: Item<BudgetRecord>['status'];
}

/** What writing it would do. Throws BUDGET_INVALID with every fault, BUDGET_EXISTS or BUDGET_UNKNOWN. */
export function planBudget(office: Office, tenant: string, asked: AskedBudget): Promise<Item<BudgetRecord>> {
  return office.db.transaction().execute(async (tx) => (await plan(tx, office, tenant, asked)).budgets[0]!);
}

/** Creates or changes it, with its audit row and its control message, or does nothing of it. Throws as `planBudget` does. */
export function writeBudget(office: Office, author: Author, asked: AskedBudget) {
  const { id = '', budget, reason, idempotencyKey: key } = asked;
  const request = { key, content: ['budget.write', id, budget, reason] };
  return changeOnce<BudgetChange>(office, author, request, async (tx) => {
    const planned = await plan(tx, office, author.tenant, asked);
    const { status, before, after } = planned.budgets[0]!;
    const result = { budget: after, status };
    if (status === 'unchanged') return { result };
    const { actor, tenant } = author;
    await writePlan(tx, planned, { tenant, actor, nowMs: office.now(), partition: 0, sealedSecret: () => '' });
    const recorded = {
      action: status === 'added' ? 'budget.create' : 'budget.change',
      subject: `budget/${after.id}`,
      before: (before ?? {}) as unknown as JsonValue,
      after: after as unknown as JsonValue,
      why: reason,
      changes: controlChanges(planned),
    };
    return { result, recorded };
  });
}

async function plan(tx: Tx, office: Office, tenant: string, { budget, id }: AskedBudget): Promise<Plan> {
  const known = new Set((await budgetsOf(tx, tenant)).map((record) => record.id));
  if (id !== undefined && !known.has(id)) throw billingError('BUDGET_UNKNOWN', id, { budget: id });
  const named = budget['id'];
  if (id === undefined && typeof named === 'string' && known.has(named))
    throw billingError('BUDGET_EXISTS', named, { budget: named });
  const faults = new Faults();
  const entry = id === undefined ? budget : { ...budget, id };
  const document = { version: '1', tenant: { ...(await tenantOf(tx, tenant)) }, budgets: [entry] };
  const wanted = readOrganisation(JSON.stringify(document), faults);
  if (wanted === undefined) throw invalid(faults);
  if (id !== undefined && budget['id'] !== undefined && budget['id'] !== id)
    faults.add(
      'BUDGET_FIXED',
      { line: 0, column: 0, path: 'budgets[0].id' },
      textOf(budget['id']),
      `${id}, or nothing`,
    );
  const planned = planChanges(wanted, await readPresent(tx, tenant, []), office.now(), faults);
  if (faults.some) throw invalid(faults);
  return planned;
}

/** Every fault at its place in the budget. */
function invalid(faults: Faults) {
  const told = faults.sorted().map(({ line: _, column: _column, path, ...fault }) => ({
    path: path.replace(/^budgets\[0\]\.?/, ''),
    ...fault,
  }));
  const lines = told.map(({ path, value, message, expected, code }) => {
    const stands = value === '' ? '' : ` (${JSON.stringify(value)})`;
    return `\n${path}${stands}: ${message} Expected ${expected}. [${code}]`;
  });
  return billingError('BUDGET_INVALID', `${lines.join('')}\n`, { faultCount: told.length, faults: told });
}
