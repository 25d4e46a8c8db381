/** The parts of a total, dearest first; each opens its own level, its rows, or its second dimension. */
import type { Explore } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { Amount } from '../../components/Amount.tsx';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { formatShare } from '../../format/ratio.ts';
import { formatCount, plural } from '../../format/quantity.ts';
import type { LevelGroup } from './levelGroups.ts';
import { dimensionNames, keyName } from './names.ts';
import { RankingRow } from './RankingRow.tsx';
import type { ExploreSearch } from './search.ts';
import type { Scope } from './scope.ts';

interface RankingProps {
  readonly search: ExploreSearch;
  readonly scope: Scope;
  readonly accounts: readonly AccountRecord[];
  readonly groups: readonly LevelGroup[];
  readonly answer: Explore;
}

export function Ranking({ search, scope, accounts, groups, answer }: RankingProps) {
  const { other, total, currency } = answer;
  // Groups over several meters have no common unit; their parts may have one.
  const hasUsage = scope.then !== undefined || groups.some(({ unit }) => unit !== '');
  return (
    <section className="ranking" aria-labelledby="ranking-title">
      <div className="section-head">
        <h2 id="ranking-title">By {dimensionNames[scope.by]}</h2>
        <ExportMenu
          fileName={`charges-by-${scope.by}-${scope.periodKey}`}
          columns={[scope.by, `amount_${currency}`, 'samples', 'quantity', 'unit']}
          rows={exportRows(groups, answer, scope, accounts)}
        />
      </div>
      <table className={hasUsage ? undefined : 'without-usage'}>
        <thead>
          <tr>
            <th scope="col">{dimensionNames[scope.by]}</th>
            <th scope="col" className="number">
              Charged
            </th>
            <th scope="col" className="number">
              Share
            </th>
            <th scope="col" className="wide">
              <span className="visually-hidden">Share as a bar</span>
            </th>
            <th scope="col" className="number wide usage">
              Used
            </th>
            <th scope="col" className="number wide">
              Samples
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group, index) => (
            <RankingRow
              key={group.key}
              group={group}
              rank={index}
              search={search}
              scope={scope}
              accounts={accounts}
              total={total.amount}
            />
          ))}
          {other.groups > 0 && (
            <tr data-testid="explore-other">
              <th scope="row">
                <span className="ranking-name quiet">other, {plural(other.groups, 'smaller group')}</span>
              </th>
              <td className="number">
                <Amount amount={other.amount} currency={currency} />
              </td>
              <td className="number quiet">{formatShare(other.amount, total.amount)}</td>
              <td className="wide" />
              <td className="wide usage" />
              <td className="number wide quiet">{formatCount(other.samples)}</td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

function exportRows(
  groups: readonly LevelGroup[],
  answer: Explore,
  scope: Scope,
  accounts: readonly AccountRecord[],
): string[][] {
  const rows = groups.map((group) => [
    keyName(scope.by, group.key, accounts, group.own),
    group.amount,
    String(group.samples),
    group.quantity,
    group.unit,
  ]);
  if (answer.other.groups > 0) rows.push(['other', answer.other.amount, String(answer.other.samples), '', '']);
  return [...rows, ['total', answer.total.amount, String(answer.total.samples), '', '']];
}
