import type { BudgetThreshold, TenantRecord } from '#core/messages/control.ts';
import { minorDigits } from '#core/money/currency.ts';
import { AMOUNT_SCALE, parseAmount } from '#core/money/fixed.ts';
import { roles } from '#platform/http/index.ts';
import { billingLimits } from '../limits.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { Organisation } from './organisation.ts';
import { isComplete, readRef, unique } from './parts.ts';
import { readChargedIn } from './pricingUnits.ts';
import { idShape, nameShape, slugShape, userShape } from './shapes.ts';

const entriesMax = 10_000;
const percentScale = 2;
export function readBudgets(file: Fields, tenant: TenantRecord | undefined, faults: Faults): Organisation['budgets'] {
  const scale = minorDigits(tenant?.currency ?? '') ?? 2;
  const read = file.list('budgets', entriesMax).flatMap((node) => {
    const known = ['id', 'account', 'name', 'amount', 'currency', 'period', 'thresholds', 'targets', 'enabled'];
    const fields = Fields.of(node, known, faults);
    if (fields === undefined) return [];
    const chargedIn = readChargedIn(fields, tenant, faults);
    fields.oneOf('period', ['month'], 'month');
    const id = fields.text('id', idShape);
    const budget = {
      id,
      account: readRef(fields, 'account', slugShape),
      name: fields.optional('name', nameShape, id ?? ''),
      amount: fields.decimal('amount', { scale: chargedIn === undefined ? scale : AMOUNT_SCALE, positive: true }),
      thresholds: readThresholds(fields, faults),
      targets: fields
        .texts('targets', idShape, billingLimits.targetsPerBudgetMax)
        .map(({ text, at }) => ({ name: text, at })),
      enabled: fields.boolean('enabled', true),
    };
    return isComplete(budget) ? [{ ...budget, chargedIn, at: fields.atOf('id') }] : [];
  });
  return unique(read, (budget) => budget.id, faults);
}

function readThresholds(fields: Fields, faults: Faults): BudgetThreshold[] | undefined {
  const nodes = fields.list('thresholds', billingLimits.thresholdsMax);
  if (nodes.length === 0)
    faults.add('KEY_MISSING', { ...fields.at, path: `${fields.at.path}.thresholds` }, '', 'at least one threshold');
  let below = 0n;
  const read = nodes.flatMap((node): BudgetThreshold[] => {
    const threshold = Fields.of(node, ['percent', 'action'], faults);
    if (threshold === undefined) return [];
    const percent = threshold.decimal('percent', { scale: percentScale, positive: true });
    const action = threshold.oneOf('action', ['notify', 'throttle', 'block']);
    if (percent === undefined || action === undefined) return [];
    const value = parseAmount(percent)!;
    if (value <= below)
      faults.add('THRESHOLDS_NOT_ASCENDING', threshold.atOf('percent'), percent, 'more than the one before it');
    below = value;
    return [{ percent, action }];
  });
  return read.length > 0 && read.length === nodes.length ? read : undefined;
}

export function readUsers(file: Fields, faults: Faults): Organisation['users'] {
  const read = file.list('users', entriesMax).flatMap((node) => {
    const fields = Fields.of(node, ['id', 'name', 'role', 'enabled'], faults);
    if (fields === undefined) return [];
    const user = {
      id: fields.text('id', userShape),
      name: fields.text('name', nameShape),
      role: fields.oneOf('role', roles),
      enabled: fields.boolean('enabled', true),
    };
    return isComplete(user) ? [{ ...user, at: fields.atOf('id') }] : [];
  });
  return unique(read, (user) => user.id, faults);
}
