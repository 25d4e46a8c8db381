import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import type { Why } from '#core/messages/api.ts';
import { accountsQuery } from '../../api/queries.ts';
import { inUnit } from '../explore/search.ts';
import '../../components/path.css';

/** The way back up: every account above, then the service and the resource inside the owner. */
export function WhyPath({ why }: { why: Why }) {
  const slugs = new Map(useQuery(accountsQuery).data?.map((account) => [account.id, account.slug]));
  const owner = slugs.get(why.row.account);
  const { service, resource, currency } = why.row;
  const unit = inUnit(currency);
  return (
    <nav className="path" aria-label="Breadcrumb">
      <ol>
        {why.path.map(({ id, name }) => {
          const account = slugs.get(id);
          return (
            <li key={id}>
              <Link to="/explore" search={account === undefined ? unit : { account, ...unit }}>
                {name}
              </Link>
            </li>
          );
        })}
        {owner !== undefined && service !== '' && (
          <li>
            <Link to="/explore" search={{ account: owner, service, ...unit }}>
              {service}
            </Link>
          </li>
        )}
        {owner !== undefined && resource !== '' && (
          <li>
            <Link
              to="/explore"
              search={{ account: owner, ...(service === '' ? {} : { service }), resource, view: 'rows', ...unit }}
            >
              {resource}
            </Link>
          </li>
        )}
      </ol>
    </nav>
  );
}
