/** Cells and aggregations through the whole engine, worked out by hand. */
import { describe, expect, test } from 'vitest';
import type { ControlChange, MeterRecord, PriceRecord } from '../messages/control.ts';
import { account, brief, meter, owner, price, TestPartition } from './testing/partition.ts';

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const hour = 3_600_000;
const day = at('2026-03-02T00:00:00Z');
const perUnit = (unitPrice: string) => ({ kind: 'perUnit', unitPrice }) as const;

function partition(of: Parameters<typeof meter>[1], more: Partial<PriceRecord>, ...changes: ControlChange[]) {
  const world = new TestPartition(account(1, 0), owner('r', 1), owner('q', 1), meter('m', of), ...changes);
  world.timeMs = day + 30 * 24 * hour;
  world.control(price(1, 'm', '1', more));
  return world;
}

describe('aggregations', () => {
  const levels = [5, 9, 3, 12].map((quantity, i) => ({ kind: 'level' as const, startMs: day + i, quantity }));
  const figures = (rows: string[]) => rows.map((row) => row.split(' ').slice(3).join(' '));

  test('count: one a sample, of any unit', () => {
    const world = partition({ aggregation: 'count', metric: 'm' }, {});
    expect(figures(brief(world.send(...levels)))).toEqual(['1 1', '1 1', '1 1', '1 1']);
  });

  test('max: what the greatest grows by', () => {
    const world = partition({ aggregation: 'max' }, { allowance: '6' });
    expect(figures(brief(world.send(...levels)))).toEqual(['5 0', '4 3', '0 0', '3 3']);
  });

  test('latest: the difference to the newest, whichever comes last', () => {
    const world = partition({ aggregation: 'latest' }, {});
    const [a, b, c, d] = levels;
    expect(figures(brief(world.send(a!, d!, b!, c!)))).toEqual(['5 5', '7 7', '0 0', '0 0']);
    expect(figures(brief(world.send({ ...d!, quantity: 2 })))).toEqual(['-10 -10']);
  });

  test('unique: resources, each once a month', () => {
    const world = partition({ aggregation: 'unique' }, {});
    const sent = ['r', 'q', 'r'].map((resource, i) => ({ ...levels[i]!, resource }));
    expect(figures(brief(world.send(...sent)))).toEqual(['1 1', '1 1', '0 0']);
  });

  test('samplePercentile: the sample as it came, where it begins; one more set aside lessens it', () => {
    const world = partition({ aggregation: 'samplePercentile', samples: { discardPercent: '50', countMax: 3 } }, {});
    expect(figures(brief(world.send(...levels)))).toEqual(['5 5', '0 0', '0 0']);
    const calls = partition({ aggregation: 'samplePercentile', samples: { discardPercent: '34', countMax: 9 } }, {});
    const three = [9, 1, 2].map((quantity, i) => ({ startMs: day + i, quantity }));
    expect(figures(brief(calls.send(...three)))).toEqual(['9 9', '0 0', '-7 -7']);
    const month = at('2026-03-31T22:00:00Z');
    const long = { resource: 'q', startMs: month - hour, durationMs: 2 * hour, quantity: 8 };
    expect(figures(brief(calls.send(long)))).toEqual(['6 6', '0 0']);
  });

  test('unique beyond its limit: an estimate by the choice of the meter, or refused', () => {
    const resources = ['r', 'q', 's', 't', 'r'];
    const sent = resources.map((resource, i) => ({ ...levels[0]!, startMs: day + i, resource }));
    const of = (beyond: 'approximate' | 'refuse') =>
      partition({ aggregation: 'unique', exact: { upTo: 2, beyond } }, {}, owner('s', 1), owner('t', 1));
    const quantities = figures(brief(of('approximate').send(...sent))).map((figure) => Number(figure.split(' ')[0]));
    expect(quantities.slice(0, 2)).toEqual([1, 1]);
    expect(quantities[2]! >= 1 && quantities[3]! >= 0 && quantities[4] === 0).toBe(true);
    expect(figures(brief(of('refuse').send(...sent)))).toEqual(['1 1', '1 1', '0 0']);
  });

  test('percentile of each direction: a price grouped by the dimension charges what a meter of each does', () => {
    const slots = { lengthMs: 12 * hour, discardPercent: '2' };
    const of = (id: string, filter: MeterRecord['filter']) => meter(id, { metric: 'm', aggregation: 'percentile', slots, filter }); // prettier-ignore
    const grouped = { kind: 'grouped', by: ['way'], groupsMax: 2, model: perUnit('1') } as const;
    const meters = [of('m.in', { way: ['in'] }), of('m.out', { way: ['out'] })];
    const world = partition({ aggregation: 'percentile', slots, filter: { way: ['in', 'out'] } }, { model: grouped }, ...meters); // prettier-ignore
    world.control(price(2, 'm.in', '1'), price(3, 'm.out', '1'));
    const dims: Record<string, string>[] = ['in', 'out', 'in', 'in', 'out', 'out', 'in'].map((way) => ({ way }));
    const samples = dims.map((_, i) => ({ startMs: day + i * 6 * hour, quantity: [9, 4, 7, 8, 6, 5, 3][i]! }));
    const series = dims.map((_, i): [number, number, number] => [i, i, i]);
    const { rows } = world.usage(world.body(1, samples, { dims, series }));
    const charged = (prices: number[]) => rows.filter((row) => prices.includes(row.price)).map((row) => row.amount.toNumber()); // prettier-ignore
    expect(charged([1])).toEqual(charged([2, 3]));
    expect(charged([1]).filter((amount) => amount > 0).length).toBeGreaterThan(2);
  });

  test('a part that a boundary cut off is no sample, but has a level', () => {
    const month = at('2026-03-31T22:00:00Z');
    const long = { kind: 'level' as const, startMs: month - hour, durationMs: 2 * hour, quantity: 4 };
    expect(figures(brief(partition({ aggregation: 'count' }, {}).send(long)))).toEqual(['1 1', '0 0']);
    expect(figures(brief(partition({ aggregation: 'max' }, {}).send(long)))).toEqual(['4 4', '4 4']);
  });

  test('an unpriced maximum is taken over by what it adds to the position before', () => {
    const world = partition({ aggregation: 'max' }, { effectiveFromMs: day + 10 });
    const send = (startMs: number, quantity: number) =>
      figures(brief(world.send({ kind: 'level', startMs, quantity })));
    expect(send(day + 20, 8)).toEqual(['8 8']);
    expect(send(day + 1, 11)).toEqual(['11 0']);
    const second = price(2, 'm', '1', { key: 'p1', version: 2 });
    expect(figures(brief(world.control(second)))).toEqual(['-11 0', '3 3']);
  });
});

