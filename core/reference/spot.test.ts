/** Spot prices through the whole engine, worked out by hand: the example of SPEC §8.8. */
import { describe, expect, test } from 'vitest';
import type { ControlChange } from '../messages/control.ts';
import { text } from './number.ts';
import { account, brief, meter, owner, price, TestPartition } from './testing/partition.ts';

const hour = 3_600_000;
const day = Temporal.Instant.from('2026-03-02T00:00:00Z').epochMilliseconds;

const series: ControlChange = { kind: 'series', id: 'power', name: 'Power', currency: 'EUR', unit: 'kWh', interval: 'hour', timeZone: 'Europe/Berlin' }; // prettier-ignore
const point = (hours: number, value: string, revision = 1): ControlChange => ({
  kind: 'seriesPoints',
  series: 'power',
  points: [{ fromMs: day + hours * hour, value, revision, source: 'EX' }],
});

function partition(...changes: ControlChange[]) {
  const world = new TestPartition(account(1, 0), owner('r', 1), meter('m'), series, ...changes);
  world.timeMs = day + 30 * 24 * hour;
  world.control(
    price(1, 'm', '1', {
      unit: { name: 'kWh', numerator: '1', denominator: '1' },
      model: { kind: 'spot', series: 'power' },
    }),
  );
  return world;
}

/** Kind, hour, quantity and amount. */
const rowsOf = (outcome: ReturnType<TestPartition['send']>) =>
  outcome.rows.map(
    ({ kind, startMs, quantity, amount }) => `${kind} ${(startMs - day) / hour} ${text(quantity)} ${text(amount)}`,
  );

describe('spot', () => {
  test('a missing point prices at the last known, and what comes is charged by difference', () => {
    const world = partition(point(0, '0.5'));
    // Eight kilowatt hours from 00:30 to 02:30: three parts, two of them at the price of the first hour for now.
    expect(rowsOf(world.send({ startMs: day + hour / 2, durationMs: 2 * hour, quantity: 8 }))).toEqual([
      'usage 0.5 2 1', 'usage 1 4 2', 'usage 2 2 1',
    ]); // prettier-ignore
    // Of the second hour, and of the third, whose last known it is; negative.
    expect(rowsOf(world.control(point(1, '-0.25')))).toEqual(['adjustment 1 0 -3', 'adjustment 2 0 -1.5']);
    expect(rowsOf(world.control(point(2, '1')))).toEqual(['adjustment 2 0 2.5']);
    // A correction, the one before it late, and the same once more.
    expect(rowsOf(world.control(point(1, '0.75', 3)))).toEqual(['adjustment 1 0 4']);
    expect(rowsOf(world.control(point(1, '9', 2)))).toEqual([]);
    expect(rowsOf(world.control(point(1, '0.75', 3)))).toEqual([]);
    expect(world.control(point(1, '0.8', 3)).refusals.map(({ reason }) => reason)).toEqual(['control_rejected']);
    expect(rowsOf(world.send({ startMs: day + 2.5 * hour, quantity: 4 }))).toEqual(['usage 2.5 4 4']);
  });

  test('no point yet: the interval costs nothing until one comes', () => {
    const world = partition();
    expect(rowsOf(world.send({ startMs: day, quantity: 4 }))).toEqual(['usage 0 4 0']);
    expect(rowsOf(world.control(point(1, '7')))).toEqual([]);
    expect(rowsOf(world.control(point(-5, '2')))).toEqual(['adjustment 0 0 8']);
    expect(brief(world.send({ startMs: day + 40 * 60_000, durationMs: hour, quantity: 3 })).length).toBe(2);
  });

  test('a series that is not there, or is in another currency or unit, prices nothing', () => {
    const world = partition();
    const refused = (...changes: ControlChange[]) => world.control(...changes).refusals.length;
    const spot = (id: number, name: string, currency = 'EUR', of = 'power') =>
      price(id, 'm', '1', { currency, unit: { name, numerator: '1', denominator: '1' }, model: { kind: 'spot', series: of } });
    expect([refused(spot(2, 'MWh')), refused(spot(2, 'kWh', 'USD')), refused(spot(2, 'kWh', 'EUR', 'gas'))]).toEqual([1, 1, 1]);
    expect(refused({ ...series, interval: 'day' } as ControlChange)).toBe(1);
    expect(refused({ ...series, name: 'Other' } as ControlChange)).toBe(0);
    expect(refused(spot(2, 'kWh'))).toBe(0);
  }); // prettier-ignore
});
