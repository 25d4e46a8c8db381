/** A budget filling: its colour is its state, ticks are its thresholds. */
import type { LiveBudget } from '#core/messages/api.ts';
import { basisPoints, formatPercent } from '../format/ratio.ts';
import { toneOf } from './StateBadge.tsx';
import './budgetBar.css';

export function BudgetBar({ budget }: { budget: LiveBudget }) {
  const points = basisPoints(budget.balance, budget.limit) ?? 0;
  const share = Math.min(10_000, Math.max(0, points)) / 100;
  const label = `${budget.name}: ${formatPercent(points)} used, ${budget.state}`;
  return (
    <span className={`budget-bar ${toneOf(budget.state)}`} role="img" aria-label={label} title={label}>
      <u style={{ width: `${share}%` }} />
      {budget.thresholds.map(
        (threshold) =>
          threshold.percent !== undefined && (
            <s
              key={threshold.key}
              className={threshold.crossed ? 'crossed' : ''}
              style={{ left: `${Math.min(100, Number(threshold.percent))}%` }}
            />
          ),
      )}
    </span>
  );
}
