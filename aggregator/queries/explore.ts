import { exploreGroupsMax, type Explore, type ExploreDimension, type ExploreGroup } from '#core/messages/api.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import type { Store } from '#platform/clickhouse/index.ts';
import { all, conditionsOf, rowStart, wholeBlocks, type Filters } from './filters.ts';
import { resourceNames } from './names.ts';

export interface ExploreQuestion {
  readonly tenant: string;
  readonly by: readonly ExploreDimension[];
  readonly filters: Filters;
  /** IANA zone that days and hours are cut in, and the currency that is summed. */
  readonly timeZone: string;
  readonly currency: string;
}

/** How a dimension is read from a block, or from a row of it. Days and hours group by their first second. */
const expressions: Readonly<Record<ExploreDimension, string>> = {
  account: 'toString(account)',
  service: 'service',
  component: 'component',
  meter: 'meter',
  resource: 'toString(row_resource)',
  producer: 'producer',
  day: `toString(toUnixTimestamp(toStartOfDay(${rowStart}, {zone:String})))`,
  hour: `toString(toUnixTimestamp(toStartOfHour(${rowStart}, {zone:String})))`,
  kind: 'kind',
};

/** Within such a block every row has the same day or hour. */
const uniform: Partial<Record<ExploreDimension, string>> = {
  resource: '0',
  day: 'toStartOfDay(first, {zone:String}) = toStartOfDay(last, {zone:String})',
  hour: 'toStartOfHour(first, {zone:String}) = toStartOfHour(last, {zone:String})',
};

interface GroupRow {
  readonly key: readonly string[];
  readonly sum_amount: string;
  readonly sum_quantity: string;
  readonly sum_samples: string;
  readonly total_amount: string;
  readonly total_samples: string;
  readonly total_groups: string;
}

/**
 * Sums by up to three dimensions, largest first, with the exact rest. A block whose rows all fall into one group counts
 * by its sums; only the others are taken apart. Quantities are given where a group holds a single meter.
 */
export async function explore(store: Store, question: ExploreQuestion): Promise<Omit<Explore, 'asOf'>> {
  const { tenant, by, filters, timeZone, currency } = question;
  const { blocks, rows, parameters } = conditionsOf(tenant, filters);
  const isWhole = [
    ...wholeBlocks(filters),
    ...by.flatMap((dimension) => uniform[dimension] ?? []),
    ...(filters.resource === undefined ? [] : ['0']),
  ];
  const found = await store.query<GroupRow>(
    `SELECT *, sum(sum_amount) OVER () AS total_amount, sum(sum_samples) OVER () AS total_samples, count() OVER () AS total_groups
     FROM (
       SELECT [${by.map((dimension) => expressions[dimension]).join(', ')}]::Array(String) AS key, sum(row_amount) AS sum_amount,
         if(min(meter) = max(meter), toString(sum(row_quantity)), '') AS sum_quantity, sum(row_samples) AS sum_samples
       FROM (
         SELECT *, ${all(isWhole)} AS is_whole, if(is_whole, [toUInt32(0)], offset) AS offsets FROM valid_blocks
         WHERE ${all(blocks)} AND currency IN ('', {currency:String})
       )
       ARRAY JOIN offsets AS row_offset, if(is_whole, [toUInt32(0)], resource) AS row_resource,
         if(is_whole, [quantity], quantities) AS row_quantity, if(is_whole, [amount], amounts) AS row_amount,
         if(is_whole, [samples], arrayMap(i -> toUInt32(i <= samples), arrayEnumerate(idx))) AS row_samples
       WHERE ${all(rows)}
       GROUP BY key
     )
     ORDER BY sum_amount DESC, key LIMIT ${exploreGroupsMax}`,
    {
      ...parameters,
      currency,
      ...(by.some((dimension) => dimension === 'day' || dimension === 'hour') ? { zone: timeZone } : {}),
    },
  );
  const names = by.includes('resource')
    ? await resourceNames(
        store,
        tenant,
        found.map((row) => Number(row.key[by.indexOf('resource')])),
      )
    : undefined;
  const groups = found.map((row): ExploreGroup => ({
    key: row.key.map((value, i) => keyText(by[i]!, value, timeZone, names)),
    amount: row.sum_amount,
    quantity: row.sum_quantity,
    samples: Number(row.sum_samples),
  }));
  const total = { amount: found[0]?.total_amount ?? '0', samples: Number(found[0]?.total_samples ?? 0) };
  const listed = groups.reduce((sum, group) => sum + amountOf(group.amount), 0n);
  const other = {
    groups: Number(found[0]?.total_groups ?? 0) - groups.length,
    amount: formatAmount(amountOf(total.amount) - listed),
    samples: groups.reduce((rest, group) => rest - group.samples, total.samples),
  };
  return { currency, by, groups, other, total };
}

function keyText(
  dimension: ExploreDimension,
  value: string,
  timeZone: string,
  names: ReadonlyMap<number, string> | undefined,
): string {
  if (dimension === 'resource') return names?.get(Number(value)) ?? '';
  if (dimension !== 'day' && dimension !== 'hour') return value;
  const start = Temporal.Instant.fromEpochMilliseconds(Number(value) * 1000).toZonedDateTimeISO(timeZone);
  return dimension === 'day'
    ? start.toPlainDate().toString()
    : start.toString({ smallestUnit: 'minute', timeZoneName: 'never' });
}

/** ClickHouse's own decimals always parse. */
const amountOf = (text: string): bigint => parseAmount(text)!;
