/** Every threshold with its level, what it does, and when it was crossed. */
import type { LiveAlert, LiveBudget } from '#core/messages/api.ts';
import { isOfBudget } from '#core/messages/alert.ts';
import { thresholdKey, type BudgetRecord } from '#core/messages/budget.ts';
import { useTenant } from '../../app/session.tsx';
import { Badge, StateBadge } from '../../components/StateBadge.tsx';
import { figureText } from '../../format/budgetFigures.ts';
import { formatRecent } from '../../format/time.ts';
import { severityTone } from '../alerts/severity.ts';
import { thresholdText } from '../now/alertText.ts';
import { levelOf } from './levels.ts';

const defaultSeverity = { notify: 'info', throttle: 'warning', block: 'critical' } as const;

export interface ThresholdsProps {
  readonly budget: LiveBudget;
  readonly record: BudgetRecord | undefined;
  readonly alerts: readonly LiveAlert[];
}

export function Thresholds({ budget, record, alerts }: ThresholdsProps) {
  const { timeZone } = useTenant();
  return (
    <section aria-labelledby="thresholds-title">
      <div className="section-head">
        <h2 id="thresholds-title">Thresholds</h2>
      </div>
      <ul className="threshold-rows">
        {budget.thresholds.map(({ key, action, crossed }) => {
          const said = record?.thresholds.find((threshold) => thresholdKey(threshold) === key);
          const severity = said?.severity ?? defaultSeverity[action as keyof typeof defaultSeverity];
          const level = levelOf(key, budget.limit);
          const crossing = alerts.find(
            (alert) => isOfBudget(alert) && alert.threshold === key && alert.logTimeMs >= budget.periodStartMs,
          );
          return (
            <li key={key} data-testid={`threshold-${key}`} data-crossed={crossed}>
              <span>
                <b>{thresholdText(key, budget)}</b>{' '}
                {level !== undefined && !key.startsWith('absolute') && (
                  <span className="quiet">{figureText(level, budget)}</span>
                )}
              </span>
              <StateBadge state={action} />
              <Badge tone={severityTone(severity)}>{severity}</Badge>
              <span className={crossed ? 'budget-crossed' : 'quiet'}>
                {crossed ? 'crossed' : 'not crossed'}
                {crossed && crossing !== undefined && ` ${formatRecent(crossing.logTimeMs, Date.now(), timeZone)}`}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