describe('cells', () => {
  const schedule = {
    kind: 'schedule', otherwise: perUnit('1'),
    bands: [{ name: 'night', days: ['sun'], from: '01:00', to: '03:00', model: perUnit('10') }],
  } as const; // prettier-ignore
  const around = (text: string) => [{ startMs: at(text), durationMs: 4 * hour, quantity: 240 }];

  test('a sample is cut where the band begins and ends', () => {
    const rows = brief(partition({}, { model: schedule }).send(...around('2026-03-08T00:00:00+01:00')));
    const start = at('2026-03-08T00:00:00+01:00');
    expect(rows).toEqual([
      `1 1 ${start}+${hour} 60 60`,
      `1 1 ${start + hour}+${2 * hour} 120 1200`,
      `1 1 ${start + 3 * hour}+${hour} 60 60`,
    ]);
  });

  test('an hour that the clock skips is in no band: of the night of 29 March one hour is left', () => {
    const rows = brief(partition({}, { model: schedule }).send(...around('2026-03-29T00:00:00+01:00')));
    const start = at('2026-03-29T00:00:00+01:00');
    expect(rows).toEqual([
      `1 1 ${start}+${hour} 60 60`,
      `1 1 ${start + hour}+${hour} 60 600`,
      `1 1 ${start + 2 * hour}+${2 * hour} 120 120`,
    ]);
  });

  test('each cell has an allowance and tiers of its own', () => {
    const world = partition({}, { model: schedule, allowance: '60' });
    expect(brief(world.send(...around('2026-03-08T00:00:00+01:00'))).map((row) => row.split(' ').at(-1))).toEqual([
      '0',
      '600',
      '60',
    ]);
  });

  test('more groups than a price has room for are refused, the known ones go on', () => {
    const grouped = { kind: 'grouped', by: ['region'], groupsMax: 1, model: perUnit('2') } as const;
    const world = partition({}, { model: grouped });
    const sample = { startMs: day, quantity: 3 };
    const send = (seq: number, dims: Record<string, string>) =>
      world.usage(world.body(seq, [sample], { dims: [dims], series: [[0, 0, 0]] }));
    expect(brief(send(1, { region: 'eu' }))).toEqual([`1 1 ${day}+0 3 6`]);
    expect(send(2, { region: 'us' }).refusals.map(({ reason }) => reason)).toEqual(['out_of_range']);
    expect(brief(send(3, { region: 'eu' }))).toEqual([`1 1 ${day}+0 3 6`]);
  });

  test('what no rule of a matrix matches is unpriced', () => {
    const rules = [
      { name: 'eu', match: { region: 'eu' }, model: perUnit('2') },
      { name: 'eu gold', match: { region: 'eu', tier: 'gold' }, model: perUnit('3') },
    ];
    const world = partition({}, { model: { kind: 'matrix', rules, otherwise: null } });
    const dims: Record<string, string>[] = [{ region: 'eu' }, { region: 'eu', tier: 'gold' }, { tier: 'gold' }];
    const samples = dims.map((_, i) => ({ startMs: day + i, quantity: 1 }));
    const series = dims.map((_, i): [number, number, number] => [i, i, i]);
    const rows = brief(world.usage(world.body(1, samples, { dims, series })));
    expect(rows).toEqual([`1 1 ${day}+0 1 2`, `1 1 ${day + 1}+0 1 3`, `1 0 ${day + 2}+0 1 0`]);
  });
});
