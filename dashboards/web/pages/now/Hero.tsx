import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTenant } from '../../app/session.tsx';
import { accountsQuery } from '../../api/queries.ts';
import { Amount } from '../../components/Amount.tsx';
import { formatMoney, formatMoneyExact, moneyParts } from '../../format/money.ts';
import { formatSpanKey } from '../../format/period.ts';
import { formatHours, formatPercent, hoursUntil } from '../../format/ratio.ts';
import { formatDate } from '../../format/time.ts';
import { useLive } from '../../live/hooks.ts';
import { fillOf, mostUrgent } from './budgets.ts';
import { LiveLine } from './LiveLine.tsx';
import { projected } from './projection.ts';
import { useTotals } from './useTotals.ts';

export function Hero() {
  const totals = useTotals();
  const unknown = useQuery(accountsQuery).isError;
  const period = useLive((view) => view.period);
  return (
    <section className="hero" aria-label="Charged this month">
      <div className="hero-figures">
        <h1>
          Charged in {period === undefined ? 'this month' : formatSpanKey(period.key)}
          <span className="quiet"> · all accounts, to the last commit</span>
        </h1>
        {totals !== undefined ? (
          <Total amount={totals.total} />
        ) : unknown ? (
          <div className="total quiet">—</div>
        ) : (
          <div className="total total-loading" aria-label="Loading the total" role="status" />
        )}
        <Facts perHour={totals?.perHour} total={totals?.total} />
      </div>
      <LiveLine perHour={totals?.perHour} />
    </section>
  );
}

function Total({ amount }: { amount: string }) {
  const { currency } = useTenant();
  const parts = moneyParts(amount, currency);
  const large = `${parts.sign}${parts.symbol}${parts.whole}${parts.minor === '' ? '' : `.${parts.minor}`}`;
  const exact = formatMoneyExact(amount, currency);
  return (
    <>
      {/* The length of the text sizes it, so that any total fits on one line of any screen. */}
      <div className="total" style={{ '--characters': large.length + 2.2 } as React.CSSProperties}>
        <Link to="/explore" data-testid="total" data-amount={amount} title="What this is made of">
          {large}
          <small>{parts.fine.slice(0, 4)}</small>
        </Link>
      </div>
      <p className="total-exact">
        <span className="quiet">exactly</span> <span data-testid="total-exact">{exact}</span>
      </p>
    </>
  );
}

function Facts({ perHour, total }: { perHour: string | undefined; total: string | undefined }) {
  const { currency, timeZone } = useTenant();
  const period = useLive((view) => view.period);
  const logTimeMs = useLive((view) => view.logTimeMs);
  const budgets = useLive((view) => view.budgets);
  const balances = useLive((view) => view.balances);
  const minutes = useLive((view) => view.minutes);
  if (perHour === undefined || total === undefined || period === undefined || logTimeMs === undefined) {
    return <dl className="facts facts-loading" />;
  }
  const forecast = projected(total, minutes ?? [], logTimeMs, period.endMs);
  const budget = mostUrgent(budgets?.values() ?? []);
  // Rates are told of the tenant's currency.
  const isOwn = budget?.currency === currency;
  const rate = !isOwn ? '0' : (balances?.get(budget.account)?.perHour ?? '0');
  const hours = budget === undefined ? undefined : hoursUntil(budget.balance, budget.amount, rate);
  return (
    <dl className="facts">
      <div>
        <dt>now, over the last minute</dt>
        <dd>
          <Amount amount={perHour} currency={currency} symbol fine={2} testId="per-hour" /> / h
        </dd>
      </div>
      <div title="The total so far, plus the median minute of the last half hour for the rest of the month">
        <dt>
          {forecast === undefined
            ? 'a projection takes three minutes'
            : `by ${formatDate(period.endMs - 1, timeZone)} as usual`}
        </dt>
        <dd data-testid="projection">{forecast === undefined ? '–' : `≈ ${formatMoney(forecast, currency)}`}</dd>
      </div>
      {budget !== undefined && (
        <div>
          <dt>
            <Link to="/" search={{ budget: budget.id }}>
              {budget.name}
            </Link>
            , {isOwn ? budgetOutlook(budget.state, hours) : budget.state}
          </dt>
          <dd>
            {formatPercent(fillOf(budget))}{' '}
            <span className="facts-of">of {formatMoney(budget.amount, budget.currency)}</span>
          </dd>
        </div>
      )}
    </dl>
  );
}

function budgetOutlook(state: string, hours: number | undefined): string {
  if (hours === 0) return state === 'within' ? 'reached' : state;
  return hours === undefined ? 'not growing' : `reached in ${formatHours(hours)}`;
}
