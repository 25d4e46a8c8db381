import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seriesIntervals, type SeriesPoint, type SeriesRecord } from '../../messages/series.ts';
import { intervalOf } from '../../reference/series.ts';
import { options } from '../../testing/seed.ts';
import { intervalAt, keyOf, startOf } from './intervals.ts';
import { pointAt, withPoints } from './points.ts';

const hour = 3_600_000;
const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;
const power: SeriesRecord = { id: 'power', name: '', currency: 'EUR', unit: 'MWh', interval: 'hour', timeZone: 'Europe/Berlin' }; // prettier-ignore
const seriesOf = (...points: readonly SeriesPoint[]) => withPoints({ record: power, points: [] }, points);
const point = (hours: number, value: string, revision = 1): SeriesPoint => ({ fromMs: hours * hour, value, revision, source: 'EX' }); // prettier-ignore

/** Beginnings of the intervals from one instant until before another. */
function begins(interval: SeriesRecord['interval'], timeZone: string, from: string, until: string): string[] {
  const found: string[] = [];
  for (let ms = at(from); ms < at(until);) {
    const { startMs, endMs } = intervalAt({ interval, timeZone }, ms);
    found.push(keyOf(startMs));
    ms = endMs;
  }
  return found;
}

test('a day has as many intervals as it is long: 23 or 25 hours where the clock jumps', () => {
  const spring = ['2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'] as const;
  const autumn = ['2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'] as const;
  const count = (interval: SeriesRecord['interval'], span: readonly [string, string]) =>
    begins(interval, 'Europe/Berlin', ...span).length;
  expect([count('hour', spring), count('hour', autumn)]).toEqual([23, 25]);
  expect([count('15min', spring), count('15min', autumn)]).toEqual([92, 100]);
  expect([count('day', spring), count('day', autumn), count('month', spring)]).toEqual([1, 1, 1]);
  // Half an hour is skipped or repeated: the last hour of the day ends with it.
  const lordHowe = begins('hour', 'Australia/Lord_Howe', '2026-10-03T13:30:00Z', '2026-10-04T13:00:00Z');
  expect([lordHowe.length, lordHowe.at(-1)]).toEqual([24, '2026-10-04T12:30:00Z']);
});

test('both engines cut time at the same instants, in every zone, and the key says which interval it is', () => {
  const zone = fc.constantFrom('Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/St_Johns', 'UTC');
  const instant = fc.oneof(
    fc.integer({ min: 0, max: at('2040-01-01T00:00:00Z') }),
    fc.integer({ min: -30 * hour, max: 30 * hour }).map((ms) => at('2026-10-25T01:00:00Z') + ms),
    fc.integer({ min: -30 * hour, max: 30 * hour }).map((ms) => at('2026-10-04T15:00:00Z') + ms),
  );
  fc.assert(
    fc.property(fc.constantFrom(...seriesIntervals), zone, instant, (interval, timeZone, ms) => {
      const { startMs, endMs } = intervalAt({ interval, timeZone }, ms);
      const slow = intervalOf({ ...power, interval, timeZone }, ms);
      expect([startMs, endMs]).toEqual([slow.startMs, slow.endMs]);
      expect(startMs <= ms && ms < endMs).toBe(true);
      expect(startOf(keyOf(startMs))).toBe(startMs);
    }),
    options,
  );
  for (const key of ['', 'otherwise', '2026-10-25', '2026-10-25T01:00:00.0Z', '2026-13-25T01:00:00Z'])
    expect(startOf(key)).toBeUndefined();
});

test('ORDER: of each interval the highest revision counts, in whatever order and how often points come', () => {
  const drawn = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(
      fc
        .array(drawn, { maxLength: 20 })
        .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }))),
      ([all, shuffled]) => {
        const points = (list: typeof all) => list.map(([hours, revision]) => point(hours, `${hours}.${revision}`, revision));
        const one = seriesOf(...points(all));
        expect(points(shuffled).reduce((series, each) => withPoints(series, [each]), seriesOf())).toEqual(one);
        for (const { fromMs, revision } of one.points)
          expect(revision).toBe(Math.max(...all.filter(([hours]) => hours * hour === fromMs).map(([, each]) => each)));
      },
    ),
    options,
  );
}); // prettier-ignore

test('a missing point is the last one known, unless that is too old; none is none', () => {
  const series = seriesOf(point(1, '-5'), point(4, '7'));
  const known = (hours: number, maxAgeMs?: number) => {
    const record = maxAgeMs === undefined ? power : { ...power, maxAgeMs };
    const found = pointAt({ ...series, record }, hours * hour);
    return found && [found.point.value, found.isProvisional];
  };
  expect([0, 1, 2, 3, 4, 5].map((hours) => known(hours))).toEqual([
    undefined, ['-5', false], ['-5', true], ['-5', true], ['7', false], ['7', true],
  ]); // prettier-ignore
  expect([known(2, hour), known(3, hour)]).toEqual([['-5', true], undefined]);
});

test('what cannot be a point is told', () => {
  const series = seriesOf(point(1, '5', 2));
  expect(() => withPoints(series, [{ ...point(1, '5'), fromMs: hour + 1 }])).toThrow('begins at 1970-01-01T01:00:00Z');
  expect(() => withPoints(series, [point(1, '6', 2)])).toThrow('a correction is revision 3');
  expect(withPoints(series, [point(1, '5', 2), point(1, '4', 1)]).points).toEqual(series.points);
});
