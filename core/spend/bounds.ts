/** Minimum and maximum spend per price, plan, contract and subtree. */
import type { BoundTerms } from '../messages/agreement.ts';
import { formatAmount, parseAmount, type AmountPico, type Rational } from '../money/fixed.ts';
import { compare, multiply, one, zero } from '../money/rational.ts';
import { exact, round12 } from '../fees/exact.ts';
import { assertSound, Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';
import { byText, depthOf, isWithin, total, type NodeRow, type Parents, type SpendLine } from './lines.ts';

export interface SpendBound extends Omit<BoundTerms, 'kind'> {
  readonly id: string;
  /** Carries the row. */
  readonly account: number;
}

const ranks = ['price', 'plan', 'contract', 'subtree'] as const;

export const boundsMax = 10_000;

/** The fields of a bound's terms. */
export const boundFields: Readonly<Record<string, Shape>> = {
  scope: {
    kinds: {
      price: { price: 'text', plan: 'text', contract: 'text' },
      plan: { plan: 'text', contract: 'text' },
      contract: { contract: 'text' },
      subtree: {},
    },
  },
  minimum: { optional: 'text' },
  maximum: { optional: 'text' },
  minimumBasis: { oneOf: ['net', 'list'] },
  prorate: { record: { minimum: 'boolean', maximum: 'boolean' } },
};

const boundsShape: Shape = { list: { record: { id: 'text', account: 'account', ...boundFields } }, max: boundsMax };

/** Every fault of the bounds of one tenant, currency and period, which may be anything. Never throws. */
export function checkBounds(value: unknown): Problem[] {
  const check = new Check();
  const list = check.at('bounds');
  if (!list.shape(value, boundsShape)) return check.problems;
  const bounds = value as readonly SpendBound[];
  list.unique(bounds.map(({ id }) => id));
  const seen = new Set<string>();
  bounds.forEach((bound, index) => {
    const here = list.at(index);
    checkBound(here, bound, bound.id);
    here.that(!seen.has(scopeKey(bound)), bound.id, 'the only bound of its account and scope', 'ID_TWICE');
    seen.add(scopeKey(bound));
  });
  return check.problems;
}

/** What is wrong with the terms of one bound, whose fields are of their kinds; `id` names it. */
export function checkBound(here: Check, bound: Omit<BoundTerms, 'kind'>, id: string): void {
  const { minimum, maximum, prorate } = bound;
  here.that(minimum !== undefined || maximum !== undefined, id, 'a minimum or a maximum');
  const isMinimum = minimum === undefined || here.at('minimum').decimal(minimum, 'notNegative');
  const isMaximum = maximum === undefined || here.at('maximum').decimal(maximum, 'notNegative');
  if (minimum === undefined || maximum === undefined || !isMinimum || !isMaximum) return;
  here
    .at('maximum')
    .that(compare(exact(minimum), exact(maximum)) <= 0, maximum, `at least the minimum, ${minimum}`, 'BOUNDS_CROSSED');
  const isKept = prorate.minimum || !prorate.maximum;
  here
    .at('prorate')
    .at('maximum')
    .that(isKept, true, 'false when the minimum is not prorated, or it could pass the maximum', 'BOUNDS_CROSSED');
}

/** Of one account and scope there is one bound at a time. */
export const scopeKey = ({ account, scope }: Pick<SpendBound, 'account' | 'scope'>): string =>
  JSON.stringify([
    account,
    scope.kind,
    ...('price' in scope ? [scope.price] : []),
    ...('plan' in scope ? [scope.plan] : []),
    ...('contract' in scope ? [scope.contract] : []),
  ]);

export interface BoundsAt {
  /** Minimums are owed at the close of the period only; maximums hold all the time. */
  readonly closed: boolean;
  /** The part of the period in which a bound is in force (`prorate` of core/time); all of it when absent, nothing for 0. */
  readonly shareOf?: (bound: SpendBound) => Rational;
}

/**
 * The rows of all bounds: innermost scope first, of one scope the deepest account first, then by id; of one bound the cap, then
 * the minimum. A row counts as spend of the scopes around it.
 */
export function boundRows(
  lines: readonly SpendLine[],
  bounds: readonly SpendBound[],
  parents: Parents,
  at: BoundsAt,
): NodeRow[] {
  assertSound('bounds', bounds, checkBounds);
  const spend = [...lines];
  const rows: NodeRow[] = [];
  const ordered = bounds.toSorted(
    (a, b) =>
      ranks.indexOf(a.scope.kind) - ranks.indexOf(b.scope.kind) ||
      depthOf(b.account, parents) - depthOf(a.account, parents) ||
      byText(a.id, b.id),
  );
  for (const bound of ordered) {
    const own = spend.filter((line) => isIn(line, bound) && isWithin(line.account, bound.account, parents));
    const share = at.shareOf?.(bound) ?? one;
    if (compare(share, zero) < 0 || compare(share, one) > 0)
      throw new RangeError(`bound ${bound.id}: a share of ${share.numerator}/${share.denominator} is not from 0 to 1`);
    if (compare(share, zero) === 0) continue;
    for (const row of ownRows(bound, own, share, at.closed)) {
      rows.push(row);
      spend.push(lineOf(bound, row));
    }
  }
  return rows;
}

function ownRows(bound: SpendBound, lines: readonly SpendLine[], share: Rational, closed: boolean): NodeRow[] {
  const part = (text: string, isProrated: boolean): AmountPico =>
    isProrated ? round12(multiply(exact(text), share)) : parseAmount(text)!;
  const rows: NodeRow[] = [];
  const committed = total(lines.filter(({ isCommitted }) => isCommitted).map((line) => line.net));
  let net = total(lines.map((line) => line.net)) - committed;
  if (bound.maximum !== undefined) {
    const maximum = part(bound.maximum, bound.prorate.maximum);
    if (net > maximum) rows.push(row(bound, 'cap', maximum - net, `maximum ${formatAmount(maximum)}`));
    if (net > maximum) net = maximum;
  }
  if (!closed || bound.minimum === undefined) return rows;
  const minimum = part(bound.minimum, bound.prorate.minimum);
  // By list price a cap must not be made good again: what is owed never passes the minimum by way of the true-up.
  const counted = bound.minimumBasis === 'net' ? net + committed : total(lines.map((line) => line.list));
  const missing = minimum - counted;
  const room = bound.maximum === undefined ? missing : part(bound.maximum, bound.prorate.maximum) - net;
  const amount = missing < room ? missing : room;
  if (amount > 0n) rows.push(row(bound, 'minimum', amount, `minimum ${formatAmount(minimum)}, ${bound.minimumBasis}`));
  return rows;
}

/** Whether a bound counts the line, when it is of its subtree. */
export function isIn(
  line: Pick<SpendLine, 'price' | 'plan' | 'contract'>,
  { scope }: Pick<SpendBound, 'scope'>,
): boolean {
  switch (scope.kind) {
    case 'price':
      return line.price === scope.price && line.plan === scope.plan && line.contract === scope.contract;
    case 'plan':
      return line.plan === scope.plan && line.contract === scope.contract;
    case 'contract':
      return line.contract === scope.contract;
    case 'subtree':
      return true;
  }
}

/** A row as spend of the scopes around its own. A true-up is owed by list, too; a cap is not. */
function lineOf({ scope, account }: SpendBound, row: NodeRow): SpendLine {
  return {
    id: `${row.by} ${row.reason}`,
    account,
    service: '',
    component: '',
    price: scope.kind === 'price' ? scope.price : '',
    plan: scope.kind === 'price' || scope.kind === 'plan' ? scope.plan : '',
    contract: scope.kind === 'subtree' ? '' : scope.contract,
    quantity: 0n,
    list: row.reason === 'minimum' ? row.amount : 0n,
    net: row.amount,
  };
}

function row(bound: SpendBound, reason: 'cap' | 'minimum', amount: AmountPico, label: string): NodeRow {
  const step = { label, quantity: '', unitPrice: '', amount: formatAmount(amount) };
  return { by: bound.id, account: bound.account, reason, amount, step };
}
