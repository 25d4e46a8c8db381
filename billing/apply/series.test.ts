/** Reference series as YAML says them, and the prices that follow them. */
import { expect, it } from 'vitest';
import type { SeriesPoint } from '#core/messages/series.ts';
import { smallOrganisation } from '../testing/office.ts';
import { nothing } from './check.ts';
import { Faults } from './faults.ts';
import { controlChanges, planChanges, type Plan } from './plan.ts';
import { readOrganisation } from './read.ts';

const price = (model: string, per = 'vCPU·h') =>
  smallOrganisation().replace(
    /prices: .*/,
    `prices: [{ key: cpu, service: H, component: C, meter: cpu, per: ${per}, model: ${model} }]`,
  );
const series = (points: string, more = '') =>
  `series: [{ id: spot, unit: vCPU·h, interval: hour, source: EX${more}, points: [${points}] }]\n`;
const spot = '{ kind: spot, series: spot, multiplier: 1.050, adder: -0.10, minimum: 0 }';

function planned(text: string, present = nothing): { readonly plan: Plan; readonly faults: string[] } {
  const faults = new Faults();
  const plan = planChanges(readOrganisation(text, faults)!, present, Date.UTC(2026, 10, 23), faults);
  return { plan, faults: faults.sorted().map(({ line, code, path }) => `${line} ${code} ${path}`) };
}

it('a series and its points go before the price that follows it; the same again is no change', () => {
  const text = price(spot) + series('{ from: 2026-10-25, value: 85.120 }, { from: 2026-10-25T01:00:00Z, value: -3 }');
  const { plan, faults } = planned(text);
  expect(faults).toEqual([]);
  const changes = controlChanges(plan);
  expect(changes.map(({ kind }) => kind).slice(-4)).toEqual(['series', 'seriesPoints', 'price', 'budget']);
  const record = { id: 'spot', name: 'spot', currency: 'EUR', unit: 'vCPU·h', interval: 'hour', timeZone: 'Europe/Berlin' } as const; // prettier-ignore
  const points: SeriesPoint[] = [
    // Midnight in Berlin.
    { fromMs: Date.UTC(2026, 9, 24, 22), value: '85.12', revision: 1, source: 'EX' },
    { fromMs: Date.UTC(2026, 9, 25, 1), value: '-3', revision: 1, source: 'EX' },
  ];
  expect(changes.at(-4)).toEqual({ kind: 'series', ...record });
  expect(changes.at(-3)).toEqual({ kind: 'seriesPoints', series: 'spot', points });
  expect(plan.prices[0]!.after.model).toEqual({ kind: 'spot', series: 'spot', multiplier: '1.05', adder: '-0.1', minimum: '0' }); // prettier-ignore

  const known = { ...nothing, series: [record], points: new Map([['spot', points]]) };
  const again = planned(text, known).plan;
  expect([...again.series, ...again.points].map(({ status }) => status)).toEqual(['unchanged', 'unchanged', 'unchanged']); // prettier-ignore
  const revised = planned(text.replace('-3', '-4'), known).plan.points;
  expect(revised.map(({ status, after }) => [status, after.value, after.revision])).toEqual([
    ['unchanged', '85.12', 1],
    ['changed', '-4', 2],
  ]);
});

it.each([
  ['a point inside an interval', series('{ from: 2026-10-25T00:30:00Z, value: 1 }'), '13 POINT_INVALID series[0].points[0].from'],
  ['a value too large', series('{ from: 2026-10-25, value: 1000000001 }'), '13 VALUE_INVALID series[0].points[0].value'],
  ['one revision twice', series('{ from: 2026-10-25, value: 1, revision: 2 }, { from: 2026-10-25, value: 2, revision: 2 }'), '13 POINT_INVALID series[0].points[1].from'],
  ['no such interval', series('').replace('hour', 'fortnight'), '13 VALUE_INVALID series[0].interval'],
])('tells %s', (_, text, expected) => {
  expect(planned(smallOrganisation() + text).faults).toEqual([expected]);
}); // prettier-ignore

it('a price names a series that there is, in its unit; a published series keeps its terms', () => {
  expect(planned(price(spot)).faults).toEqual(['10 REFERENCE_UNKNOWN prices[0].model.series']);
  expect(planned(price(spot, 'vCPU·s') + series('')).faults).toEqual(['10 SERIES_UNIT_MISMATCH prices[0].per']);
  expect(planned(price('{ kind: spot, series: spot, minimum: 2, maximum: 1 }') + series('')).faults).toEqual([
    '10 BOUNDS_CROSSED prices[0].model.maximum',
  ]);
  const { plan } = planned(smallOrganisation() + series(''));
  const known = { ...nothing, series: plan.series.map(({ after }) => after) };
  expect(planned(smallOrganisation() + series('').replace('hour', 'day'), known).faults).toEqual(['13 SERIES_FIXED series[0].id']); // prettier-ignore
  expect(planned(smallOrganisation() + series('', ', name: Other'), known).plan.series[0]!.status).toBe('changed');
});
