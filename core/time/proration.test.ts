import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, one, ratio, sign } from '../money/rational.ts';
import { date } from './dates.ts';
import { cycleCount, cyclesInAdvance, fixedMonthDays } from './cycles.ts';
import { daysTouched, prorate, splitOverTime } from './proration.ts';
import { segmentsOf, type DatedState } from './segments.ts';

const berlin = 'Europe/Berlin';
const at = (text: string) => Date.parse(text);
const instants = fc.integer({ min: 1_700_000_000_000, max: 1_760_000_000_000 });
const zones = fc.constantFrom('UTC', berlin, 'America/St_Johns', 'Australia/Lord_Howe');
const basis = fc.constantFrom('second' as const, 'day' as const, 'none' as const);

describe('proration', () => {
  test('a month with the hour that was lost has fewer seconds but all its days', () => {
    const whole = { startMs: at('2026-02-28T23:00Z'), endMs: at('2026-03-31T22:00Z') };
    const part = { startMs: whole.startMs, endMs: at('2026-03-15T23:00Z') };
    expect(prorate(part, whole, 'second', berlin)).toEqual(ratio(15n * 24n, 31n * 24n - 1n));
    expect(prorate(part, whole, 'day', berlin)).toEqual(ratio(15n, 31n));
    expect(prorate(part, whole, 'none', berlin)).toEqual(one);
  });

  test('a share is between 0 and 1, and what has no length is owed in full', () => {
    fc.assert(
      fc.property(instants, instants, instants, instants, basis, zones, (a, b, c, d, by, zone) => {
        const part = { startMs: Math.min(a, b), endMs: Math.max(a, b) };
        const whole = { startMs: Math.min(c, d), endMs: Math.max(c, d) };
        const share = prorate(part, whole, by, zone);
        expect(sign(share)).toBeGreaterThanOrEqual(0);
        expect(compare(share, one)).toBeLessThanOrEqual(0);
        if (whole.endMs > whole.startMs) expect(prorate(whole, whole, by, zone)).toEqual(one);
      }),
    );
    expect(prorate({ startMs: 5, endMs: 5 }, { startMs: 0, endMs: 10 }, 'second', 'UTC')).toEqual(one);
  });

  test('an amount over a cut period adds up, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
        fc.array(instants, { minLength: 2, maxLength: 8 }),
        basis,
        zones,
        (amount, edges, by, zone) => {
          const sorted = edges.toSorted((a, b) => a - b);
          const whole = { startMs: sorted[0]!, endMs: sorted.at(-1)! + 1 };
          const parts = splitOverTime(amount, whole, sorted.slice(1, -1), by, zone);
          expect(parts.reduce((a, b) => a + b, 0n)).toBe(amount);
        },
      ),
    );
  });
});

describe('segments', () => {
  test('fill the period without gap or overlap, alternate, and by day begin and end with days', () => {
    const states: fc.Arbitrary<DatedState<string>[]> = fc.array(
      fc.record({ fromMs: instants, state: fc.constantFrom('a', 'b', null) }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(states, instants, instants, fc.constantFrom('second' as const, 'day' as const), zones, (list, a, b, by, zone) => {
        const period = { startMs: Math.min(a, b), endMs: Math.max(a, b) + 1 };
        const segments = segmentsOf(list, period, by, zone);
        expect(segments[0]!.startMs).toBe(period.startMs);
        expect(segments.at(-1)!.endMs).toBe(period.endMs);
        segments.forEach((segment, index) => {
          expect(segment.endMs).toBeGreaterThan(segment.startMs);
          const next = segments[index + 1];
          if (next === undefined) return;
          expect(next.startMs).toBe(segment.endMs);
          expect(next.state).not.toBe(segment.state);
          if (by === 'day') expect(daysTouched(segment, zone) + daysTouched(next, zone)).toBe(
            daysTouched({ startMs: segment.startMs, endMs: next.endMs }, zone),
          );
        });
      }),
      { numRuns: 300 },
    ); // prettier-ignore
  });

  const march = { startMs: at('2026-02-28T23:00Z'), endMs: at('2026-03-31T22:00Z') };
  const days = (list: DatedState<string>[]) =>
    segmentsOf(list, march, 'day', berlin).map((segment) => [segment.state, daysTouched(segment, berlin)]);

  test('the day of an upgrade is billed to the new plan, the day of a cancellation to the old', () => {
    expect(
      days([
        { fromMs: 0, state: 'basic' },
        { fromMs: at('2026-03-10T15:00Z'), state: 'pro' },
        { fromMs: at('2026-03-20T15:00Z'), state: null },
      ]),
    ).toEqual([
      ['basic', 9],
      ['pro', 11],
      [null, 11],
    ]);
  });

  test('a pause and a resumption on one day leave no day out; a start and a stop on one day are one day', () => {
    expect(
      days([
        { fromMs: 0, state: 'basic' },
        { fromMs: at('2026-03-10T08:00Z'), state: null },
        { fromMs: at('2026-03-10T12:00Z'), state: 'basic' },
      ]),
    ).toEqual([['basic', 31]]);
    expect(
      days([
        { fromMs: at('2026-03-10T08:00Z'), state: 'basic' },
        { fromMs: at('2026-03-10T12:00Z'), state: null },
      ]),
    ).toEqual([
      [null, 9],
      ['basic', 1],
      [null, 21],
    ]);
  });
});

describe('cycles', () => {
  const count = (start: string, end: string | undefined, through: string, interval: 'month' | 'quarter' | 'year', cycleDay: number) =>
    cycleCount(cyclesInAdvance({ start: date(start), ...(end === undefined ? {} : { end: date(end) }), interval, cycleDay }, date(through))); // prettier-ignore

  test('before the first cycle day and before the end they are partial, and the 31st is found again after February', () => {
    expect(count('2026-01-01', undefined, '2026-01-07', 'month', 15)).toEqual(ratio(14n, 31n));
    expect(count('2026-02-14', undefined, '2026-03-01', 'month', 31)).toEqual(ratio(3n, 2n));
    expect(count('2026-02-03', '2026-02-17', '2026-03-01', 'month', 3)).toEqual(ratio(1n, 2n));
    expect(count('2026-05-01', '2026-05-01', '2026-05-01', 'month', 1)).toEqual(ratio(0n));
  });

  test('they follow one another from the start to the end', () => {
    fc.assert(
      fc.property(fc.nat(700), fc.nat(900), fc.integer({ min: 1, max: 31 }), fc.constantFrom('month' as const, 'quarter' as const, 'year' as const), (from, length, cycleDay, interval) => {
        const start = date('2023-06-01').add({ days: from });
        const end = start.add({ days: length + 1 });
        const cycles = cyclesInAdvance({ start, end, interval, cycleDay }, end);
        expect(cycles[0]!.from).toEqual(start);
        expect(cycles.at(-1)!.to).toEqual(end);
        cycles.forEach((cycle, index) => expect(cycles[index + 1]?.from ?? end).toEqual(cycle.to));
      }),
    ); // prettier-ignore
  });

  test('months of a fixed number of days', () => {
    expect(fixedMonthDays(date('2026-02-23'), date('2026-03-15'), 30)).toBe(22);
    expect(fixedMonthDays(date('2026-05-15'), date('2026-05-23'), 30)).toBe(8);
  });
});
