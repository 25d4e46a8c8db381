/** Period, grouping and view; each change is an address. */
import { Link, useNavigate } from '@tanstack/react-router';
import type { ExploreDimension } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { formatSpanKey, neighbour, spanKind, spanOf } from '../../format/period.ts';
import { dimensionNames } from './names.ts';
import type { ExploreSearch } from './search.ts';
import type { Scope } from './scope.ts';

interface ControlsProps {
  readonly search: ExploreSearch;
  readonly scope: Scope;
  /** What can be grouped by here. */
  readonly dimensions: readonly ExploreDimension[];
}

export function Controls({ search, scope, dimensions }: ControlsProps) {
  const navigate = useNavigate();
  const go = (next: ExploreSearch): void => void navigate({ to: '/explore', search: next, replace: true });
  const { by: _by, then: _then, view: _view, ...rest } = search;
  const groupBy = (by: string): void => go({ ...rest, by: by as ExploreDimension });
  const thenBy = (then: string): void => {
    const base = { ...rest, by: scope.by };
    go(then === '' ? base : { ...base, then: then as ExploreDimension });
  };
  const rows = search.view === 'rows';
  return (
    <div className="controls no-print">
      <Period search={search} periodKey={scope.periodKey} />
      {!rows && (
        <>
          <label>
            <span>by</span>
            <Choice value={scope.by} choose={groupBy} choices={[...new Set([...dimensions, scope.by])]} />
          </label>
          <label>
            <span>then by</span>
            <Choice
              value={scope.then ?? ''}
              choose={thenBy}
              choices={dimensions.filter((one) => one !== scope.by)}
              none="nothing"
            />
          </label>
        </>
      )}
      <Currency search={search} go={go} />
      <span className="controls-space" />
      <span className="switch" role="group" aria-label="View">
        <Link to="/explore" search={rest} className={rows ? '' : 'on'} aria-current={rows ? undefined : 'true'}>
          Groups
        </Link>
        <Link
          to="/explore"
          search={{ ...rest, view: 'rows' }}
          className={rows ? 'on' : ''}
          aria-current={rows ? 'true' : undefined}
        >
          Rated rows
        </Link>
      </span>
    </div>
  );
}

/** What amounts are in, where the tenant charges in more than its currency. */
function Currency({ search, go }: { search: ExploreSearch; go: (next: ExploreSearch) => void }) {
  const { currency, pricingUnits } = useTenant();
  if (pricingUnits.length === 0 && search.currency === undefined) return null;
  const { currency: chosen, ...rest } = search;
  return (
    <label>
      <span>in</span>
      <select
        value={chosen ?? ''}
        data-testid="explore-currency"
        onChange={({ currentTarget: { value } }) => go(value === '' ? rest : { ...rest, currency: value })}
      >
        <option value="">{search.view === 'rows' ? 'anything' : currency}</option>
        {[...new Set([...pricingUnits.map(({ id }) => id), ...(chosen === undefined ? [] : [chosen])])].map((id) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ChoiceProps {
  readonly value: string;
  readonly choose: (value: string) => void;
  readonly choices: readonly ExploreDimension[];
  readonly none?: string;
}

const Choice = ({ value, choose, choices, none }: ChoiceProps) => (
  <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
    {none !== undefined && <option value="">{none}</option>}
    {choices.map((choice) => (
      <option key={choice} value={choice}>
        {dimensionNames[choice]}
      </option>
    ))}
  </select>
);

function Period({ search, periodKey }: { search: ExploreSearch; periodKey: string }) {
  const { timeZone } = useTenant();
  const kind = spanKind(periodKey);
  const next = neighbour(periodKey, timeZone, 1);
  const future = (spanOf(next, timeZone)?.startMs ?? 0) > Date.now();
  const wider = kind === 'month' ? undefined : periodKey.slice(0, kind === 'hour' ? 10 : 7);
  const step = (period: string, label: string, sign: string) => (
    <Link to="/explore" search={{ ...search, period }} aria-label={label} className="period-step">
      {sign}
    </Link>
  );
  return (
    <span className="period">
      {step(neighbour(periodKey, timeZone, -1), `The ${kind} before`, '‹')}
      <span className="period-name" title={timeZone}>
        {formatSpanKey(periodKey)}
      </span>
      {future ? <span className="period-step off">›</span> : step(next, `The ${kind} after`, '›')}
      {wider !== undefined && (
        <Link to="/explore" search={{ ...search, period: wider }} className="period-wider">
          whole {kind === 'hour' ? 'day' : 'month'}
        </Link>
      )}
    </span>
  );
}
