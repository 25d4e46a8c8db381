import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LeafModel, PriceModel, PriceRecord, Weekday } from '#core/messages/price.ts';
import { checkPrices, type PriceContext } from './check.ts';
import { problemCodes, type ProblemCode } from './check/problems.ts';
import { compilePrice } from './compile.ts';
import { leafModel, leafPrice, schedule } from './testing/arbitrary.ts';
import { priceOf } from './testing/prices.ts';

const context: PriceContext = {
  meterIds: ['m', 'latest', 'p95'],
  meter: (id) =>
    !['m', 'latest', 'p95'].includes(id)
      ? undefined
      : {
          aggregation: id === 'm' ? 'sum' : id === 'latest' ? 'latest' : 'percentile',
          ...(id === 'p95' ? { slots: { lengthMs: 300_000, discardPercent: '5' } } : {}),
          dimensions: ['region', 'tier'],
          unit: (name) => (name === 'unit' || name === 'USD' ? { numerator: '1', denominator: '1' } : undefined),
          unitNames: ['unit'],
        },
  hasAccount: (id) => id < 10,
  series: (id) => (id === 'power' ? { currency: 'EUR', unit: 'unit' } : undefined),
  seriesIds: ['power'],
};

const perUnit: LeafModel = { kind: 'perUnit', unitPrice: '1' };
const perEvent: LeafModel = { kind: 'perEvent', unitPrice: '1', fee: '0' };
const tiers = (...ends: readonly (string | null)[]): PriceModel => ({
  kind: 'graduated',
  tiers: ends.map((upTo) => ({ upTo, unitPrice: '1', flat: '0' })),
});
const rules = (...matches: readonly Record<string, string>[]): PriceModel => ({
  kind: 'matrix',
  rules: matches.map((match, index) => ({ name: `rule ${index}`, match, model: perUnit })),
  otherwise: null,
});
const list: NonNullable<PriceRecord['period']> = { kind: 'list', dates: ['2026-01-02', '2026-01-01'] };
const all: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const bands = (...times: readonly (readonly [readonly string[], string, string])[]): PriceModel => ({
  kind: 'schedule',
  bands: times.map(([days, from, to], index) => ({
    name: `band ${index}`,
    days: days as Weekday[],
    from,
    to,
    model: perUnit,
  })),
  otherwise: null,
});
const rule = { at: 'tally', mode: 'up', increment: '1' } as const;

type Row = readonly [code: ProblemCode, path: string, record: PriceRecord];
const of = (code: ProblemCode, path: string, model: unknown, more: Partial<PriceRecord> = {}): Row => [
  code,
  path === '' ? 'prices[0]' : `prices[0].${path}`,
  priceOf(model as PriceModel, more),
];
const lacking = (field: string) => ({ [field]: undefined }) as unknown as Partial<PriceRecord>;

