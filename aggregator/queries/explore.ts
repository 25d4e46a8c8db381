import { exploreGroupsMax, type Explore, type ExploreDimension, type ExploreGroup } from '#core/messages/api.ts';
import type { Store } from '#platform/clickhouse/index.ts';
import { samplesOfRows } from '../schema/tables.ts';
import { all, conditionsOf, rowStart, wholeBlocks, type Filters, type Scope } from './filters.ts';
import { resourceNames } from './names.ts';

export interface ExploreQuestion {
  readonly scope: Scope;
  readonly by: readonly ExploreDimension[];
  readonly filters: Filters;
  /** IANA zone that days and hours are cut in, and the currency that is summed. */
  readonly timeZone: string;
  readonly currency: string;
  /** Groups that are listed; absent: `exploreGroupsMax`. */
  readonly groupsMax?: number;
  /** Units of quantities, by meter. */
  readonly units: ReadonlyMap<string, string>;
}

/** How a dimension is read from a block, or from a row of it. Days and hours group by their first second. */
const expressions: Readonly<Record<ExploreDimension, string>> = {
  account: 'toString(account)',
  service: 'service',
  component: 'component',
  cell: 'cell',
  meter: 'meter',
  resource: 'toString(row_resource)',
  producer: 'producer',
  day: `toString(toUnixTimestamp(toStartOfDay(${rowStart}, {zone:String})))`,
  hour: `toString(toUnixTimestamp(toStartOfHour(${rowStart}, {zone:String})))`,
  kind: 'kind',
  // A day in the middle of an account's month lies in that month in every zone.
  booked: "formatDateTime(addDays(booked_start, 14), '%Y-%m')",
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
  readonly one_meter: string;
  readonly total_amount: string;
  readonly total_samples: string;
  readonly total_groups: string;
  readonly rest_amount: string;
  readonly rest_samples: string;
}

/**
 * Sums by up to three dimensions, largest first, with the exact rest. A block whose rows all fall into one group counts
 * by its sums; only the others are taken apart. A quantity is given where all rows are of one meter and of at most one
 * component: a sample priced by two has its quantity in two rows, and what no meter takes has no unit that is known.
 * All sums are made by the store, in decimals of 76 digits.
 */
export async function explore(store: Store, question: ExploreQuestion): Promise<Omit<Explore, 'asOf'>> {
  const { scope, by, filters, timeZone, currency, units, groupsMax = exploreGroupsMax } = question;
  const { blocks, rows, parameters } = conditionsOf(scope, { ...filters, currency });
  const isWhole = [
    ...wholeBlocks(filters),
    ...by.flatMap((dimension) => uniform[dimension] ?? []),
    ...(filters.resource === undefined ? [] : ['0']),
  ];
  const order = 'sum_amount DESC, key';
  const found = await store.query<GroupRow>(
    `SELECT *, sum(sum_amount) OVER () AS total_amount, sum(sum_samples) OVER () AS total_samples, count() OVER () AS total_groups,
       total_amount - sum(sum_amount) OVER listed AS rest_amount, total_samples - sum(sum_samples) OVER listed AS rest_samples
     FROM (
       SELECT [${by.map((dimension) => expressions[dimension]).join(', ')}]::Array(String) AS key,
         sum(toDecimal256(row_amount, 12)) AS sum_amount, sum(toDecimal256(row_quantity, 12)) AS sum_quantity, sum(row_samples) AS sum_samples,
         if(min(meter) = max(meter) AND max(kind = 'unmetered') = 0
           AND minIf((service, component), price > 0) = maxIf((service, component), price > 0), any(meter), '') AS one_meter
       FROM (
         SELECT *, ${all(isWhole)} AS is_whole, if(is_whole, [toUInt32(0)], offset) AS offsets FROM valid_blocks
         WHERE ${all(blocks)}
       )
       ARRAY JOIN offsets AS row_offset, if(is_whole, [toUInt32(0)], resource) AS row_resource,
         if(is_whole, [quantity], quantities) AS row_quantity, if(is_whole, [amount], amounts) AS row_amount,
         if(is_whole, [samples], ${samplesOfRows}) AS row_samples
       WHERE ${all(rows)}
       GROUP BY key
     )
     WINDOW listed AS (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
     ORDER BY ${order} LIMIT ${groupsMax}`,
    {
      ...parameters,
      ...(by.some((dimension) => dimension === 'day' || dimension === 'hour') ? { zone: timeZone } : {}),
    },
  );
  const names = by.includes('resource')
    ? await resourceNames(
        store,
        scope.tenant,
        found.map((row) => Number(row.key[by.indexOf('resource')])),
      )
    : undefined;
  const groups = found.map((row): ExploreGroup => {
    const unit = units.get(row.one_meter) ?? '';
    return {
      key: row.key.map((value, i) => keyText(by[i]!, value, timeZone, names)),
      amount: row.sum_amount,
      quantity: unit === '' ? '' : row.sum_quantity,
      unit,
      samples: Number(row.sum_samples),
    };
  });
  const last = found.at(-1);
  return {
    currency,
    by,
    groups,
    other: {
      groups: Number(last?.total_groups ?? 0) - groups.length,
      amount: last?.rest_amount ?? '0',
      samples: Number(last?.rest_samples ?? 0),
    },
    total: { amount: last?.total_amount ?? '0', samples: Number(last?.total_samples ?? 0) },
  };
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
