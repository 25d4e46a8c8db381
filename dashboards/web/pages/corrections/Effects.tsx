/** What a correction comes to, by account, price and month; exactly what is booked. */
import { useQuery } from '@tanstack/react-query';
import type { Correction, CorrectionEffect } from '#core/messages/correction.ts';
import { accountsQuery, pricesQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { formatDate } from '../../format/time.ts';
import { Signed } from './Signed.tsx';

export function Effects({ correction }: { correction: Correction }) {
  const { timeZone } = useTenant();
  const accounts = useQuery(accountsQuery).data ?? [];
  const prices = useQuery(pricesQuery).data ?? [];
  const effects = correction.booked ?? correction.effects;
  const nameOf = (id: number): string => accounts.find((account) => account.id === id)?.name ?? `account ${id}`;
  const priceOf = (id: number): string => {
    const price = prices.find((each) => each.id === id);
    return price === undefined
      ? id === 0
        ? 'nothing charges it'
        : `price ${id}`
      : `${price.service} / ${price.component}`;
  };
  return (
    <section aria-labelledby="effects-title">
      <div className="section-head">
        <h2 id="effects-title">
          {correction.booked === null ? 'What it would change' : 'What it changed'}{' '}
          <span className="quiet">{plural(effects.length, 'account and price', 'accounts and prices')}</span>
        </h2>
        <ExportMenu fileName={`correction-${correction.id}`} columns={exportColumns} rows={effects.map(exportRow)} />
      </div>
      <DataTable
        label="Effects"
        columns={columnsOf({ timeZone, nameOf, priceOf, isAgain: correction.what === 'rerate' })}
        data={effects}
        rowId={({ account, price, currency, periodStartMs, bookedStartMs }) =>
          [account, price, currency, periodStartMs, bookedStartMs].join('-')
        }
        rowTestId={({ account }) => `effect-${account}`}
      />
      <p className="note">
        Reversed is what the rows themselves come to; the rest is what other rows of the same tallies owe by then: tiers
        and allowances move.
        {correction.what === 'rerate' &&
          ' Rated again is what the same samples come to now; those that come to the same are left alone.'}
      </p>
    </section>
  );
}

interface Names {
  readonly timeZone: string;
  readonly nameOf: (id: number) => string;
  readonly priceOf: (id: number) => string;
  readonly isAgain: boolean;
}

const columnsOf = ({ timeZone, nameOf, priceOf, isAgain }: Names): Column<CorrectionEffect>[] => [
  { id: 'account', header: 'Account', meta: { className: 'wraps' }, cell: ({ row }) => nameOf(row.original.account) },
  { id: 'price', header: 'Charged by', meta: { className: 'wide' }, cell: ({ row }) => priceOf(row.original.price) },
  {
    id: 'booked',
    header: 'Booked in',
    meta: { className: 'wide' },
    cell: ({ row: { original } }) =>
      `${formatDate(original.bookedStartMs, timeZone).slice(-8)}${original.closedUntilMs > 0 ? ', of a closed period' : ''}`,
  },
  { id: 'rows', header: 'Rows', meta: { className: 'number wide' }, cell: ({ row }) => formatCount(row.original.rows) },
  ...(['reversed', 'rest', ...(isAgain ? (['again'] as const) : []), 'amount'] as const).map(
    (name): Column<CorrectionEffect> => ({
      id: name,
      header: { reversed: 'Reversed', rest: 'The rest', again: 'Rated again', amount: 'Change' }[name],
      meta: { className: name === 'amount' ? 'number' : 'number wide' },
      cell: ({ row: { original } }) =>
        original.currency === '' ? '' : <Signed amount={original[name] ?? '0'} currency={original.currency} />,
    }),
  ),
];

const exportColumns = [
  'account',
  'price',
  'currency',
  'period_start_ms',
  'booked_start_ms',
  'closed_until_ms',
  'rows',
  'reversed',
  'rest',
  'again',
  'amount',
];

const exportRow = (effect: CorrectionEffect): string[] => [
  effect.account, effect.price, effect.currency, effect.periodStartMs, effect.bookedStartMs, effect.closedUntilMs, effect.rows, effect.reversed, effect.rest, effect.again ?? '0', effect.amount,
].map(String); // prettier-ignore