const table: readonly Row[] = [
  of('FIELD_INVALID', 'tallyScope', perUnit, { tallyScope: 'plan' as never }),
  of('FIELD_INVALID', 'split', perUnit, { split: 'evenly' as never, tallyScope: 'subtree', account: 2 }),
  of('PERIOD_INVALID', 'period.kind', perUnit, { period: { kind: 'moon' } as never }),
  of('PERIOD_INVALID', 'period.interval', perUnit, { period: { kind: 'calendar', interval: 'decade' as never } }),
  of('PERIOD_INVALID', 'period', perUnit, { period: list }),
  of('PERIOD_INVALID', 'period', perUnit, { period: { kind: 'anniversary', anchor: 'start', interval: 'month' } }),
  of('PERIOD_TOO_LONG', 'period', perUnit, { meter: 'p95', period: { kind: 'calendar', interval: 'year' } }),
  of('POOL_OF_EVERYONE', 'account', perUnit, { tallyScope: 'subtree' }),
  of('SPLIT_MEANINGLESS', 'split', perUnit, { split: 'proRata' }),
  of('SPLIT_MEANINGLESS', 'split', perUnit, { meter: 'latest', tallyScope: 'subtree', account: 2 }),
  of('FIELD_INVALID', 'key', perUnit, { key: '' }),
  of('FIELD_INVALID', 'version', perUnit, { version: 1.5 }),
  of('FIELD_INVALID', 'effectiveFromMs', perUnit, { effectiveFromMs: 1e13 }),
  of('FIELD_INVALID', 'tallyScope', perUnit, lacking('tallyScope')),
  of('MODEL_UNKNOWN', 'model.kind', { kind: 'toString' }),
  of('DECIMAL_INVALID', 'model.unitPrice', { kind: 'perUnit', unitPrice: '1e3' }),
  of('DECIMAL_INVALID', 'model.unitPrice', { kind: 'perUnit', unitPrice: 0.1 }),
  of('DECIMAL_INVALID', 'allowance', perUnit, lacking('allowance')),
  of('DECIMALS_TOO_MANY', 'model.unitPrice', { kind: 'perUnit', unitPrice: '0.0000000000001' }),
  of('NUMBER_NEGATIVE', 'model.amount', { kind: 'flat', amount: '-1' }),
  of('NUMBER_ZERO', 'model.size', { kind: 'package', size: '0', price: '1', partial: 'up' }),
  of('NUMBER_TOO_LARGE', 'model.unitPrice', { kind: 'perUnit', unitPrice: '1000000000.1' }),
  of('NUMBER_TOO_LARGE', 'maximum', perUnit, { maximum: '1000000000000001' }),
  of('PERCENT_OUT_OF_RANGE', 'discountPercent', perUnit, { discountPercent: '100.5' }),
  of('PERCENT_OUT_OF_RANGE', 'model.percent', { kind: 'percentage', percent: '101', perEvent: '0', free: 'totals' }),
  of('COUNT_INVALID', 'model.freeEvents', { kind: 'percentage', percent: '1', perEvent: '0', free: 'totals', freeEvents: '1.5' }),
  of('COUNT_INVALID', 'model.tiers[0].count', { kind: 'packageTiers', reach: 'all', tiers: [{ size: '1', count: '0', price: '1' }, { size: '1', count: null, price: '1' }] }),
  of('COUNT_INVALID', 'model.groupsMax', { kind: 'grouped', by: ['region'], groupsMax: 0, model: perUnit }),
  of('TIERS_MISSING', 'model.tiers', tiers()),
  of('LIST_TOO_LONG', 'model.tiers', tiers(...Array.from({ length: 1001 }, (_, i) => (i === 999 ? null : String(i + 1))))),
  of('TIERS_NOT_ASCENDING', 'model.tiers[1].upTo', tiers('10', '5', null)),
  of('TIERS_OVERLAP', 'model.tiers[1].upTo', tiers('10', '10.0', null)),
  of('TIERS_NOT_CLOSED', 'model.tiers[1].upTo', tiers('10', '20')),
  of('TIERS_BEYOND_OPEN', 'model.tiers[0].upTo', tiers(null, null)),
  of('NUMBER_ZERO', 'model.tiers[0].upTo', tiers('0', null)),
  of('BOUNDS_CROSSED', 'model.maximum', { ...perEvent, minimum: '2', maximum: '1' }),
  of('ALLOWANCE_MEANINGLESS', 'allowance', perEvent, { allowance: '1' }),
  of('FIELD_INVALID', 'prorate.by', perUnit, { allowance: '1', prorate: { by: 'hour', allowance: true } as never }),
  of('FIELD_INVALID', 'prorate.allowance', perUnit, { allowance: '1', prorate: { by: 'day', allowance: 1 } as never }),
  of('PRORATION_MEANINGLESS', 'prorate', perUnit, { prorate: { by: 'day' } }),
  of('PRORATION_MEANINGLESS', 'prorate', { kind: 'spot', series: 'power' }, { maximum: '1', prorate: { by: 'day', maximum: true } }),
  of('PRORATION_MEANINGLESS', 'prorate.allowance', perUnit, { prorate: { by: 'day', allowance: true } }),
  of('PRORATION_MEANINGLESS', 'prorate.bounds', tiers(null), { prorate: { by: 'day', bounds: true } }),
  of('PRORATION_MEANINGLESS', 'prorate.flats', perUnit, { prorate: { by: 'second', flats: true } }),
  of('PRORATION_MEANINGLESS', 'prorate.maximum', perUnit, { prorate: { by: 'second', maximum: true } }),
  of('QUANTITY_RULE_MEANINGLESS', 'quantity.at', perEvent, { quantity: rule }),
  of('QUANTITY_RULE_MEANINGLESS', 'quantity.threshold', perEvent, { quantity: { ...rule, at: 'event', threshold: '1' } }),
  of('QUANTITY_RULE_MEANINGLESS', 'quantity', { kind: 'percentage', percent: '1', perEvent: '0', free: 'whicheverFirst', freeEvents: '1' }, { quantity: { ...rule, at: 'event' } }),
  of('EVENTS_OF_LATEST', 'meter', perUnit, { meter: 'latest', quantity: { ...rule, at: 'event' } }),
  of('CURRENCY_UNKNOWN', 'currency', perUnit, { currency: 'EURO' }),
  of('CURRENCY_MISMATCH', 'unit.name', { kind: 'dynamic', multiplier: '1' }, { unit: { name: 'USD', numerator: '1', denominator: '1' } }),
  of('METER_UNKNOWN', 'meter', perUnit, { meter: 'x' }),
  of('ACCOUNT_UNKNOWN', 'account', perUnit, { account: 10 }),
  of('UNIT_UNKNOWN', 'unit.name', perUnit, { unit: { name: 'furlong', numerator: '1', denominator: '1' } }),
  of('UNIT_FACTOR_WRONG', 'unit', perUnit, { unit: { name: 'unit', numerator: '2', denominator: '1' } }),
  of('FIELD_INVALID', 'unit.denominator', perUnit, { unit: { name: 'unit', numerator: '1', denominator: '0' } }),
  of('DIMENSION_UNKNOWN', 'model.rules[0].match.colour', rules({ colour: 'red' })),
  of('DIMENSION_UNKNOWN', 'model.by[1]', { kind: 'grouped', by: ['region', 'colour'], groupsMax: 1, model: perUnit }),
  of('DIMENSION_TWICE', 'model.by[1]', { kind: 'grouped', by: ['region', 'region'], groupsMax: 1, model: perUnit }),
  of('NAME_INVALID', 'model.rules[0].name', { kind: 'matrix', rules: [{ name: 'otherwise', match: {}, model: perUnit }], otherwise: null }),
  of('NAME_TWICE', 'model.rules[1].name', { kind: 'matrix', rules: [{ name: 'a', match: { tier: '1' }, model: perUnit }, { name: 'a', match: {}, model: perUnit }], otherwise: null }),
  of('RULES_AMBIGUOUS', 'model.rules[1].match', rules({ region: 'eu' }, { tier: 'gold' })),
  of('RULES_AMBIGUOUS', 'model.rules[1].match', rules({ region: 'eu' }, { region: 'eu' })),
  of('BAND_INVALID', 'model.bands[0].days', bands([['monday'], '00:00', '24:00'], [all, '00:00', '24:00'])),
  of('BAND_INVALID', 'model.bands[0].to', bands([all, '22:00', '06:00'], [all, '00:00', '24:00'])),
  of('BANDS_OVERLAP', 'model.bands[1]', bands([all, '00:00', '12:00'], [all.slice(0, 1), '11:00', '12:00'], [all, '12:00', '24:00'])),
  of('FIELD_INVALID', 'model.series', { kind: 'spot' }),
  of('NUMBER_NEGATIVE', 'model.multiplier', { kind: 'spot', series: 'power', multiplier: '-1' }),
  of('NUMBER_TOO_LARGE', 'model.adder', { kind: 'spot', series: 'power', adder: '-1000000001' }),
  of('BOUNDS_CROSSED', 'model.maximum', { kind: 'spot', series: 'power', minimum: '-1', maximum: '-2' }),
  of('SERIES_UNKNOWN', 'model.series', { kind: 'spot', series: 'gas' }),
  of('CURRENCY_MISMATCH', 'currency', { kind: 'spot', series: 'power' }, { currency: 'USD' }),
  of('SERIES_UNIT_MISMATCH', 'unit.name', { kind: 'spot', series: 'power' }, { unit: { name: 'USD', numerator: '1', denominator: '1' } }),
  of('BANDS_GAP', 'model.bands', bands([all, '00:00', '12:00'], [all.slice(1), '12:00', '24:00'])),
]; // prettier-ignore

