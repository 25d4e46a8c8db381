import { exchanged } from '#core/budgets/spent.ts';
import type { LiveBudget } from '#core/messages/api.ts';
import { thresholdKey, type BudgetRecord } from '#core/messages/budget.ts';
import { formatAmount } from '#core/money/fixed.ts';
import type { Period } from '#core/time/period.ts';
import { toAmount, type TenantFigures } from './tenantFigures.ts';

/** A budget as pages show it: what the rater told of it, or the balance of its account where that is what counts. */
export function liveBudget(record: BudgetRecord, figures: TenantFigures, atMs: number, month: Period): LiveBudget {
  const told = figures.budget(record.id);
  const balances = [{ currency: record.currency, rate: '1' }, ...(record.fx ?? [])].map(({ currency, rate }) => ({
    entry: figures.balanceAt(record.account, currency, atMs),
    rate: toAmount(rate),
  }));
  const { periodStartMs = month.startMs, periodEndMs = month.endMs } =
    told?.spent === undefined ? (balances.find(({ entry }) => entry !== undefined)?.entry ?? {}) : told;
  // A month that nobody looked at yet has begun all the same.
  const state = told?.spent !== undefined || told?.periodStartMs === periodStartMs ? told : undefined;
  const total = balances.reduce((sum, { entry, rate }) => sum + exchanged(toAmount(entry?.total ?? '0'), rate), 0n);
  return {
    id: record.id,
    account: record.account,
    name: record.name,
    amount: record.amount,
    limit: told?.limit ?? record.amount,
    balance: told?.spent ?? formatAmount(total - toAmount(state?.baseline ?? '0')),
    currency: record.currency,
    state: state?.state ?? 'within',
    periodStartMs,
    periodEndMs,
    ...(record.meter === undefined ? {} : { meter: record.meter }),
    ...(told?.warming && { warming: told.warming }),
    ...(state?.forecast && { forecast: state.forecast }),
    ...(told === undefined || told.history.length === 0 ? {} : { history: told.history }),
    thresholds: record.thresholds.map((threshold) => ({
      key: thresholdKey(threshold),
      ...(threshold.percent === undefined ? {} : { percent: threshold.percent }),
      action: threshold.action,
      crossed: state?.crossed.includes(thresholdKey(threshold)) ?? false,
    })),
  };
}
