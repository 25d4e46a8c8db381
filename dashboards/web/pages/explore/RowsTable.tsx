/** Rated rows, newest first: one sample's increment of one charge each. Every amount opens its proof. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment, useMemo } from 'react';
import type { RatedRow } from '#core/messages/api.ts';
import type { AccountRecord, PriceRecord } from '#core/messages/control.ts';
import { useTenant } from '../../app/session.tsx';
import { pricesQuery, rowsPage, type UsageFilter } from '../../api/queries.ts';
import { Amount } from '../../components/Amount.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.tsx';
import { SimulatedMark } from '../../components/StateBadge.tsx';
import { useSimulated } from '../../components/useSimulated.ts';
import { sumAmounts } from '../../format/money.ts';
import { unitLabel } from '../../format/priceModel.ts';
import { formatQuantity, plural, pricedQuantity, unitName } from '../../format/quantity.ts';
import { partName } from './names.ts';
import { formatDayClock } from '../../format/time.ts';

type UnitRow = RatedRow & { readonly unit: string };

export function RowsTable({ filter, accounts }: { filter: UsageFilter; accounts: readonly AccountRecord[] }) {
  const { currency: own } = useTenant();
  const query = useInfiniteQuery({
    queryKey: ['rows', filter],
    queryFn: ({ pageParam, signal }) => rowsPage(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.cursor,
  });
  const columns = useColumns(accounts);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  if (query.error !== null) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton lines={12} label="the rated rows" />;
  if (rows.length === 0) {
    return (
      <EmptyState title="No rated rows here">
        No sample was rated in this period under these filters. Rows appear as soon as the store has them.
      </EmptyState>
    );
  }
  return (
    <section aria-labelledby="rows-title">
      <div className="section-head">
        <h2 id="rows-title">
          Rated rows <span className="quiet">newest first, {plural(rows.length, 'row')} loaded, together </span>
          {sumsOf(rows, own).map(([currency, amount], index) => (
            <Fragment key={currency}>
              {index === 0 ? '' : ' and '}
              <Amount
                amount={amount}
                currency={currency}
                symbol
                fine={10}
                testId={currency === own ? 'rows-sum' : `rows-sum-${currency}`}
              />
            </Fragment>
          ))}
        </h2>
        <ExportMenu
          fileName="rated-rows"
          columns={exportColumns}
          rows={rows.map((row) => exportColumns.map((name) => String(row[name])))}
        />
      </div>
      <DataTable
        label="Rated rows"
        columns={columns}
        data={rows}
        rowId={(row) => row.id}
        rowTestId={(row) => `row-${row.id}`}
      />
      <div className="more no-print">
        {query.hasNextPage ? (
          <button
            type="button"
            className="button"
            disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {query.isFetchingNextPage ? 'Loading' : 'Load older rows'}
          </button>
        ) : (
          <span className="quiet">That is all of them.</span>
        )}
      </div>
    </section>
  );
}

/** A sum for each currency and pricing unit, the tenant's own first; what nothing charges is with its own. */
function sumsOf(rows: readonly UnitRow[], own: string): [string, string][] {
  const byCurrency = Map.groupBy(rows, ({ currency }) => (currency === '' ? own : currency));
  const sums = [...byCurrency].map(([currency, of]): [string, string] => [
    currency,
    sumAmounts(of.map((row) => row.amount)),
  ]);
  return sums.toSorted(([a], [b]) => Number(b === own) - Number(a === own) || (a < b ? -1 : 1));
}

const exportColumns = [
  'id', 'startMs', 'endMs', 'periodStartMs', 'bookedStartMs', 'closedUntilMs', 'account', 'resource', 'service', 'component', 'cell', 'meter', 'kind', 'quantity', 'unit', 'amount', 'currency',
  'price', 'producer', 'epoch', 'seq', 'index', 'partition', 'outSeq', 'logTimeMs',
] as const satisfies readonly (keyof UnitRow)[]; // prettier-ignore

function useColumns(accounts: readonly AccountRecord[]): Column<UnitRow>[] {
  const { timeZone } = useTenant();
  const simulated = useSimulated();
  const prices = useQuery(pricesQuery).data;
  return useMemo(() => {
    const priceOf = new Map(prices?.map((price) => [price.id, price]));
    const nameOf = new Map(accounts.map((account) => [account.id, account.name]));
    return [
      {
        id: 'end',
        header: 'Used until',
        meta: { className: 'wraps' },
        cell: ({ row }) => formatDayClock(row.original.endMs, timeZone),
      },
      {
        id: 'account',
        header: 'Account',
        meta: { className: 'wide' },
        cell: ({ row }) => nameOf.get(row.original.account) ?? row.original.account,
      },
      {
        id: 'resource',
        header: 'Resource',
        meta: { className: 'mono wraps' },
        cell: ({ row }) => (
          <>
            {row.original.resource} {simulated.producers.has(row.original.producer) && <SimulatedMark />}
          </>
        ),
      },
      {
        id: 'component',
        header: 'Service, component',
        meta: { className: 'wide' },
        cell: ({ row }) => serviceText(row.original),
      },
      { id: 'meter', header: 'Meter', meta: { className: 'mono wide' }, cell: ({ row }) => row.original.meter },
      {
        id: 'quantity',
        header: 'Quantity',
        meta: { className: 'number wide' },
        cell: ({ row }) => quantityText(row.original, priceOf.get(row.original.price)),
      },
      {
        id: 'amount',
        header: 'Charged',
        meta: { className: 'number' },
        cell: ({ row }) => (
          <Link to="/why/$rowId" params={{ rowId: row.original.id }} title="Why this number" className="row-why">
            <Amount
              amount={row.original.amount}
              currency={row.original.currency}
              symbol={row.original.currency.length > 3}
              fine={10}
            />
          </Link>
        ),
      },
    ];
  }, [accounts, prices, simulated, timeZone]);
}

function serviceText(row: RatedRow): string {
  const service = serviceName(row);
  return row.closedUntilMs > 0 ? `${service}, prior period` : service;
}

function serviceName(row: RatedRow): string {
  if (row.kind === 'unpriced') return 'without a price';
  if (row.kind === 'unmetered') return 'without a meter';
  if (row.kind === 'adjustment') return `${row.service}, adjustment`;
  const part = row.cell === '' ? '' : ` (${partName(row.cell)})`;
  return (
    (row.component === '' || row.component === row.service ? row.service : `${row.service}, ${row.component}`) + part
  );
}

/** In the priced unit where there is a price, in the meter's own otherwise. */
function quantityText(row: UnitRow, price: PriceRecord | undefined): string {
  if (row.kind === 'fee' || row.kind === 'agreement') return '';
  if (price === undefined) return `${formatQuantity(row.quantity)} ${unitName(row.unit)}`.trimEnd();
  return `${formatQuantity(pricedQuantity(row.quantity, price.unit))} ${unitLabel(price.unit.name)}`;
}
