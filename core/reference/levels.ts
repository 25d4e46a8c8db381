/** SPEC §8.6.5: levels that go on until a later sample changes them, booked by that sample and at the ends of months by time. */
import type { MeterRecord } from '../messages/control.ts';
import type { BlockKind } from '../messages/rated.ts';
import { settleRows } from './agreements/settle.ts';
import { byCodeUnit, metersOf, ownerAt, patternsOf } from './attribution.ts';
import { addToBalances } from './balances.ts';
import { evaluateMoved } from './budgets/looks.ts';
import { bookingOf } from './closes.ts';
import { partsOf } from './cutting.ts';
import { monthAt } from './month.ts';
import { powerOfTen } from './number.ts';
import { lateRow } from './repricing.ts';
import { priced, withoutPrice, type Sample } from './rows.ts';
import { fits } from './samples.ts';
import { seriesText } from './seriesText.ts';
import type { HeldLevel, Outcome, Row, Source, State, Tenant } from './state.ts';
import { addToTally, takeBack, TooLarge, type Journal } from './tallies.ts';

const countMax = 100_000;
/** Rows after which no further level is booked at once. */
const rowsMax = 2_000;
const hourMs = 3_600_000;
const lateMsMax = 62 * 24 * hourMs;

const isRecurring = ({ aggregation }: MeterRecord) => aggregation === 'recurring';

const keyOf = (tenant: Tenant, meter: MeterRecord, { resource, metric, dims }: Sample) =>
  `${tenant.record.id} ${meter.id} ${resource} ${seriesText('level', metric.name, dims)}`;

/** Why the levels that a sample tells of do not let it in. */
export function levelFault(
  state: State,
  tenant: Tenant,
  sample: Sample,
  meters: readonly MeterRecord[],
): 'overlap' | 'out_of_range' | undefined {
  const recurring = meters.filter(isRecurring);
  if (recurring.length > 0 && sample.startMs < state.logTimeMs - lateMsMax) return 'out_of_range';
  let begun = 0;
  for (const meter of recurring) {
    const held = state.held.get(keyOf(tenant, meter, sample));
    if (held === undefined) begun += 1;
    else if (sample.startMs < held.saidMs || sample.startMs < held.bookedMs) return 'overlap';
    if (state.held.size + begun > countMax) return 'out_of_range';
  }
  return undefined;
}

/** The rows of the stretches that a sample ends. It begins the next ones; `owner` is its account. */
export function holdLevels(
  state: State,
  tenant: Tenant,
  sample: Sample,
  meters: readonly MeterRecord[],
  owner: number,
  of: { readonly source: Source; readonly index: number },
  journal: Journal,
): Row[] {
  const rows: Row[] = [];
  const moves = meters.filter(isRecurring).map((meter) => {
    const key = keyOf(tenant, meter, sample);
    const known = state.held.get(key);
    const sinceMs = sinceOf(meter, sample.startMs, tenant.accounts.get(owner)!.timeZone, known);
    if (known !== undefined) rows.push(...rowsOfStretch(state, tenant, known, sinceMs, 'usage', of, journal));
    return () => {
      const now = { level: BigInt(sample.quantity.toFixed()), saidMs: sample.startMs, sinceMs, bookedMs: sinceMs };
      const { resource, dims } = sample;
      const held = known ?? { tenant: tenant.record.id, meter: meter.id, resource, dims, ...now, dueMs: Infinity };
      Object.assign(held, now);
      held.dueMs = dueOf(tenant, held, sinceMs);
      state.held.set(key, held);
    };
  });
  for (const move of moves) move();
  return rows;
}

/** By day a level counts from the start of the day on which it was said, as far as that is not booked. */
function sinceOf(meter: MeterRecord, startMs: number, timeZone: string, known: HeldLevel | undefined): number {
  if (meter.recurs!.by === 'second') return startMs;
  const day = new Temporal.ZonedDateTime(BigInt(startMs) * 1_000_000n, timeZone).startOfDay().epochMilliseconds;
  return Math.max(day, known?.bookedMs ?? 0);
}

/** An hour after the end of the month, in the owner's zone, that holds an instant; nothing is due of no level. */
function dueOf(tenant: Tenant, { level, resource }: HeldLevel, atMs: number): number {
  if (level === 0n) return Infinity;
  const owner = ownerAt(tenant, resource, atMs);
  const { timeZone } = owner === undefined ? tenant.record : tenant.accounts.get(owner)!;
  return monthAt(atMs, timeZone).endMs + hourMs;
}

