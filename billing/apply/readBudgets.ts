import { checkBudget } from '#core/budgets/check.ts';
import { budgetLimits } from '#core/budgets/limits.ts';
import type { TenantRecord } from '#core/messages/control.ts';
import { minorDigits } from '#core/money/currency.ts';
import { AMOUNT_SCALE, parseAmount } from '#core/money/fixed.ts';
import { roles } from '#platform/http/index.ts';
import { billingLimits } from '../limits.ts';
import type { At, Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { Organisation, WantedBudget } from './organisation.ts';
import { recordOf, tellProblems, textsOf } from './recordForm.ts';
import type { Node } from './yaml.ts';
import { isComplete, readRef, unique } from './parts.ts';
import { readChargedIn } from './pricingUnits.ts';
import { idShape, nameShape, slugShape, userShape } from './shapes.ts';

const entriesMax = 10_000;
const percentScale = 2;
const own = ['id', 'account', 'name', 'amount', 'currency', 'targets', 'enabled'];
/** What is in a file as it is in the record. */
const terms = ['meter', 'scope', 'period', 'carryOver', 'fx', 'thresholds', 'releaseAt', 'forecast'];

export function readBudgets(
  file: Fields,
  tenant: TenantRecord | undefined,
  timeZone: string,
  faults: Faults,
): Organisation['budgets'] {
  const scale = minorDigits(tenant?.currency ?? '') ?? 2;
  const read = file.list('budgets', entriesMax).flatMap((node) => {
    const fields = Fields.of(node, [...own, ...terms], faults);
    if (fields === undefined) return [];
    const isQuantity = fields.has('meter');
    const chargedIn = readChargedIn(fields, tenant, faults);
    if (isQuantity && fields.has('currency'))
      faults.add('KEY_UNKNOWN', fields.atOf('currency'), 'currency', 'no currency, for it is a quantity of a meter');
    const id = fields.text('id', idShape);
    const isFine = chargedIn !== undefined || isQuantity;
    const budget = {
      id,
      account: readRef(fields, 'account', slugShape),
      name: fields.optional('name', nameShape, id ?? ''),
      amount: fields.decimal('amount', { scale: isFine ? AMOUNT_SCALE : scale }),
      terms: readTerms(fields, node, { timeZone, currency: chargedIn?.name ?? (tenant?.currency || 'EUR') }, faults),
      targets: fields
        .texts('targets', idShape, billingLimits.targetsPerBudgetMax)
        .map(({ text, at }) => ({ name: text, at })),
      enabled: fields.boolean('enabled', true),
    };
    const meter = isQuantity ? readRef(fields, 'meter', nameShape) : undefined;
    return isComplete(budget) ? [{ ...budget, chargedIn, meter, at: fields.atOf('id') }] : [];
  });
  return unique(read, (budget) => budget.id, faults);
}

/** The core's own check says what is wrong with them. */
function readTerms(
  fields: Fields,
  node: Node,
  { timeZone, currency }: { readonly timeZone: string; readonly currency: string },
  faults: Faults,
): WantedBudget['terms'] | undefined {
  if (fields.list('thresholds', billingLimits.thresholdsMax).length === 0) {
    faults.add('KEY_MISSING', { ...fields.at, path: `${fields.at.path}.thresholds` }, '', 'at least one threshold');
    return undefined;
  }
  const said = recordOf(node, timeZone) as Record<string, unknown>;
  const found = Object.fromEntries(terms.flatMap((name) => (name in said ? [[name, said[name]]] : [])));
  const scope = fields.nodeOf('scope');
  const record = { period: 'month', ...found, ...(scope === undefined ? {} : { scope: textsOf(scope) }) };
  const rest = {
    id: '-',
    account: 1,
    name: '-',
    amount: '1',
    currency: 'meter' in record ? '' : currency,
    targets: [],
    enabled: true,
  };
  const problems = checkBudget({ ...rest, ...record });
  tellProblems(problems, node, faults);
  if (problems.length > 0 || !areUsable(scope, faults)) return undefined;
  return areAscending(fields, record as unknown as WantedBudget['terms'], faults)
    ? (record as unknown as WantedBudget['terms'])
    : undefined;
}

/**
 * Whether each tag of a scope has a name and values that an account's could have: without a value nothing would ever count. Asked
 * here alone: a log that holds another one is restored as it is.
 */
function areUsable(scope: Node | undefined, faults: Faults): boolean {
  const tags = scope?.kind === 'map' ? scope.entries.get('tags')?.node : undefined;
  let isFine = true;
  const expect = (holds: boolean, at: At, value: string, expected: string): void => {
    if (!holds) faults.add('VALUE_INVALID', at, value, expected);
    isFine &&= holds;
  };
  const isText = (text: string) => text !== '' && text.length <= budgetLimits.textMax;
  const expected = `a text of 1 to ${budgetLimits.textMax} characters`;
  for (const [name, { keyAt, node }] of tags?.kind === 'map' ? tags.entries : []) {
    expect(isText(name), keyAt, name, expected);
    if (node.kind !== 'list') continue;
    expect(node.items.length > 0, node.at, '[]', 'at least one value; without one nothing would count');
    for (const item of node.items) if (item.kind === 'text') expect(isText(item.text), item.at, item.text, expected);
  }
  return isFine;
}

/** Those that are percents of the amount. */
function areAscending(fields: Fields, { thresholds }: WantedBudget['terms'], faults: Faults): boolean {
  let below = 0n;
  let isFine = true;
  fields.list('thresholds', billingLimits.thresholdsMax).forEach((node, index) => {
    const { percent } = thresholds[index]!;
    const entry = Fields.of(node, ['percent', 'absolute', 'forecast', 'rate', 'action', 'severity'], faults);
    if (percent === undefined || entry === undefined) return;
    if (entry.decimal('percent', { scale: percentScale, positive: true }) === undefined) isFine = false;
    const value = parseAmount(percent)!;
    if (value <= below && value > 0n) {
      faults.add('THRESHOLDS_NOT_ASCENDING', entry.atOf('percent'), percent, 'more than the one before it');
      isFine = false;
    }
    below = value;
  });
  return isFine;
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
