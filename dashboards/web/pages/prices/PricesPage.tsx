/** "Prices": the price list with its fees and agreements, as people read it. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { accountsQuery, agreementsQuery, feesQuery, pricesQuery } from '../../api/queries.ts';
import { Page } from '../../components/Page.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { plural } from '../../format/quantity.ts';
import { useLedgerNow } from '../../live/hooks.ts';
import { inUnit, type ExploreSearch } from '../explore/search.ts';
import { AgreementCard, FeeCard, PriceCard } from './cards.tsx';
import { versionsOf } from './versions.ts';
import './prices.css';

export function PricesPage() {
  const queries = [useQuery(pricesQuery), useQuery(feesQuery), useQuery(agreementsQuery), useQuery(accountsQuery)] as const; // prettier-ignore
  const [prices, fees, agreements, accounts] = queries;
  const nowMs = useLedgerNow(60_000);
  const failed = queries.find(({ error, data }) => error !== null && data === undefined);
  if (failed !== undefined)
    return (
      <Page className="prices" heading="Prices">
        <ErrorState error={failed.error!} retry={() => queries.forEach((query) => void query.refetch())} />
      </Page>
    );
  if (
    prices.data === undefined ||
    fees.data === undefined ||
    agreements.data === undefined ||
    accounts.data === undefined
  )
    // prettier-ignore
    return (
      <Page className="prices" heading="Prices">
        <Skeleton lines={12} label="the price list" />
      </Page>
    );
  const listed = versionsOf(prices.data, ({ effectiveFromMs }) => effectiveFromMs, nowMs);
  const owed = versionsOf(fees.data, () => 0, nowMs);
  const agreed = versionsOf(agreements.data, () => 0, nowMs);
  const services = [...Map.groupBy(listed, ({ shown }) => shown.service)];
  return (
    <Page className="prices">
      <h1>
        Prices{' '}
        <span className="quiet">
          {[plural(listed.length, 'price'), plural(owed.length, 'fee'), plural(agreed.length, 'agreement')].join(', ')},
          in force now
        </span>
      </h1>
      {listed.length + owed.length + agreed.length === 0 && (
        <EmptyState title="Nothing has a price yet" command="npx meterline apply organisation.yaml">
          Usage is metered and kept; when a price is applied, the difference is charged.
        </EmptyState>
      )}
      {services.map(([service, list]) => (
        <Section key={service} title={service} link={{ service, ...inUnit(list[0]!.shown.currency) }}>
          {list.map((versions) => (
            <PriceCard key={versions.shown.key} versions={versions} accounts={accounts.data} />
          ))}
        </Section>
      ))}
      {owed.length > 0 && (
        <Section title="Fees" note="owed by time, not by usage">
          {owed.map((versions) => (
            <FeeCard key={versions.shown.key} versions={versions} accounts={accounts.data} />
          ))}
        </Section>
      )}
      {agreed.length > 0 && (
        <Section title="Agreements" note="above the price list, for an account and all below it">
          {agreed.map((versions) => (
            <AgreementCard key={versions.shown.key} versions={versions} accounts={accounts.data} />
          ))}
        </Section>
      )}
    </Page>
  );
}

interface SectionProps {
  readonly title: string;
  readonly note?: string;
  /** Of a service, whose charges are one step away. */
  readonly link?: ExploreSearch;
  readonly children: React.ReactNode;
}

const Section = ({ title, note, link, children }: SectionProps) => (
  <section className="price-section">
    <div className="section-head">
      <h2>
        {title} {note !== undefined && <span className="quiet">{note}</span>}
      </h2>
      {link !== undefined && (
        <Link to="/explore" search={link}>
          what it charged
        </Link>
      )}
    </div>
    <div className="price-cards">{children}</div>
  </section>
);
