/** The figures of a budget: spent, left, expected, and how long it lasts. */
import { useQuery } from '@tanstack/react-query';
import type { LiveBudget } from '#core/messages/api.ts';
import { heldQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { Amount } from '../../components/Amount.tsx';
import { figureText, leftOf, outlookOf, shortFigure } from '../../format/budgetFigures.ts';
import { compareAmounts, isZero, subtractAmounts } from '../../format/money.ts';
import { basisPoints, formatPercent } from '../../format/ratio.ts';
import { formatClock } from '../../format/time.ts';
import { useLive } from '../../live/hooks.ts';
import { OutlookText } from '../budgets/OutlookText.tsx';

const methods: Readonly<Record<string, string>> = {
  hourOfWeek: 'by the same hours of past weeks',
  hourOfDay: 'by the same hours of past days',
  pace: 'by the pace so far',
  none: 'nothing to go by yet',
};

export interface TilesProps {
  readonly budget: LiveBudget;
  readonly nowMs: number;
  /** Whether only a part of its account counts, of which no pace is told. */
  readonly isPart: boolean;
}

export function Tiles({ budget, nowMs, isPart }: TilesProps) {
  const { currency, timeZone } = useTenant();
  const perHour = useLive((view) => view.balances.get(budget.account)?.perHour);
  const held = useQuery(heldQuery(budget.id)).data ?? '0';
  const { forecast, limit, amount, balance } = budget;
  const pace = budget.currency === currency && !isPart ? perHour : undefined;
  const isOver = compareAmounts(balance, limit) > 0;
  const left = isOver ? subtractAmounts(balance, limit) : leftOf(budget);
  const carried = compareAmounts(limit, amount) === 0 ? undefined : subtractAmounts(limit, amount);
  return (
    <dl className="tiles">
      <div className="tile main">
        <dt>Spent</dt>
        <dd>
          {budget.currency === '' ? (
            <b data-amount={balance}>{shortFigure(balance, budget)}</b>
          ) : (
            <Amount amount={balance} currency={budget.currency} symbol testId={`budget-${budget.id}-spent`} />
          )}
        </dd>
        <dd className="quiet">
          {formatPercent(basisPoints(balance, limit))} of{' '}
          <span data-amount={limit} data-testid={`budget-${budget.id}-limit`}>
            {figureText(limit, budget)}
          </span>
          {carried !== undefined && `, ${figureText(carried, budget)} of it carried over`}
        </dd>
      </div>
      <div className="tile">
        <dt>{isOver ? 'Over by' : 'Left'}</dt>
        <dd>
          <b data-amount={left} className={isOver ? 'over' : ''}>
            {shortFigure(left, budget)}
          </b>
        </dd>
        <dd className="quiet">
          {isZero(held) ? (
            ''
          ) : (
            <span data-testid="budget-held" data-amount={held}>
              {shortFigure(held, budget)} of it held,{' '}
            </span>
          )}
          {pace === undefined ? '' : `${shortFigure(pace, budget)} an hour now`}
        </dd>
      </div>
      <div className="tile">
        <dt>Expected at the end</dt>
        {forecast === undefined ? (
          <>
            <dd>
              <b className="quiet">not asked for</b>
            </dd>
            <dd className="quiet">
              <code>forecast: true</code> on the budget works it out each hour
            </dd>
          </>
        ) : (
          <>
            <dd>
              <b data-amount={forecast.expected} data-testid={`budget-${budget.id}-forecast`}>
                {shortFigure(forecast.expected, budget)}
              </b>
            </dd>
            <dd className="quiet" title={`${forecast.low} – ${forecast.high}`}>
              {shortFigure(forecast.low, budget)} – {shortFigure(forecast.high, budget)},{' '}
              {methods[forecast.method] ?? forecast.method}, {formatClock(forecast.atMs, timeZone)}
            </dd>
          </>
        )}
      </div>
      <div className="tile">
        <dt>Lasts</dt>
        <dd>
          <OutlookText budget={budget} outlook={outlookOf(budget, nowMs, pace)} nowMs={nowMs} />
        </dd>
      </div>
    </dl>
  );
}
