/** How a budget was spent over its period: points of a line, worked out exactly, plotted elsewhere. */
import type { ExploreGroup, LiveBudget } from '#core/messages/api.ts';
import type { BudgetRecord } from '#core/messages/budget.ts';
import type { UsageFilter } from '../../api/queries.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { spanOf } from '../../format/period.ts';
import { compareAmounts, subtractAmounts, sumAmounts } from '../../format/money.ts';
import { inUnit } from '../explore/search.ts';

export interface BurnPoint {
  readonly atMs: number;
  /** Spent up to then, decimal text. */
  readonly spent: string;
}

/** Days while the period is long, for an answer has 500 groups at most. */
export const stepOf = ({ periodStartMs, periodEndMs }: LiveBudget): 'day' | 'hour' =>
  periodEndMs - periodStartMs > 8 * 86_400_000 ? 'day' : 'hour';

/** What the budget counts as one question to the store; undefined where its scope takes several. */
export function filterOf(budget: LiveBudget, record: BudgetRecord | undefined): UsageFilter | undefined {
  const { scope = {}, fx = [] } = record ?? {};
  const { services = [], components = [], meters = [], resources = [], prices = [], tags = {} } = scope;
  const single = [services, components, meters, resources].every((values) => values.length <= 1);
  const isBelow = resources[0]?.endsWith('/*') === true;
  if (!single || isBelow || prices.length > 0 || Object.keys(tags).length > 0 || fx.length > 0) return undefined;
  const only = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });
  return {
    from: budget.periodStartMs,
    to: budget.periodEndMs,
    account: String(budget.account),
    ...only('service', services[0]),
    ...only('component', components[0]),
    ...only('meter', budget.meter ?? meters[0]),
    ...only('resource', resources[0]),
    ...inUnit(budget.currency),
  };
}

/**
 * From the start of the period to now; groups are by step and kind of row. What was agreed on is of the whole period, whenever it was
 * booked: it is spread over the line. After a reset only what came since counts: the line is lower by what went before.
 */
export function burnOf(
  groups: readonly ExploreGroup[],
  budget: LiveBudget,
  { timeZone, nowMs }: { readonly timeZone: string; readonly nowMs: number },
): readonly BurnPoint[] {
  const { periodStartMs: startMs, balance, meter } = budget;
  const agreed = sumAmounts(groups.filter(({ key }) => key[1] === 'agreement').map(({ amount }) => amount));
  const steps = groups
    .filter(({ key }) => key[1] !== 'agreement')
    .flatMap(({ key, amount, quantity }) => {
      const span = spanOf((key[0] ?? '').slice(0, 13), timeZone);
      return span === undefined ? [] : [{ ...span, value: meter === undefined ? amount : quantity }];
    })
    .filter((step) => step.endMs > startMs)
    .toSorted((a, b) => a.endMs - b.endMs);
  const dated = sumAmounts(steps.map(({ value }) => value));
  const total = sumAmounts([dated, agreed]);
  const gone = compareAmounts(total, balance) > 0 ? subtractAmounts(total, balance) : '0';
  const points: BurnPoint[] = [];
  let sum = '0';
  const reach = (atMs: number): void => {
    const spent = subtractAmounts(shareOf(total, sum, dated), gone);
    const isNewer = atMs > (points.at(-1)?.atMs ?? startMs) && atMs < nowMs;
    if (isNewer) points.push({ atMs, spent: compareAmounts(spent, '0') > 0 ? spent : '0' });
  };
  for (const step of steps) {
    // What lies between two steps had nothing, and the one that runs is not over.
    reach(step.startMs);
    sum = sumAmounts([sum, step.value]);
    reach(step.endMs);
  }
  return [{ atMs: startMs, spent: '0' }, ...points, { atMs: Math.max(startMs, nowMs), spent: balance }];
}

/** whole · part / all, rounded down; the part itself where there is nothing to share. */
function shareOf(whole: string, part: string, all: string): string {
  const [top, times, bottom] = [parseAmount(whole), parseAmount(part), parseAmount(all)];
  if (top === undefined || times === undefined || bottom === undefined || bottom <= 0n) return part;
  return formatAmount((top * times) / bottom);
}
