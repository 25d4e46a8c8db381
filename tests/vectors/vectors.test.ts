import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readDecimal } from '#core/money/rational.ts';
import { check } from './check.ts';
import { families } from './families.ts';
import { reportOn, vectorsCommand } from './main.ts';
import { parseVectors, plainDecimal, type Json, type Vector } from './vector.ts';

const own = readdirSync(new URL('own/', import.meta.url)).flatMap((name) =>
  parseVectors(readFileSync(new URL(`own/${name}`, import.meta.url), 'utf8')),
);
/** Where ours is meant to differ, and by which rule. */
const exceptions: Readonly<Record<string, string>> = {
  'volume-part': 'volume tiers are charged as usage grows',
  'volume-last-part': 'the last part of volume tiers is the rest',
  'percentage-limit-reached': 'an event is free while both limits hold',
  'rates-drift': 'upstream defect',
  'rates-offset': 'an event may begin further into its rates than it lasts',
  'rounding-unknown': 'an unknown rounding is refused',
  'balances-abandoned': 'what can be afforded is found',
  'cycles-aligned': 'the first cycle is aligned to the cycle day',
};

test.each(own.map((vector) => [vector.id, vector] as const))('%s', (id, vector) => {
  const verdict = check(vector);
  if (id === 'deferred') expect(verdict.kind).toBe('deferred');
  else if (id in exceptions) expect(verdict).toMatchObject({ kind: 'exception', rule: exceptions[id] });
  else expect(verdict).toEqual({ kind: 'passed' });
});

test('every family that is built has vectors of our own', () => {
  expect(new Set(own.map(({ family }) => family))).toEqual(new Set([...Object.keys(families), 'forecast']));
});

test('each number that a vector expects is compared, by rule or without', () => {
  const unnoticed = own
    .filter(({ id, upstreamDefect }) => id !== 'deferred' && !upstreamDefect)
    .flatMap((vector) =>
      numbersIn(vector.expected).flatMap((path) => {
        const changed = { ...vector, expected: changedAt(vector.expected, path) as Vector['expected'] };
        return check(changed).kind === 'failed' ? [] : [`${vector.id} ${path.join('.')}`];
      }),
    );
  expect(unnoticed).toEqual([]);
});

describe('nothing is passed over', () => {
  const vector = own.find(({ id }) => id === 'unit-total')!;
  test.each([
    ['a family that is not known', { family: 'unitt' }, /no family "unitt"/],
    ['an area that is not the family’s', { area: 'period' }, /of the area rating/],
    ['a field of the configuration', { config: { ...vector.config, surcharge: '1' } }, /surcharge/],
    ['a field of the inputs', { inputs: { ...vector.inputs, region: 'eu' } }, /region/],
    ['a field that is missing', { config: {} }, /unitAmount/],
    ['a number that is none', { config: { unitAmount: '1,5' } }, /1,5/],
  ] as const)('%s', (_what, change, message) => {
    const verdict = check({ ...vector, ...(change as Partial<Vector>) });
    expect(verdict.kind).toBe('failed');
    expect((verdict as { ours: string }).ours).toMatch(message);
  });

  test('a result that is not computed', () => {
    expect(check({ ...vector, expected: { amount: '1', surcharge: '0' } }).kind).toBe('failed');
  });

  test('a refusal where none is expected, and none where one is', () => {
    expect(check({ ...vector, inputs: { quantity: '-1' } }).kind).toBe('failed');
    expect(check({ ...vector, expected: { error: true } }).kind).toBe('failed');
  });

  test('all are counted', () => {
    const report = reportOn('own', own);
    const sum = (key: 'total' | 'passed' | 'exceptions' | 'deferred' | 'failed') =>
      Object.values(report.areas).reduce((total, area) => total + area[key], 0);
    expect([report.total, sum('total')]).toEqual([own.length, own.length]);
    expect(sum('passed') + sum('exceptions') + sum('deferred') + sum('failed')).toBe(own.length);
    expect(report.deferred).toEqual({ forecast: 1 });
  });
});

test('numbers keep their digits, and a command that is asked wrongly says so', () => {
  const text = '{"vectors":[{"id":"a","family":"b","expected":{"x":1.10,"y":12e-3,"z":90071992547409931}}]}';
  expect(parseVectors(text)[0]!.expected).toEqual({ x: '1.10', y: '0.012', z: '90071992547409931' });
  expect(plainDecimal('-1.25e3')).toBe('-1250');
  expect([vectorsCommand([]), vectorsCommand(['--yaml', 'a']), vectorsCommand(['/nowhere/a.json'])]).toEqual([2, 2, 2]);
});

type Path = readonly (string | number)[];

function numbersIn(value: Json, path: Path = []): Path[] {
  if (typeof value === 'string') return readDecimal(value) === undefined ? [] : [path];
  if (Array.isArray(value)) return value.flatMap((item: Json, index) => numbersIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => numbersIn(item, [...path, key]));
}

function changedAt(value: Json, [key, ...rest]: Path): Json {
  if (key === undefined) return `${value as string}${(value as string).includes('.') ? '7' : '1'}`;
  if (Array.isArray(value)) return value.map((item: Json, index) => (index === key ? changedAt(item, rest) : item));
  const object = value as { readonly [key: string]: Json };
  return { ...object, [key]: changedAt(object[key]!, rest) };
}
