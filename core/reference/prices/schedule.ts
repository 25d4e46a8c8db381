/** SPEC §8.5: bands of the week by the clock on the wall, whatever it does in a night when it changes. */
import type { PriceModel, Weekday } from '../../messages/price.ts';

export type Bands = Extract<PriceModel, { kind: 'schedule' }>['bands'];

const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const dayMs = 86_400_000;

/** Name of the band that holds an instant. */
export function bandAt(bands: Bands, atMs: number, timeZone: string): string | undefined {
  return turnsOf(bands, Math.floor(atMs / dayMs), timeZone).findLast(({ fromMs }) => fromMs <= atMs)!.band;
}

export function nextBandChange(bands: Bands, atMs: number, timeZone: string, endMs: number): number {
  const band = bandAt(bands, atMs, timeZone);
  for (let day = Math.floor(atMs / dayMs); day * dayMs < endMs; day++) {
    const turn = turnsOf(bands, day, timeZone).find(({ fromMs, band: next }) => fromMs > atMs && next !== band);
    if (turn !== undefined) return Math.min(endMs, turn.fromMs);
  }
  return endMs;
}

interface Turn {
  readonly fromMs: number;
  readonly band: string | undefined;
}

/** Worked out once a day and zone. */
const known = new WeakMap<Bands, Map<string, Turn[]>>();

/** The bands of one UTC day in order, the first from its start. */
function turnsOf(bands: Bands, utcDay: number, timeZone: string): Turn[] {
  const days = known.get(bands) ?? new Map<string, Turn[]>();
  known.set(bands, days);
  const key = `${utcDay} ${timeZone}`;
  const turns = days.get(key) ?? workOut(bands, utcDay * dayMs, timeZone);
  days.set(key, turns);
  return turns;
}

/** Every instant at which something may change, each asked by itself. */
function workOut(bands: Bands, startMs: number, timeZone: string): Turn[] {
  const start = new Temporal.ZonedDateTime(BigInt(startMs) * 1_000_000n, timeZone);
  const instants = [startMs, ...edges(bands, start), ...clockChanges(start, startMs + dayMs)];
  return instants
    .filter((instant) => instant >= startMs && instant < startMs + dayMs)
    .sort((a, b) => a - b)
    .map((fromMs) => ({ fromMs, band: holding(bands, fromMs, timeZone) }));
}

/** When a clock shows an edge of a band: once, twice, or, as it is put forward, somewhere near, which does no harm. */
function edges(bands: Bands, start: Temporal.ZonedDateTime): number[] {
  const times = new Set(['00:00', ...bands.flatMap(({ from, to }) => [from, to === '24:00' ? '00:00' : to])]);
  return [-1, 0, 1, 2].flatMap((days) =>
    [...times].flatMap((time) =>
      (['earlier', 'later'] as const).map(
        (disambiguation) =>
          start
            .toPlainDate()
            .add({ days })
            .toPlainDateTime(Temporal.PlainTime.from(time))
            .toZonedDateTime(start.timeZoneId, { disambiguation }).epochMilliseconds,
      ),
    ),
  );
}

function clockChanges(start: Temporal.ZonedDateTime, endMs: number): number[] {
  const next = start.getTimeZoneTransition('next');
  if (next === null || next.epochMilliseconds >= endMs) return [];
  return [next.epochMilliseconds, ...clockChanges(next, endMs)];
}

function holding(bands: Bands, atMs: number, timeZone: string): string | undefined {
  const local = new Temporal.ZonedDateTime(BigInt(atMs) * 1_000_000n, timeZone);
  const day = weekdays[local.dayOfWeek - 1]!;
  const time = local.toPlainTime().toString({ smallestUnit: 'millisecond' });
  return bands.find(({ days, from, to }) => days.includes(day) && from <= time && time < to)?.name;
}
