import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LeafModel, PriceModel, Weekday } from '#core/messages/price.ts';
import { compilePrice } from '../compile.ts';
import { schedule } from '../testing/arbitrary.ts';
import { priceOf } from '../testing/prices.ts';
import { stretchAt } from './wallClock.ts';

const meter = { scale: 0 };
const unitPrice = (price: string): LeafModel => ({ kind: 'perUnit', unitPrice: price });
const nowhere = { atMs: 0, timeZone: 'UTC', boundary: () => {} };

/** The key, and the window in which it holds. */
function placeAt(model: PriceModel, atMs: number, timeZone: string) {
  let fromMs = -Infinity;
  let toMs = Infinity;
  const boundary = (instantMs: number) => {
    if (instantMs <= atMs) fromMs = Math.max(fromMs, instantMs);
    else toMs = Math.min(toMs, instantMs);
  };
  return { key: compilePrice(priceOf(model), meter).cellAt({ dims: {}, atMs, timeZone, boundary })?.key, fromMs, toMs };
}

describe('schedule', () => {
  const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

  /** What the calendar says, band by band. */
  function bandOf(model: Extract<PriceModel, { kind: 'schedule' }>, atMs: number, timeZone: string) {
    const local = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone);
    const time = local.toPlainTime().toString({ smallestUnit: 'millisecond' });
    const day = weekdays[local.dayOfWeek - 1]!;
    const band = model.bands.find(({ days, from, to }) => days.includes(day) && from <= time && time < to);
    return band?.name ?? (model.otherwise === null ? undefined : 'otherwise');
  }

  // Lord Howe moves by half an hour, Havana at midnight, Apia left out a day in 2011.
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Havana', 'Pacific/Apia', 'UTC'];
  const instants = [
    '2026-03-29T01:00Z',
    '2026-10-25T01:00Z',
    '2026-11-01T05:00Z',
    '2011-12-30T10:00Z',
    '1970-01-01T00:00Z',
  ];

  test('The cell is that of the wall clock, and changes at both ends of its window and nowhere within', () => {
    const atMs = fc
      .tuple(fc.constantFrom(...instants), fc.integer({ min: -72 * 3600, max: 72 * 3600 }))
      .map(([text, seconds]) => Temporal.Instant.from(text).epochMilliseconds + seconds * 1000);
    fc.assert(
      fc.property(schedule, fc.constantFrom(...zones), atMs, (model, timeZone, at) => {
        const { key, fromMs, toMs } = placeAt(model, at, timeZone);
        expect(key).toBe(bandOf(model, at, timeZone));
        if (fromMs === -Infinity) {
          expect(toMs).toBe(Infinity);
          return;
        }
        expect([fromMs <= at, at < toMs]).toEqual([true, true]);
        expect(bandOf(model, fromMs - 1, timeZone)).not.toBe(key);
        expect(bandOf(model, toMs, timeZone)).not.toBe(key);
        for (let part = 0; part <= 20; part++) {
          const within = Math.min(toMs - 1, Math.floor(fromMs + ((toMs - fromMs) * part) / 20));
          expect(bandOf(model, within, timeZone)).toBe(key);
        }
      }),
      { numRuns: 500 },
    );
  });

  const day = { name: 'day', days: weekdays, from: '03:00', to: '23:00', model: unitPrice('2') };
  const tariff: PriceModel = {
    kind: 'schedule',
    bands: [day],
    otherwise: unitPrice('1'),
  };

  test.each([
    ['a common night', '2026-10-26T00:00Z', 4],
    ['the clock put back repeats an hour of the night', '2026-10-25T00:00Z', 5],
    ['the clock put forward skips one', '2026-03-29T00:00Z', 3],
  ])('%s', (_, at, hours) => {
    const { key, fromMs, toMs } = placeAt(tariff, Temporal.Instant.from(at).epochMilliseconds, 'Europe/Berlin');
    expect([key, (toMs - fromMs) / 3_600_000]).toEqual(['otherwise', hours]);
  });
});

