import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ExploreDimension } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { useCurrency, useTenant } from '../../app/session.tsx';
import { exploreQuery, type UsageFilter } from '../../api/queries.ts';
import { Amount } from '../../components/Amount.tsx';
import { ShareBar } from '../../components/ShareBar.tsx';
import { SimulatedMark } from '../../components/StateBadge.tsx';
import { useSimulated } from '../../components/useSimulated.ts';
import { formatShare } from '../../format/ratio.ts';
import { formatCount, formatUsage, plural } from '../../format/quantity.ts';
import { seriesColor } from './colors.ts';
import { levelGroups, type LevelGroup } from './levelGroups.ts';
import { keyName } from './names.ts';
import type { ExploreSearch } from './search.ts';
import { downTo, narrowed, type Scope } from './scope.ts';

interface RankingRowProps {
  readonly group: LevelGroup;
  readonly rank: number;
  readonly search: ExploreSearch;
  readonly scope: Scope;
  readonly accounts: readonly AccountRecord[];
  readonly total: string;
}

export function RankingRow({ group, rank, search, scope, accounts, total }: RankingRowProps) {
  const { timeZone } = useTenant();
  const currency = useCurrency(search);
  const [open, setOpen] = useState(false);
  const name = keyName(scope.by, group.key, accounts, group.own);
  const down = group.own ? undefined : downTo(search, scope.by, group.key, accounts);
  const inside = group.own ? undefined : narrowed(scope.filter, scope.by, group.key, timeZone);
  const color = seriesColor(rank);
  return (
    <>
      <tr data-testid={`group-${group.key}`}>
        <th scope="row">
          <span className="ranking-name">
            {scope.then !== undefined && inside !== undefined && (
              <button
                type="button"
                className="tree-toggle"
                aria-expanded={open}
                aria-label={`Parts of ${name}`}
                onClick={() => setOpen(!open)}
              >
                <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
                  <path d="M2.5 1l5 4-5 4z" fill="currentColor" />
                </svg>
              </button>
            )}
            <i className="key" style={{ background: color }} aria-hidden="true" />
            {down === undefined ? (
              <span>{name}</span>
            ) : (
              <Link to="/explore" search={down} title={name}>
                {name}
              </Link>
            )}
            <SimulatedIf by={scope.by} value={group.key} part={!group.own && hasChildren(accounts, group.key)} />
            {down !== undefined && (
              <Link to="/explore" search={{ ...down, view: 'rows' }} className="ranking-rows">
                rows
              </Link>
            )}
          </span>
        </th>
        <td className="number">
          <Amount amount={group.amount} currency={currency} testId={`group-${group.key}-amount`} />
        </td>
        <td className="number quiet">{formatShare(group.amount, total)}</td>
        <td className="wide ranking-bar">
          <ShareBar part={group.amount} whole={total} color={color} />
        </td>
        <td className="number wide quiet usage">{formatUsage(group.quantity, group.unit)}</td>
        <td className="number wide quiet">{formatCount(group.samples)}</td>
      </tr>
      {open && scope.then !== undefined && inside !== undefined && (
        <Parts
          by={scope.then}
          filter={inside}
          parent={group}
          search={down ?? search}
          accounts={accounts}
          scope={scope}
        />
      )}
    </>
  );
}

const hasChildren = (accounts: readonly AccountRecord[], id: string): boolean =>
  accounts.some((account) => String(account.parent) === id);

function SimulatedIf({ by, value, part }: { by: ExploreDimension; value: string; part: boolean }) {
  const simulated = useSimulated();
  const marked =
    (by === 'account' && simulated.accounts.has(Number(value))) ||
    (by === 'producer' && simulated.producers.has(value)) ||
    (by === 'resource' && simulated.isResource(value));
  return marked ? <SimulatedMark part={by === 'account' && part} /> : null;
}

interface PartsProps {
  readonly by: ExploreDimension;
  readonly filter: UsageFilter;
  readonly parent: LevelGroup;
  readonly search: ExploreSearch;
  readonly accounts: readonly AccountRecord[];
  readonly scope: Scope;
}

/** The second level, asked for when it is opened, so that it is exact however many groups there are. */
function Parts({ by, filter, parent, search, accounts, scope }: PartsProps) {
  const answer = useQuery(exploreQuery([by], filter)).data;
  if (answer === undefined) {
    return (
      <tr className="ranking-part">
        <td colSpan={6}>loading</td>
      </tr>
    );
  }
  const below = scope.by === 'account' ? accounts.find((account) => String(account.id) === parent.key) : scope.account;
  const groups = levelGroups(answer, by, accounts, below);
  return (
    <>
      {groups.map((group) => {
        const down = group.own ? undefined : downTo(search, by, group.key, accounts);
        const name = keyName(by, group.key, accounts, group.own);
        return (
          <tr key={group.key} className="ranking-part" data-testid={`group-${parent.key}-${group.key}`}>
            <th scope="row">
              {down === undefined ? (
                name
              ) : (
                <Link to="/explore" search={down}>
                  {name}
                </Link>
              )}
            </th>
            <td className="number">
              <Amount amount={group.amount} currency={answer.currency} />
            </td>
            <td className="number quiet">{formatShare(group.amount, parent.amount)}</td>
            <td className="wide" />
            <td className="number wide quiet usage">{formatUsage(group.quantity, group.unit)}</td>
            <td className="number wide quiet">{formatCount(group.samples)}</td>
          </tr>
        );
      })}
      {answer.other.groups > 0 && (
        <tr className="ranking-part">
          <th scope="row">other, {plural(answer.other.groups, 'smaller group')}</th>
          <td className="number">
            <Amount amount={answer.other.amount} currency={answer.currency} />
          </td>
          <td colSpan={4} />
        </tr>
      )}
    </>
  );
}
