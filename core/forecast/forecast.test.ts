import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forecastByHours } from '../reference/forecast.ts';
import { forecast, forecastHoursMax, type ForecastInput } from './index.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** A Monday, a whole hour. */
const start = Date.UTC(2026, 10, 2);

/** A period that began with the series, `known` hours ago, and ends `toCome` hours from now. */
function seen(
  series: (hour: number) => number | bigint,
  known: number,
  toCome: number,
  periodHours = known,
): ForecastInput {
  const hours = Array.from({ length: known }, (_, index) => BigInt(series(index)));
  const spent = hours.slice(known - periodHours).reduce((sum, value) => sum + value, 0n);
  const nowMs = start + known * hour;
  return { hours, spent, startMs: nowMs - periodHours * hour, nowMs, endMs: nowMs + toCome * hour };
}

const total = (series: (hour: number) => number | bigint, hours: number): bigint =>
  Array.from({ length: hours }, (_, index) => BigInt(series(index))).reduce((sum, value) => sum + value, 0n);

const always = () => 7;
const byDay = (index: number) => (index % 24 >= 8 && index % 24 < 18 ? 100 : 10);
const byWeek = (index: number) => (Math.floor(index / 24) % 7 < 5 ? byDay(index) : 3);

test.each([
  ['constant, for an hour', always, 1, 719, 'pace'],
  ['constant, for three days', always, 72, 648, 'hourOfDay'],
  ['constant, for three weeks', always, 504, 216, 'hourOfWeek'],
  ['a daily season, from two days on', byDay, 48, 671, 'hourOfDay'],
  ['a daily season, in the middle of a day', byDay, 61, 659, 'hourOfDay'],
  ['a weekly season, from two weeks on', byWeek, 336, 408, 'hourOfWeek'],
  ['a weekly season, in the middle of a week', byWeek, 431, 301, 'hourOfWeek'],
])('%s: exactly what comes', (_, series, known, toCome, method) => {
  const given = seen(series, known, toCome);
  const what = forecast(given);
  expect(what).toMatchObject({ method, expected: total(series, known + toCome) });
  // A method that never was off has no band; after one hour nothing of the kind is known.
  const exact = known > 1;
  expect([what.low, what.high]).toEqual(
    exact ? [what.expected, what.expected] : [given.spent, 2n * what.expected - given.spent],
  );
});

test('growth that every week shows goes on by the least of what a week added; steady growth is met exactly, week by week', () => {
  const growing = (index: number) => byWeek(index) * (10 + Math.floor(index / 168));
  expect(forecast(seen(growing, 672, 336))).toMatchObject({ expected: total(growing, 1008) });
  const stepped = (index: number) => [100, 110, 150, 165, 175, 185][Math.floor(index / 168)]!;
  expect(forecast(seen(stepped, 672, 336)).expected).toBe(
    total(stepped, 672) + BigInt((131.25 + 25 + 131.25 + 35) * 168),
  );
});

test('a decline goes on as well, and never below nothing', () => {
  const falling = (index: number) => [30, 20, 10][Math.floor(index / 168)] ?? 0;
  expect(forecast(seen(falling, 504, 336)).expected).toBe(total(falling, 504));
});

test('a burst counts as often as it was seen, and moves no trend', () => {
  const burst = (index: number) => (index === 500 ? 4_000 : 10);
  const what = forecast(seen(burst, 672, 168));
  expect(what.expected).toBe(total(burst, 672) + 1_680n + 3_990n / 4n + 1n);
  expect(what.high).toBeGreaterThan(what.expected);
});

test('nothing yet, or nothing to come: what is spent', () => {
  expect(forecast(seen(() => 0, 100, 500))).toEqual({ expected: 0n, low: 0n, high: 0n, method: 'none' });
  expect(forecast(seen(() => 0, 0, 500))).toEqual({ expected: 0n, low: 0n, high: 0n, method: 'none' });
  expect(forecast(seen(always, 100, 0))).toEqual({ expected: 700n, low: 700n, high: 700n, method: 'none' });
  expect(forecast(seen(always, 100, -5))).toMatchObject({ expected: 700n, method: 'none' });
});

