/** Cells by weekday and time of day in the account's zone. */
import type { PriceModel, Weekday } from '../../messages/price.ts';
import type { Cell, CellPlace } from '../compiled.ts';
import type { Cells } from './cells.ts';
import { namedCells, otherwiseKey } from './named.ts';
import { stretchAt } from './wallClock.ts';

export const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const minuteMs = 60_000;
export const dayMinutes = 24 * 60;
export const weekMinutes = 7 * dayMinutes;
const weekMs = weekMinutes * minuteMs;
/** 1970-01-01 was a Thursday. */
const epochWeekday = 3;

interface Change {
  /** Milliseconds of the wall clock since Monday 00:00. */
  readonly atMs: number;
  readonly cell: Cell | undefined;
}

/** The cell holds within [fromMs, toMs) and changes at both. */
interface Held {
  readonly cell: Cell | undefined;
  readonly fromMs: number;
  readonly toMs: number;
}

const heldMax = 16;

/**
 * A sample belongs to the band that holds the wall clock at its instant; the owner of the tallies cuts it where the cell
 * changes, `boundary` says when. So an hour that a zone skips is in no band, and one that it repeats is twice in its band.
 * CGRateS rating plans and timings, utilities' time-of-use tariffs.
 */
export const schedule: Cells<'schedule'> = (model, charging) => {
  const cells = namedCells(model.bands, model.otherwise, charging);
  const changes = changesOf(model.bands, cells);
  /** Newest first, by zone: plans ask for the same few hours. */
  const recent = new Map<string, Held[]>();
  return {
    of: [...cells.values()],
    cell: (key) => cells.get(key),
    cellAt({ atMs, timeZone, boundary }: CellPlace): Cell | undefined {
      if (changes.length === 1) return changes[0]!.cell;
      let known = recent.get(timeZone);
      if (known === undefined) recent.set(timeZone, (known = []));
      let held = known.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
      if (held === undefined) {
        held = heldAt(changes, atMs, timeZone);
        known.unshift(held);
        if (known.length > heldMax) known.pop();
      }
      boundary(held.fromMs);
      boundary(held.toMs);
      return held.cell;
    },
  };
};

type Band = Extract<PriceModel, { kind: 'schedule' }>['bands'][number];
type Times = Pick<Band, 'days' | 'to' | 'from'>;

/** The minutes of the week that a band takes, as pairs [from, to). Throws RangeError where the band has no such times. */
export function minutesOf({ days, from, to }: Times): (readonly [number, number])[] {
  const begin = minuteOf(from);
  const end = minuteOf(to);
  if (begin === undefined || end === undefined || begin >= end)
    throw new RangeError(`no band goes from ${from} to ${to}`);
  return days.map((day) => {
    const start = weekdays.indexOf(day) * dayMinutes;
    if (start < 0) throw new RangeError(`"${day}" is not a weekday`);
    return [start + begin, start + end];
  });
}

/** Minutes since midnight of "HH:MM", up to "24:00"; undefined for anything else. */
export function minuteOf(time: string): number | undefined {
  const match = /^(\d\d):([0-5]\d)$/.exec(time);
  if (match === null) return undefined;
  const minute = Number(match[1]) * 60 + Number(match[2]);
  return minute <= dayMinutes ? minute : undefined;
}

/** Where the cell changes in a week of the wall clock, the first one at its start; neighbours differ. */
function changesOf(bands: readonly Band[], cells: ReadonlyMap<string, Cell>): Change[] {
  const otherwise = cells.get(otherwiseKey);
  const taken = bands.flatMap((band) =>
    minutesOf(band).map(([from, to]) => ({ from, to, cell: cells.get(band.name) })),
  );
  taken.sort((a, b) => a.from - b.from);
  const changes: Change[] = [];
  const change = (minute: number, cell: Cell | undefined) => {
    if (changes.length === 0 || changes.at(-1)!.cell !== cell) changes.push({ atMs: minute * minuteMs, cell });
  };
  let reached = 0;
  for (const { from, to, cell } of taken) {
    if (from < reached) throw new RangeError('bands overlap');
    if (from > reached) change(reached, otherwise);
    change(from, cell);
    reached = to;
  }
  if (reached < weekMinutes) change(reached, otherwise);
  return changes;
}

function heldAt(changes: readonly Change[], atMs: number, timeZone: string): Held {
  const now = segmentAt(changes, atMs, timeZone);
  let { fromMs, toMs } = now;
  for (let next = segmentAt(changes, toMs, timeZone); next.cell === now.cell; next = segmentAt(changes, toMs, timeZone))
    toMs = next.toMs;
  for (let before = segmentAt(changes, fromMs - 1, timeZone); before.cell === now.cell;) {
    fromMs = before.fromMs;
    before = segmentAt(changes, fromMs - 1, timeZone);
  }
  return { cell: now.cell, fromMs, toMs };
}

/** The cell at an instant, and around it the instants up to which the wall clock neither jumps nor passes a change. */
function segmentAt(changes: readonly Change[], atMs: number, timeZone: string): Held {
  const { fromMs, toMs, offsetMs } = stretchAt(atMs, timeZone);
  const wallMs = atMs + offsetMs;
  const sinceMonday = mod(wallMs + epochWeekday * dayMinutes * minuteMs, weekMs);
  const index = changes.findLastIndex((change) => change.atMs <= sinceMonday);
  const nextAtMs = changes[index + 1]?.atMs ?? weekMs;
  return {
    cell: changes[index]!.cell,
    fromMs: Math.max(fromMs, atMs - (sinceMonday - changes[index]!.atMs)),
    toMs: Math.min(toMs, atMs + (nextAtMs - sinceMonday)),
  };
}

const mod = (value: number, by: number): number => ((value % by) + by) % by;
