/** What the budget would mean at once, by the spend so far: the API's dry run in words. */
import type { BudgetOutlook, LiveBudget, WrittenBudget } from '#core/messages/api.ts';
import { thresholdKey, type BudgetRecord } from '#core/messages/budget.ts';
import { useTenant } from '../../app/session.tsx';
import { BudgetBar } from '../../components/BudgetBar.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { figureText, shortFigure } from '../../format/budgetFigures.ts';
import { compareAmounts } from '../../format/money.ts';
import { basisPoints, formatPercent } from '../../format/ratio.ts';
import { formatDate, formatInstant } from '../../format/time.ts';
import { plural } from '../../format/quantity.ts';
import { levelOf } from '../budget/levels.ts';
import { thresholdText } from '../now/alertText.ts';

export function Meaning({ planned }: { planned: WrittenBudget }) {
  const { timeZone } = useTenant();
  const { budget, outlook } = planned;
  if (outlook === undefined) return null;
  const { spent, limit, periodStartMs, periodEndMs, state, asOfMs } = outlook;
  const figured = budget;
  const shown = shownOf(budget, outlook);
  const isEndless = periodEndMs > Date.UTC(9000, 0);
  return (
    <div className="budget-meaning" data-testid="budget-form-meaning" data-state={state}>
      <p className="budget-meaning-spent">
        <b data-amount={spent} data-testid="budget-form-spent">
          {shortFigure(spent, figured)}
        </b>{' '}
        of {figureText(limit, figured)} spent
        <small className="quiet">
          {formatPercent(basisPoints(spent, limit))}, {formatDate(Math.max(0, periodStartMs), timeZone)}
          {isEndless ? ' on' : ` – ${formatDate(periodEndMs - 1, timeZone)}`}
        </small>
      </p>
      <BudgetBar budget={shown} />
      <p data-testid="budget-form-verdict" className={outlook.crossed.length > 0 ? 'budget-crosses' : ''}>
        {verdictOf(budget, outlook)}
      </p>
      <ul className="budget-lines">
        {shown.thresholds.map(({ key, action, crossed }) => {
          const level = levelOf(key, limit);
          const isBehind = level !== undefined && budget.enabled && compareAmounts(spent, level) >= 0;
          return (
            <li key={key} data-crossed={crossed} data-testid={`budget-form-crossed-${key}`}>
              <span>
                {thresholdText(key, figured)}{' '}
                {level !== undefined && !key.startsWith('absolute') && (
                  <span className="quiet">{figureText(level, figured)}</span>
                )}
              </span>
              <StateBadge state={action} />
              <span className={crossed ? 'budget-crossed' : 'quiet'}>
                {crossed ? 'at once' : isBehind ? 'already' : 'not yet'}
              </span>
            </li>
          );
        })}
      </ul>
      {outlook.forecast !== undefined && compareAmounts(outlook.forecast.expected, spent) >= 0 && (
        <p className="quiet">{shortFigure(outlook.forecast.expected, figured)} expected by the end of the period.</p>
      )}
      <p className="note">By the rows up to {formatInstant(asOfMs, timeZone)}; nothing is changed yet.</p>
    </div>
  );
}

/** What it holds back at once, for the button. */
export const deedOf = (outlook: BudgetOutlook | undefined): 'throttle' | 'block' | undefined =>
  outlook?.crossed.length ? ({ throttled: 'throttle', blocked: 'block' } as const)[outlook.state as string] : undefined;

function verdictOf({ enabled, targets }: BudgetRecord, { crossed, isReleased, state }: BudgetOutlook): string {
  if (!enabled) return 'It is turned off: it counts and acts no more, and lets go of what it holds back.';
  const told = targets.length === 0 ? 'nobody is told' : `${targets.join(', ')} will be told`;
  if (isReleased) return `It lets go of what it holds back: ${told}.`;
  if (crossed.length === 0)
    return state === 'within'
      ? 'Nothing is crossed by what is spent so far.'
      : `Nothing new is crossed by what is spent so far: it stays ${state}.`;
  return `${plural(crossed.length, 'threshold')} crossed at once: it will be ${state}, and ${told}.`;
}

/** As the bar and the list of a budget that is there take it. */
function shownOf(budget: BudgetRecord, outlook: BudgetOutlook): LiveBudget {
  const { forecast: _, ...record } = budget;
  const { spent: balance, limit, state, crossed, periodStartMs, periodEndMs } = outlook;
  const thresholds = budget.thresholds.map((threshold) => {
    const { percent, action } = threshold;
    const key = thresholdKey(threshold);
    return { key, action, crossed: crossed.includes(key), ...(percent !== undefined && { percent }) };
  });
  return { ...record, limit, balance, state, periodStartMs, periodEndMs, thresholds };
}
