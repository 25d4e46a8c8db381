/** Levels that go on until they are changed (SPEC §8.6.5): seats, gigabytes held. What is open is booked by later samples and by time. */
import type { LevelEntry } from '../messages/rated.ts';
import type { MeterRecord } from '../messages/control.ts';
import { dateAt, startOfDayMs } from '../time/dates.ts';
import { periodAt } from '../time/period.ts';
import { compareText, ownerAt, Window } from './attribution.ts';
import type { Changes } from './changes.ts';
import { resolvePlan, type PlanContext } from './plan.ts';
import type { Part } from './portions.ts';
import type { PartitionState, Resource, Tenant } from './state.ts';

export const levelLimits = {
  /** Levels of a partition; a sample that would begin another is refused. */
  countMax: 100_000,
  /** Rows after which time books no further level in one step; the others stay due, and the next step takes them. */
  rowsMax: 2_000,
  /** How long after its end a month waits for late samples before its open stretches are booked. */
  graceMs: 3_600_000,
  /** How late a level may be said; a later sample is refused, for the months between would be booked at once. */
  lateMsMax: 62 * 24 * 3_600_000,
} as const;

export interface Level {
  /** Dense in the partition. */
  readonly id: number;
  readonly tenant: string;
  readonly meter: string;
  readonly resource: Resource;
  /** Kind, name and dimensions of the metric, as series have it. */
  readonly metric: string;
  level: bigint;
  /** Start of the sample that said it, and the instant from which it counts: the same, or the start of its day. */
  saidMs: number;
  sinceMs: number;
  /** Up to where it is tallied. */
  bookedMs: number;
  /** When time books it; Infinity for a level of 0. */
  dueMs: number;
  dirty: boolean;
}

export const levelKey = (meter: string, resource: Resource, metric: string): string =>
  `${meter}|${resource.id}|${metric}`;

/** From when on a sample's level counts: its start, or by day the start of that day in the account's zone, as far as that is not booked. */
export function effectiveMs({ recurs }: MeterRecord, startMs: number, timeZone: string, bookedMs: number): number {
  if (recurs!.by === 'second') return startMs;
  return Math.max(startOfDayMs(dateAt(startMs, timeZone), timeZone), bookedMs);
}

/** The level from where it is booked to an instant, cut where its plan changes; undefined where there is none to go by. */
export function stretchesOf(context: PlanContext, meter: MeterRecord, of: Level, toMs: number): Part[] | undefined {
  const { resource, metric, level, sinceMs } = of;
  const stretches: Part[] = [];
  if (level === 0n) return stretches;
  const dims = dimsOf(metric);
  const series = { name: meter.metric, unit: meter.unit, scale: meter.scale, kind: 'level' } as const;
  for (let startMs = of.bookedMs; startMs < toMs;) {
    const plan = resolvePlan({ ...context, guardsOverlap: false }, resource, series, dims, startMs);
    if ('reason' in plan && plan.reason === 'unowned') {
      // Time that nobody owned is nobody's.
      const window = new Window(startMs);
      ownerAt(context.tenant.master, resource.name, window);
      startMs = Math.min(toMs, window.toMs);
      continue;
    }
    if ('reason' in plan) return undefined;
    const durationMs = Math.min(toMs, plan.toMs) - startMs;
    stretches.push({ plan, startMs, durationMs, quantity: level, begun: level * BigInt(startMs - sinceMs) });
    startMs += durationMs;
  }
  return stretches;
}

function dimsOf(metric: string): Readonly<Record<string, string>> {
  const at = metric.indexOf('[');
  return at < 0 ? {} : Object.fromEntries(JSON.parse(metric.slice(at)) as [string, string][]);
}

/** A level that is new; it counts from its first move on. */
export function beginLevel(
  state: PartitionState,
  { id: tenant, levelsByKey }: Tenant,
  meter: MeterRecord,
  resource: Resource,
  metric: string,
): Level {
  const level: Level = {
    id: state.levels.length + 1, tenant, meter: meter.id, resource, metric,
    level: 0n, saidMs: 0, sinceMs: 0, bookedMs: 0, dueMs: Infinity, dirty: false,
  }; // prettier-ignore
  state.levels.push(level);
  levelsByKey.set(levelKey(meter.id, resource, metric), level);
  return level;
}

/** Moves a level on to where it is booked; it is due at the end of that month. */
export function moveLevel(
  state: PartitionState,
  tenant: Tenant,
  changes: Changes,
  of: Level,
  now: Partial<Pick<Level, 'level' | 'saidMs' | 'sinceMs'>> & { readonly bookedMs: number },
): void {
  Object.assign(of, now);
  setDue(state, tenant, changes, of, of.bookedMs);
}

/** Makes time book a level some time after the end of the month, in the zone of its owner then, that holds an instant. */
export function setDue(state: PartitionState, { master }: Tenant, changes: Changes, of: Level, atMs: number): void {
  const owner = ownerAt(master, of.resource.name, new Window(atMs));
  const { endMs } = periodAt(atMs, owner?.record.timeZone ?? master.record.timeZone);
  of.dueMs = of.level === 0n ? Infinity : endMs + levelLimits.graceMs;
  state.levelsDueMs = Math.min(state.levelsDueMs, of.dueMs);
  changes.level(of);
}

/** Levels that are due, what was due first first. */
export const dueLevels = ({ levels, logTimeMs }: PartitionState): Level[] =>
  levels
    .filter(({ dueMs }) => dueMs <= logTimeMs)
    .sort((a, b) => a.dueMs - b.dueMs || compareText(a.tenant, b.tenant) || a.id - b.id);

/** When the next level is due. */
export const nextDueMs = ({ levels }: PartitionState): number =>
  levels.reduce((least, { dueMs }) => Math.min(least, dueMs), Infinity);

export const levelEntry = ({ resource, level, dueMs, dirty: _, ...rest }: Level): LevelEntry => ({
  ...rest,
  resource: resource.id,
  level: level.toString(),
  dueMs: dueMs === Infinity ? null : dueMs,
});
