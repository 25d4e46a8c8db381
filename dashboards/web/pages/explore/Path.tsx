/** Where we are: the tenant, the accounts down to the one shown, then each filter, every step a way back. */
import { Link } from '@tanstack/react-router';
import type { AccountRecord } from '#core/messages/control.ts';
import { pathOf } from '../../format/accountTree.ts';
import { dimensionNames, keyName } from './names.ts';
import { filterNames, type ExploreSearch } from './search.ts';
import type { Scope } from './scope.ts';
import '../../components/path.css';

export function Path({
  search,
  scope,
  accounts,
}: {
  search: ExploreSearch;
  scope: Scope;
  accounts: readonly AccountRecord[];
}) {
  const { account: _account, by: _by, then: _then, view: _view, ...rest } = search;
  const path = scope.account === undefined ? [] : pathOf(accounts, scope.account.id);
  const filters = filterNames.filter((name) => name !== 'account' && search[name] !== undefined);
  return (
    <nav className="path" aria-label="Breadcrumb">
      <ol>
        <li>
          <Link to="/explore" search={rest}>
            All accounts
          </Link>
        </li>
        {path.map((account) => (
          <li key={account.id}>
            <Link to="/explore" search={{ ...rest, account: account.slug }}>
              {account.name}
            </Link>
          </li>
        ))}
      </ol>
      {filters.map((name) => {
        const { [name]: _gone, ...without } = search;
        return (
          <span key={name} className="chip">
            <span className="quiet">{dimensionNames[name]}</span>{' '}
            {name === 'cell' || name === 'kind' ? keyName(name, search[name]!, accounts) : search[name]}
            <Link to="/explore" search={without} aria-label={`Remove the filter on ${dimensionNames[name]}`}>
              ×
            </Link>
          </span>
        );
      })}
    </nav>
  );
}