test('what began late goes by its own hours; a sum without hours by the pace of the period', () => {
  const late = (index: number) => (index < 200 ? 0 : 5);
  expect(forecast(seen(late, 210, 100))).toMatchObject({ expected: 550n, method: 'pace' });
  const seeded = { hours: [], spent: 90n, startMs: start, nowMs: start + 9 * day, endMs: start + 30 * day };
  expect(forecast(seeded)).toEqual({ expected: 300n, low: 90n, high: 510n, method: 'pace' });
});

test('a gap is hours without spend, and a negative hour counts as what it is', () => {
  const gap = (index: number) => (index >= 48 && index < 72 ? 0 : 24);
  expect(forecast(seen(gap, 96, 24)).expected).toBe(BigInt(72 * 24 + 18 * 24));
  const back = (index: number) => (index === 30 ? -240 : 10);
  expect(forecast(seen(back, 48, 24)).expected).toBe(470n - 240n + 240n - 125n);
  const only = { ...seen(() => 0, 0, 0), hours: [-10n], spent: -10n, endMs: start + 2 * hour };
  expect(forecast(only)).toEqual({ expected: -30n, low: -50n, high: -10n, method: 'pace' });
});

test('hours before the last four weeks are passed over', () => {
  const given = seen(byWeek, forecastHoursMax, 100);
  expect(forecast({ ...given, hours: [9_000n, ...given.hours] })).toEqual(forecast(given));
});

test('parts of an hour are in proportion, and the figure is rounded once, half to even', () => {
  const given = seen(() => 8, 1, 0);
  const after = (ms: number) => forecast({ ...given, endMs: given.nowMs + ms }).expected - given.spent;
  expect([after(hour / 2), after(hour / 16), after((hour * 3) / 16)]).toEqual([4n, 0n, 2n]);
  // Half past: what is left of the hour counts, and what was spent in it is in the sum.
  expect(forecast({ ...given, nowMs: given.nowMs + hour / 2, endMs: given.nowMs + 2 * hour }).expected).toBe(20n);
});

test('the band holds nine of ten of what comes, and more than six of ten where one hour drags the next along', () => {
  const held = (drag: number): number => {
    let state = 20_261_123;
    const random = () => {
      for (const shift of [13, -17, 5]) state ^= shift > 0 ? state << shift : state >>> -shift;
      return (state >>> 0) / 2 ** 32;
    };
    const tries = Array.from({ length: 40 }, () => {
      let push = 0;
      const noisy = Array.from({ length: 744 }, (_, index) => {
        push = drag * push + random() - 0.5;
        return Math.round(byWeek(index) * 40 * (2 + push));
      });
      return [400, 600, 672].map((known) => {
        const what = forecast(seen((index) => noisy[index]!, known, 72));
        const came = total((index) => noisy[index]!, known + 72);
        return what.low <= came && came <= what.high;
      });
    }).flat();
    return tries.filter(Boolean).length / tries.length;
  };
  expect(held(0)).toBeGreaterThan(0.85);
  expect(held(0)).toBeLessThan(0.97);
  expect(held(0.98)).toBeGreaterThan(0.6);
});

test('SAME: hour by hour, with other fractions, the very same figures', () => {
  const amounts = fc.oneof(fc.bigInt(-5n, 200n), fc.bigInt(-(10n ** 18n), 10n ** 20n), fc.constant(0n));
  const shape = fc.record({
    hours: fc.array(amounts, { minLength: 0, maxLength: 60, size: 'max' }),
    repeats: fc.integer({ min: 1, max: 14 }),
    growth: fc.bigInt(-3n, 9n),
    spent: amounts,
    intoHourMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: hour - 1 })),
    elapsedMs: fc.integer({ min: 0, max: 60 * day }),
    remainingMs: fc.oneof(fc.integer({ min: -1, max: 3 * hour }), fc.integer({ min: 0, max: 70 * day })),
  });
  fc.assert(
    fc.property(shape, ({ hours, repeats, growth, spent, intoHourMs, elapsedMs, remainingMs }) => {
      const long = Array.from({ length: repeats }, (_, turn) =>
        hours.map((one) => one * (10n + growth * BigInt(turn))),
      );
      const nowMs = start + 1_000 * hour + intoHourMs;
      const given = { hours: long.flat(), spent, startMs: nowMs - elapsedMs, nowMs, endMs: nowMs + remainingMs };
      const what = forecast(given);
      expect(what).toEqual(forecastByHours(given));
      expect(what.low <= what.expected && what.expected <= what.high).toBe(true);
    }),
    { numRuns: 60 },
  );
});
