/** How long a budget lasts, in two lines: the answer, and what it is judged by. */
import type { LiveBudget } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { shortFigure, spanText, type Outlook } from '../../format/budgetFigures.ts';
import { formatPercent } from '../../format/ratio.ts';
import { formatDate } from '../../format/time.ts';

export interface OutlookTextProps {
  readonly outlook: Outlook;
  readonly budget: LiveBudget;
  readonly nowMs: number;
}

export function OutlookText({ outlook, budget, nowMs }: OutlookTextProps) {
  const { timeZone } = useTenant();
  const { forecast } = budget;
  const expected = forecast === undefined ? undefined : `${shortFigure(forecast.expected, budget)} expected`;
  const until = `until ${formatDate(budget.periodEndMs - 1, timeZone)}`;
  const [text, because] = (() => {
    switch (outlook.kind) {
      case 'over':
        return ['used up', expected ?? until];
      case 'exceeds': {
        const at = formatDate(nowMs + outlook.hours * 3_600_000, timeZone);
        return [
          `${spanText(outlook.hours)} left`,
          outlook.by === 'pace' ? `at the last minute’s pace` : `${expected!}, over on ${at}`,
        ];
      }
      case 'within':
        return ['lasts', `${expected!}, ${formatPercent(outlook.points)}`];
      case 'unknown':
        return ['lasts', until];
    }
  })();
  return (
    <span className={`outlook ${outlook.kind}`} data-testid={`budget-${budget.id}-outlook`}>
      <b>{text}</b>
      <small className="quiet">{because}</small>
    </span>
  );
}
