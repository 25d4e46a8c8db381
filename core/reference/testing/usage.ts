/** Usage at random, and the cells that it falls in, as either engine sees them. */
import fc from 'fast-check';
import type { PriceRecord } from '../../messages/price.ts';
import type { Cell, CompiledPrice, Measures } from '../../pricing/compiled.ts';
import { cellAt, leafOf, nextCellChange } from '../prices/cells.ts';
import { note, nothingNoted, type Noted } from '../prices/noted.ts';
import { dimensions } from './records.ts';

export interface Usage {
  readonly quantity: bigint;
  readonly dims: Readonly<Record<string, string>>;
  readonly startMs: number;
  readonly durationMs: number;
  /** Whether a boundary of another kind cut it off what began before. */
  readonly isStart: boolean;
}

/** Zones with clock changes at two in the morning, at midnight, by half an hour, and without. */
export const zones = [
  'Europe/Berlin', 'UTC', 'Asia/Kolkata', 'America/Havana', 'Australia/Lord_Howe', 'America/New_York', 'Africa/Casablanca',
] as const; // prettier-ignore
const nights = [
  '2026-03-29T00:00Z', '2026-10-25T00:00Z', '2026-03-08T04:00Z', '2026-11-01T05:00Z', '2026-04-04T14:00Z', '2026-10-03T15:00Z', '2026-06-30T22:00Z',
].map((text) => Temporal.Instant.from(text).epochMilliseconds); // prettier-ignore

const minuteMs = 60_000;
const dims = fc.record(
  { region: fc.constantFrom(...dimensions.region), tier: fc.constantFrom(...dimensions.tier, 'lead') },
  { requiredKeys: [] },
);
export const usage: fc.Arbitrary<Usage> = fc.record({
  quantity: fc.oneof(
    { weight: 6, arbitrary: fc.nat(30).map(BigInt) },
    { weight: 2, arbitrary: fc.constantFrom(0n, 1n, 60n, 61n, 3600n) },
    { weight: 1, arbitrary: fc.nat(10_000_000).map(BigInt) },
    { weight: 1, arbitrary: fc.constantFrom(10n ** 22n, 123_456_789_012_345_678n) },
  ),
  dims,
  startMs: fc
    .tuple(fc.constantFrom(...nights), fc.integer({ min: -30 * 60, max: 30 * 60 }), fc.constantFrom(0, 0, 1, 999))
    .map(([night, minutes, ms]) => night + minutes * minuteMs + ms),
  durationMs: fc.oneof(
    fc.constantFrom(0, 1, 60 * minuteMs),
    fc.integer({ min: 0, max: 6 * 60 }).map((minutes) => minutes * minuteMs),
    fc.integer({ min: 0, max: 60 * 60 }).map((minutes) => minutes * minuteMs),
  ),
  isStart: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
});

export interface CellPart {
  readonly cell: string | undefined;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly quantity: bigint;
  readonly isStart: boolean;
  /** What of the usage came before the part. */
  readonly begun: bigint;
}

/** The parts that the cells of a price make of it, by a function that tells the cell and where it ends. */
export function partsBy(
  { quantity, startMs, durationMs, isStart }: Usage,
  at: (instantMs: number, endMs: number) => { readonly cell: string | undefined; readonly untilMs: number },
): CellPart[] {
  const endMs = startMs + durationMs;
  const parts: CellPart[] = [];
  let fromMs = startMs;
  let before = 0n;
  do {
    const { cell, untilMs } = at(fromMs, endMs);
    const share = untilMs >= endMs ? quantity : (quantity * BigInt(untilMs - startMs)) / BigInt(durationMs);
    parts.push({
      cell,
      fromMs,
      untilMs: Math.min(untilMs, endMs),
      quantity: share - before,
      isStart: isStart && fromMs === startMs,
      begun: before,
    });
    before = share;
    fromMs = untilMs;
  } while (fromMs < endMs);
  return parts;
}

export const referenceParts = ({ model }: PriceRecord, timeZone: string, used: Usage): CellPart[] =>
  partsBy(used, (atMs, endMs) => {
    const place = { dims: used.dims, atMs, timeZone, series: new Map() };
    return { cell: cellAt(model, place), untilMs: nextCellChange(model, place, endMs) };
  });

/** The first boundary that the price tells of is where the sample is cut. */
export const fastParts = (price: CompiledPrice, timeZone: string, { dims: of, ...used }: Usage): CellPart[] =>
  partsBy({ dims: of, ...used }, (atMs, endMs) => {
    let untilMs = endMs;
    const boundary = (instantMs: number) => {
      if (instantMs > atMs) untilMs = Math.min(untilMs, instantMs);
    };
    return { cell: price.cellAt({ dims: of, atMs, timeZone, boundary })?.key, untilMs };
  });

type Event = Pick<CellPart, 'quantity' | 'isStart'> & { readonly begun?: bigint };

/** What the fast engine's cell has tallied after one more event. */
export function measured(cell: Cell, before: Measures, { quantity, isStart, begun }: Event): Measures {
  const starts = isStart ? 1n : 0n;
  if (!cell.countsEvents) return { ...before, quantity: before.quantity + quantity };
  const value = cell.valueAfter(before, quantity, starts, begun);
  return { quantity: before.quantity + quantity, events: before.events + starts, value };
}

/** The reference's, from all events of the cell so far. */
export const notedAll = (price: PriceRecord, cell: string, scale: number, events: readonly Event[]): Noted =>
  events.reduce((before, event) => note(price, leafOf(price.model, cell), scale, before, event), nothingNoted);