test('A jump belongs to the wall clock after it, whichever side is asked first', () => {
  const jumpMs = Temporal.Instant.from('2027-03-28T01:00Z').epochMilliseconds;
  for (const timeZone of ['Europe/Berlin', 'Europe/Vienna']) {
    const asked = timeZone === 'Europe/Berlin' ? [jumpMs, jumpMs - 1] : [jumpMs - 1, jumpMs];
    const offsets = new Map(asked.map((atMs) => [atMs, stretchAt(atMs, timeZone).offsetMs / 3_600_000]));
    expect([offsets.get(jumpMs - 1), offsets.get(jumpMs)]).toEqual([1, 2]);
  }
  expect(stretchAt(jumpMs, 'UTC')).toEqual({ fromMs: -Infinity, toMs: Infinity, offsetMs: 0 });
});

describe('matrix', () => {
  const rule = (name: string, match: Record<string, string>) => ({ name, match, model: unitPrice('1') });
  const rules = [rule('any', {}), rule('a', { a: '1' }), rule('ab', { a: '1', b: '2' }), rule('c', { c: '3', d: '4' })];
  const keyOf = (dims: Record<string, string>, order = rules) =>
    compilePrice(priceOf({ kind: 'matrix', rules: order, otherwise: null }), meter).cellAt({ ...nowhere, dims })?.key;

  test('The rule that names most wins, wherever it stands; inherited names are no dimensions', () => {
    for (const order of [rules, rules.toReversed()]) {
      expect(keyOf({ a: '1', b: '2', x: 'y' }, order)).toBe('ab');
      expect(keyOf({ a: '1', b: '3' }, order)).toBe('a');
      expect(keyOf({ c: '3' }, order)).toBe('any');
    }
    expect(keyOf({}, [rule('x', { toString: 'y' })])).toBeUndefined();
  });
});

describe('grouped', () => {
  const model: PriceModel = { kind: 'grouped', by: ['a', 'b'], groupsMax: 10, model: unitPrice('1') };
  const price = compilePrice(priceOf(model), meter);
  const value = fc.oneof(fc.string(), fc.constantFrom('', ',', '"', '","', '\\', '\ud800', 'ü'));

  test('Different values have different keys, which read back', () => {
    const keyOf = (a: string, b: string) => price.cellAt({ ...nowhere, dims: { a, b, c: 'x' } })?.key;
    fc.assert(
      fc.property(value, value, value, value, (a, b, c, d) => {
        const [key, other] = [keyOf(a, b), keyOf(c, d)];
        expect(key === other).toBe(a === c && b === d);
        expect(price.cell(key!)?.key).toBe(key);
        expect(JSON.parse(new TextDecoder().decode(new TextEncoder().encode(key)))).toEqual([a, b]);
      }),
    );
  });

  test('A key that is too long is no cell, nor is one that no sample could have', () => {
    expect(price.cellAt({ ...nowhere, dims: { a: 'x'.repeat(193) } })?.key).toHaveLength(200);
    expect(price.cellAt({ ...nowhere, dims: { a: 'x'.repeat(194) } })).toBeUndefined();
    for (const key of ['', '[]', '["a"]', '["a","b","c"]', '["a", "b"]', '[1,"b"]', 'eu'])
      expect(price.cell(key)).toBeUndefined();
  });
});

test('Names are keys: none is used twice, none is the key of what is left; bands do not overlap', () => {
  const band = (name: string, from: string, to: string) =>
    ({ name, days: ['mon'], from, to, model: unitPrice('1') }) as const;
  const of =
    (...bands: readonly ReturnType<typeof band>[]) =>
    () =>
      compilePrice(priceOf({ kind: 'schedule', bands, otherwise: null }), meter);
  expect(of(band('a', '22:00', '24:00'), band('b', '00:00', '06:00'))().cell('a')?.key).toBe('a');
  expect(of(band('a', '22:00', '24:00'), band('a', '00:00', '06:00'))).toThrow(RangeError);
  expect(of(band('otherwise', '22:00', '24:00'))).toThrow(RangeError);
  expect(of(band('a', '22:00', '24:00'), band('b', '23:00', '24:00'))).toThrow('overlap');
});
