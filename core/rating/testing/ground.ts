/** Where random logs take place: months, metrics, resources, and what their two tenants have from the start. */
import type { ControlChange } from '../../messages/control.ts';
import type { SeriesRecord } from '../../messages/series.ts';

export const hour = 3_600_000;
/** An hour before April begins in Berlin, three before it does in UTC. */
export const startMs = Temporal.Instant.from('2026-03-31T21:00:00Z').epochMilliseconds;

/** The same hour of the months that follow: where samples lie, and where time goes on to. */
export const monthsMs = ['2026-03', '2026-04', '2026-05', '2026-06', '2026-07'].map(
  (month) => Temporal.PlainYearMonth.from(month).add({ months: 1 }).toPlainDate({ day: 1 }).toZonedDateTime('Europe/Berlin').epochMilliseconds - hour,
); // prettier-ignore

export const metrics = [
  { name: 'cpu', unit: 'us', scale: 0, kind: 'delta' },
  { name: 'net', unit: 'By', scale: 3, kind: 'delta' },
  { name: 'mem', unit: 'By', scale: 0, kind: 'level' },
  { name: 'seats', unit: '1', scale: 0, kind: 'level' },
  { name: 'other', unit: '1', scale: 12, kind: 'delta' },
  // The same again in another scale: one counter by its name, two ways to read it.
  { name: 'other', unit: '1', scale: 3, kind: 'delta' },
] as const;
export const resources = ['a', 'a/b', 'a/b/c', 'd', 'stray', 'x y'];
export const patterns = ['a', 'a/*', 'a/b', 'a/b/*', 'a/b/c', 'd'];
export const meterIds = [
  'cpu.all',
  'cpu.user',
  'net.all',
  'mem.held',
  'cpu.reads',
  'cpu.peak',
  'mem.peak',
  'mem.last',
  'mem.users',
  'mem.hosts',
  'net.p95',
  'net.ways',
  'net.burst',
  'mem.p70',
  'mem.many',
  'cpu.seen',
  'seats.held',
  'seats.days',
];

export const series = [
  { id: 'hourly', name: '', currency: 'EUR', unit: 'u', interval: 'hour', timeZone: 'Asia/Kolkata' },
  { id: 'daily', name: '', currency: 'EUR', unit: 'h', interval: 'day', timeZone: 'Europe/Berlin' },
  { id: 'monthly', name: '', currency: 'USD', unit: 'x', interval: 'month', timeZone: 'UTC' },
  { id: 'short', name: '', currency: 'EUR', unit: 'u', interval: '5min', timeZone: 'UTC', maxAgeMs: 900_000 },
] as const satisfies readonly SeriesRecord[];

/** Account 4 goes by nobody's day, 3 by that of 2. */
function startOf(account: number) {
  const startsOn = { 2: '2024-02-29', 5: '2026-04-02' }[account];
  return startsOn === undefined ? {} : { startsOn };
}

/** A tree over three zones, meters, two producers; prices, owners and budgets come as the log goes on. */
export const foundation: readonly ControlChange[] = [
  ...[[1, 0, 'Europe/Berlin'], [2, 1, 'Europe/Berlin'], [3, 2, 'UTC'], [4, 2, 'Europe/Berlin'], [5, 4, 'Asia/Kolkata']].map(
    ([id, parent, timeZone]) => ({ kind: 'account', id, slug: `a${id}`, name: `a${id}`, parent, type: 'project', timeZone, ...startOf(id as number) }) as ControlChange,
  ),
  { kind: 'ownership', resource: 'a', account: 3, fromMs: 0 },
  { kind: 'ownership', resource: 'a/*', account: 5, fromMs: 0 },
  { kind: 'meter', id: 'cpu.all', metric: 'cpu', unit: 'us', scale: 0, aggregation: 'sum', filter: {} },
  { kind: 'meter', id: 'cpu.user', metric: 'cpu', unit: 'us', scale: 0, aggregation: 'sum', filter: { mode: ['user', 'nice'] } },
  { kind: 'meter', id: 'net.all', metric: 'net', unit: 'By', scale: 3, aggregation: 'sum', filter: {} },
  { kind: 'meter', id: 'mem.held', metric: 'mem', unit: 'By', scale: 0, aggregation: 'timeWeighted', filter: {} },
  { kind: 'meter', id: 'cpu.reads', metric: 'cpu', unit: '1', scale: 0, aggregation: 'count', filter: { mode: ['idle'] } },
  { kind: 'meter', id: 'cpu.peak', metric: 'cpu', unit: 'us', scale: 0, aggregation: 'max', filter: { mode: ['idle'] } },
  // One slot of the month is set aside: few samples move the figure.
  { kind: 'meter', id: 'net.p95', metric: 'net', unit: 'By', scale: 3, aggregation: 'percentile', filter: {}, slots: { lengthMs: 1_800_000, discardPercent: '0.1' } },
  ...([['net.ways', 'max', 'percentiles'], ['net.burst', 'sum', 'slots']] as const).map(
    ([id, take, of]) => ({ kind: 'meter', id, metric: 'net', unit: 'By', scale: 3, aggregation: 'percentile', filter: {}, slots: { lengthMs: 1_800_000, discardPercent: '0.1', directions: { dimension: 'mode', in: ['user'], out: ['idle'], take, of } } }) as ControlChange,
  ),
  { kind: 'meter', id: 'seats.held', metric: 'seats', unit: '1', scale: 0, aggregation: 'recurring', filter: {}, recurs: { by: 'second' } },
  { kind: 'meter', id: 'seats.days', metric: 'seats', unit: '1', scale: 0, aggregation: 'recurring', filter: { mode: ['idle'] }, recurs: { by: 'day' } },
  { kind: 'meter', id: 'seats.most', metric: 'seats', unit: '1', scale: 0, aggregation: 'max', filter: {} },
  // Few samples and few values are too many.
  { kind: 'meter', id: 'mem.p70', metric: 'mem', unit: 'By', scale: 0, aggregation: 'samplePercentile', filter: {}, samples: { discardPercent: '30', countMax: 9 } },
  { kind: 'meter', id: 'mem.many', metric: 'mem', unit: '1', scale: 0, aggregation: 'unique', distinct: 'mode', filter: {}, exact: { upTo: 2, beyond: 'approximate' } },
  { kind: 'meter', id: 'cpu.seen', metric: 'cpu', unit: '1', scale: 0, aggregation: 'unique', filter: { mode: ['user'] }, exact: { upTo: 3, beyond: 'refuse' } },
  { kind: 'meter', id: 'mem.peak', metric: 'mem', unit: 'By', scale: 0, aggregation: 'max', filter: {} },
  { kind: 'meter', id: 'mem.last', metric: 'mem', unit: 'By', scale: 0, aggregation: 'latest', filter: { mode: ['user'] } },
  { kind: 'meter', id: 'mem.users', metric: 'mem', unit: '1', scale: 0, aggregation: 'unique', distinct: 'mode', filter: {} },
  { kind: 'meter', id: 'mem.hosts', metric: 'mem', unit: '1', scale: 0, aggregation: 'unique', filter: { mode: ['idle'] } },
  { kind: 'pricingUnit', id: 'TOKENS', name: 'Tokens', decimals: 0 },
  ...series.map((record) => ({ kind: 'series', ...record }) as const),
  ...['agent', 'gateway'].map(
    (type) => ({ kind: 'producer', id: type, type, simulated: false, enabled: true, keys: [{ id: 'key', publicKey: 'public' }] }) as ControlChange,
  ),
]; // prettier-ignore