function rowsOfStretch(
  state: State,
  tenant: Tenant,
  held: HeldLevel,
  endMs: number,
  kind: BlockKind,
  { source, index }: { readonly source: Source; readonly index: number },
  journal: Journal,
): Row[] {
  const { resource, dims, level, sinceMs } = held;
  const meter = tenant.meters.get(held.meter)!;
  const meters = metersOf(tenant, meter.metric, dims);
  const position = meters.indexOf(meter);
  const startMs = firstOwned(tenant, resource, held.bookedMs, endMs);
  if (position < 0 || level === 0n || startMs >= endMs) return [];
  return partsOf(tenant, { resource, dims, startMs, endMs }, meters)!.flatMap((part) => {
    const { account, month } = part;
    const unpriced = { price: undefined, cell: '', account, period: month };
    const durationMs = part.endMs - part.startMs;
    const place = {
      tenant: tenant.record.id, account, resource, startMs: part.startMs, durationMs, source, index, primary: false,
      ...bookingOf(tenant, account, part.startMs),
    }; // prettier-ignore
    const share = {
      sent: level, whole: level, durationMs, isHeld: true, begun: level * BigInt(part.startMs - sinceMs),
      isStart: part.startMs === sinceMs, sample: [0, '', '', 0, 0], value: '', direction: 0, startMs: part.startMs,
    } as const; // prettier-ignore
    const prices = part.prices[position]!;
    return (prices.length === 0 ? [unpriced] : prices).map((of): Row => {
      const at = { ...of, owner: account, resource, meter: meter.id };
      const growth = addToTally(state, tenant, at, part.startMs, share, journal);
      const quantity = growth.quantity.div(powerOfTen(meter.scale));
      const terms = of.price === undefined ? withoutPrice('unpriced', meter.id, quantity) : priced(of.price, of.cell, { ...growth, quantity }); // prettier-ignore
      return { ...place, ...terms, period: of.period, ...(kind === 'usage' ? {} : { kind }) };
    });
  });
}

/** Time that nobody owned is nobody's. */
function firstOwned(tenant: Tenant, resource: string, fromMs: number, endMs: number): number {
  let atMs = fromMs;
  while (atMs < endMs && ownerAt(tenant, resource, atMs) === undefined) {
    const records = patternsOf(resource).flatMap((pattern) => tenant.ownership.get(pattern) ?? []);
    const later = records.map((record) => record.fromMs).filter((instant) => instant > atMs);
    atMs = Math.min(endMs, ...later);
  }
  return atMs;
}

/** 1.1: log time has moved; what is due is booked, what was due first first, until there are so many rows. */
export function bookLevels(state: State, outcome: Outcome): void {
  const source: Source = { producer: '', epoch: '', seq: 0, inputSeq: 0, logTimeMs: state.logTimeMs, trace: '' };
  const due = [...state.held.values()].filter(({ dueMs }) => dueMs <= state.logTimeMs);
  due.sort((a, b) => a.dueMs - b.dueMs || byCodeUnit(a.tenant, b.tenant));
  let left = rowsMax;
  while (left > 0 && due.length > 0) {
    const tenant = state.tenants.get(due[0]!.tenant)!;
    const rows: Row[] = [];
    while (due[0]?.tenant === tenant.record.id && rows.length < left)
      rows.push(...bookLevel(state, tenant, due.shift()!, source));
    left -= rows.length;
    rows.push(...state.late.splice(0).map((late) => lateRow(state, late)));
    outcome.rows.push(...rows);
    settleRows(state, tenant, outcome, source);
    evaluateMoved(state, tenant, source, outcome);
  }
}

/** What a bound does not let in waits for another month. */
function bookLevel(state: State, tenant: Tenant, held: HeldLevel, source: Source): Row[] {
  const endMs = held.dueMs - hourMs;
  const meter = tenant.meters.get(held.meter)!;
  const beside = metersOf(tenant, meter.metric, held.dims);
  const journal: Journal = [];
  try {
    if (!beside.every((other) => fits(other, { ...meter, kind: 'level' }))) return [];
    const rows = rowsOfStretch(state, tenant, held, endMs, 'adjustment', { source, index: 0 }, journal);
    for (const row of rows)
      if (row.price !== 0) addToBalances(state, tenant, row.account, row.startMs, row.currency, row.amount);
    held.bookedMs = endMs;
    return rows;
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    takeBack(journal);
    return [];
  } finally {
    held.dueMs = dueOf(tenant, held, endMs);
  }
}
