/** The dearest resources of the month, with the share of the whole that each takes. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTenant } from '../../app/session.tsx';
import { accountsQuery } from '../../api/queries.ts';
import { Amount } from '../../components/Amount.tsx';
import { ShareBar } from '../../components/ShareBar.tsx';
import { SimulatedMark } from '../../components/StateBadge.tsx';
import { useSimulated } from '../../components/useSimulated.ts';
import { formatShare } from '../../format/ratio.ts';
import { useLive } from '../../live/hooks.ts';
import { useTotals } from './useTotals.ts';

export function TopResources() {
  const { currency } = useTenant();
  const accounts = useQuery(accountsQuery).data;
  const resources = useLive((view) => view.topResources);
  const simulated = useSimulated();
  const total = useTotals()?.total;
  if (resources === undefined || total === undefined || resources.length === 0) return null;
  const nameOf = new Map(accounts?.map((account) => [account.id, account.name]));
  return (
    <section className="top-resources" aria-labelledby="top-resources">
      <h2 id="top-resources">
        Top resources <span>this month, from the store</span>
      </h2>
      <ol>
        {resources.map(({ resource, account, amount }) => (
          <li key={resource} data-testid="top-resource" data-resource={resource}>
            <Link to="/explore" search={{ resource }} className="top-resource-name" title={resource}>
              {resource}
            </Link>
            <span className="quiet top-resource-owner">
              {nameOf.get(account) ?? ''} {simulated.isResource(resource) && <SimulatedMark />}
            </span>
            <Amount amount={amount} currency={currency} />
            <span className="quiet top-resource-share">{formatShare(amount, total)}</span>
            <ShareBar part={amount} whole={total} />
          </li>
        ))}
      </ol>
    </section>
  );
}
