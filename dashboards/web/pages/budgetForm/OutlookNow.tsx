/** What the present spend means for the budget as it is typed: asked of the office, which changes nothing. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { thresholdKey } from '#core/messages/budget.ts';
import { ApiError } from '../../api/client.ts';
import { writeBudget } from '../../api/mutations.ts';
import { metersQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import type { Draft } from '../../budgets/draft.ts';
import { StateBadge } from '../../components/StateBadge.tsx';
import { figureText, shortFigure } from '../../format/budgetFigures.ts';
import { formatDate, formatInstant } from '../../format/time.ts';
import { thresholdText } from '../now/alertText.ts';

const typingMs = 400;

export interface OutlookNowProps {
  readonly entry: Readonly<Record<string, unknown>>;
  readonly draft: Draft;
  readonly id: string | undefined;
}

export function OutlookNow({ entry, draft, id }: OutlookNowProps) {
  const { timeZone } = useTenant();
  const meters = useQuery(metersQuery).data ?? [];
  const text = useSettled(JSON.stringify(entry));
  const { data, error } = useQuery({
    queryKey: ['budget-outlook', id ?? '', text],
    queryFn: () => {
      const budget = JSON.parse(text) as Readonly<Record<string, unknown>>;
      return writeBudget({ budget, reason: 'what would it do', dryRun: true }, id);
    },
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (error instanceof ApiError && error.status === 422)
    return (
      <ul className="budget-faults" data-testid="budget-form-faults">
        {error.faults.map(({ path, message, expected }) => (
          <li key={`${path} ${expected}`}>
            <b>{path}</b>: {message} Expected {expected}.
          </li>
        ))}
      </ul>
    );
  if (error !== null) return <p className="quiet">What it would do at once is not known: {error.message}</p>;
  const outlook = data?.outlook;
  if (data === undefined || outlook === undefined) return <p className="quiet">Looking at what was spent.</p>;
  const meter = meters.find((one) => `meter:${one.id}` === draft.unit);
  const figured = { currency: data.budget.currency, ...(meter && { meter: meter.id, unit: meter.unit }) };
  const crossed = outlook.crossed.map((key) => ({
    key,
    action: data.budget.thresholds.find((threshold) => thresholdKey(threshold) === key)?.action,
  }));
  return (
    <section className={`budget-outlook ${outlook.state}`} data-testid="budget-form-outlook" data-state={outlook.state}>
      <p>
        <b data-amount={outlook.spent}>{shortFigure(outlook.spent, figured)}</b> of {figureText(outlook.limit, figured)}{' '}
        is spent already{' '}
        {outlook.periodStartMs > 0 && (
          <span className="quiet">since {formatDate(outlook.periodStartMs, timeZone)}</span>
        )}
      </p>
      <p>
        {crossed.length === 0 ? (
          'Saving it crosses nothing at once.'
        ) : (
          <>
            Saving it crosses at once:{' '}
            {crossed.map(({ key, action }) => (
              <span key={key} className="budget-would" data-testid={`budget-form-crosses-${key}`}>
                {thresholdText(key)} {action}
              </span>
            ))}
          </>
        )}
        {outlook.isReleased && ' It lets go of what it holds back now.'}
      </p>
      <p>
        It will be <StateBadge state={outlook.state} />{' '}
        {outlook.forecast !== undefined && (
          <>
            with {shortFigure(outlook.forecast.expected, figured)} expected by{' '}
            {formatDate(outlook.periodEndMs - 1, timeZone)}{' '}
          </>
        )}
        <small className="quiet">as of the rows up to {formatInstant(outlook.asOfMs, timeZone)}</small>
      </p>
    </section>
  );
}

/** The text once nobody has typed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), typingMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