describe('a price list', () => {
  test.each(table)('%s at %s', (code, path, record) => {
    const problems = checkPrices([record], context);
    expect(problems.map((problem) => [problem.code, problem.path])).toContainEqual([code, path]);
    expect(problems.length).toBeLessThanOrEqual(2);
    for (const { value, expected } of problems) expect([value, expected]).not.toContain('');
  });

  test('All problems together, each with its place, what stands there and what would be right', () => {
    const wrong = priceOf(tiers('10', '5', '7'), { currency: 'XXX', allowance: '-1' });
    expect(checkPrices([priceOf(perUnit), { ...wrong, effectiveFromMs: 5 }], context)).toEqual([
      { code: 'CURRENCY_UNKNOWN', path: 'prices[1].currency', value: '"XXX"', expected: 'a code of ISO 4217 in use, like "EUR"' },
      { code: 'TIERS_NOT_CLOSED', path: 'prices[1].model.tiers[2].upTo', value: '"7"', expected: 'null, for all that is beyond' },
      { code: 'TIERS_NOT_ASCENDING', path: 'prices[1].model.tiers[1].upTo', value: '"5"', expected: 'more than the tier before it ends at' },
      { code: 'NUMBER_NEGATIVE', path: 'prices[1].allowance', value: '"-1"', expected: 'zero or more' },
      { code: 'ID_TWICE', path: 'prices[1].id', value: '1', expected: 'another id than prices[0]' },
      { code: 'VERSION_TWICE', path: 'prices[1].version', value: '1', expected: 'another version than prices[0]' },
      { code: 'CURRENCY_MISMATCH', path: 'prices[1].currency', value: '"XXX"', expected: 'EUR, as the other versions of the key' },
    ]); // prettier-ignore
    const twin = { ...priceOf(perUnit), id: 2, key: 'other' };
    expect(checkPrices([priceOf(perUnit), twin], context).map(({ code }) => code)).toEqual(['PRICE_AMBIGUOUS']);
  });

  test('Every code is in the table', () => {
    const tried = new Set<string>([...table.map(([code]) => code), 'ID_TWICE', 'VERSION_TWICE', 'PRICE_AMBIGUOUS']);
    expect(Object.keys(problemCodes).filter((code) => !tried.has(code))).toEqual([]);
  });

  test('Gaps are told in the week, and closed by `otherwise`; a more specific rule ends an ambiguity', () => {
    const office = bands([all.slice(0, 5), '08:00', '18:00']);
    expect(checkPrices([priceOf(office)], context)[0]?.value).toBe(
      '"mon 00:00–08:00, mon 18:00–tue 08:00, tue 18:00–wed 08:00, wed 18:00–thu 08:00, thu 18:00–fri 08:00…',
    );
    expect(checkPrices([priceOf({ ...office, otherwise: perUnit } as PriceModel)], context)).toEqual([]);
    const decided = rules({ region: 'eu' }, { tier: 'gold' }, { region: 'eu', tier: 'gold' });
    expect(checkPrices([priceOf(decided)], context)).toEqual([]);
  });
});

