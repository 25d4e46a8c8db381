/** How the budget's state went, newest first: each change with what made it. */
import type { LiveBudget } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { formatRecent } from '../../format/time.ts';
import { thresholdText } from '../now/alertText.ts';

const acts: Readonly<Record<string, string>> = {
  period: 'a new period began',
  changed: 'the budget was changed',
  fell: 'what was spent fell',
  reset: 'the count was reset',
  act: 'let go by hand',
};

export function History({ budget }: { budget: LiveBudget }) {
  const { timeZone } = useTenant();
  const { history } = budget;
  if (history === undefined) return null;
  return (
    <section aria-labelledby="history-title">
      <div className="section-head">
        <h2 id="history-title">
          States <span className="quiet">newest first</span>
        </h2>
      </div>
      {history.length === 0 ? (
        <p className="quiet budget-none">It has been within its limit since it was made.</p>
      ) : (
        <ol className="state-rows">
          {history.toReversed().map(({ atMs, state, by }) => (
            <li key={`${atMs}-${state}-${by}`} data-testid="budget-history" data-state={state}>
              <time dateTime={new Date(atMs).toISOString()} className="mono quiet">
                {formatRecent(atMs, Date.now(), timeZone)}
              </time>
              <StateBadge state={state} />
              <span>{acts[by] ?? `crossed ${thresholdText(by, budget)}`}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