describe('any price', () => {
  const parted: fc.Arbitrary<PriceRecord> = fc.oneof(
    leafPrice,
    schedule.map((model) => priceOf({ ...model, otherwise: perUnit })),
    leafModel.map((model) => priceOf({ kind: 'grouped', by: ['region'], groupsMax: 5, model })),
    leafModel.map((model) => priceOf({ kind: 'matrix', rules: [{ name: 'eu', match: { region: 'eu' }, model }], otherwise: model })),
  ); // prettier-ignore
  const anyUnit: PriceContext = {
    ...context,
    meter: () => ({ aggregation: 'sum', dimensions: undefined, unit: () => undefined, unitNames: [] }),
  };
  const isOfUnit = (code: ProblemCode) => code === 'UNIT_UNKNOWN';

  test('What may be approved has no problems, and compiles', () => {
    fc.assert(
      fc.property(parted, (record) => {
        expect(checkPrices([record], anyUnit).filter(({ code }) => !isOfUnit(code))).toEqual([]);
        compilePrice(record, { scale: 12 });
      }),
      { numRuns: 1000 },
    );
  });

  const junk = fc.oneof(
    fc.constantFrom(null, undefined, '', '0', '-1', '1e9', 'abc', '99999999999999999999999999', '0.0000000000000001', 5, [], {}, '24:00', true, 'otherwise', 'volume'),
    fc.jsonValue(),
  ); // prettier-ignore

  test('Whatever a record says, the check does not throw, and what it passes compiles', () => {
    fc.assert(
      fc.property(parted, fc.nat(), junk, (record, place, value) => {
        const damaged = structuredClone(record) as PriceRecord;
        const spots = spotsOf(damaged);
        const [owner, key] = spots[place % spots.length]!;
        owner[key] = value;
        const problems = checkPrices([damaged], anyUnit).filter(({ code }) => !isOfUnit(code));
        if (problems.length === 0) compilePrice(damaged, { scale: 0 });
      }),
      { numRuns: 3000 },
    );
  });

  /** Every place in a record that can hold something else. */
  function spotsOf(value: unknown): [Record<string, unknown>, string][] {
    if (typeof value !== 'object' || value === null) return [];
    const owner = value as Record<string, unknown>;
    return Object.keys(owner).flatMap((key) => [
      [owner, key] as [Record<string, unknown>, string],
      ...spotsOf(owner[key]),
    ]);
  }
});
