/** The examples of README.md, read from the page and run. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PriceRecord } from '#core/messages/price.ts';
import { formatAmount, parseDecimal } from '#core/money/fixed.ts';
import { problemCodes } from './check/problems.ts';
import { compilePrice } from './compile.ts';
import type { Cell, CompiledPrice } from './compiled.ts';
import { leafKinds } from './models/index.ts';
import type { PriceSeries } from './series/points.ts';
import { priceOf, tallied, type Event } from './testing/prices.ts';

const page = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
const meter = { scale: 6 };

interface Example {
  readonly section: string;
  readonly price: PriceRecord;
  /** Of a spot price. */
  readonly series: PriceSeries | undefined;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const sections = page.split(/^## /m).slice(1);
const examples: Example[] = sections.flatMap((text) => {
  const section = text.slice(0, text.indexOf('\n'));
  return [...text.matchAll(/```json\n([^`]*)```\n[^|`]*((?:\|.*\n?)+)/g)].map(([, json, table]) => {
    const { model, series, ...more } = JSON.parse(json!) as PriceRecord & { series?: PriceSeries };
    const [head, , ...rows] = table!.trimEnd().split('\n').map(cellsOf);
    return { section, price: priceOf(model, more), series, head: head!, rows };
  });
});

function cellsOf(line: string): string[] {
  return line.slice(1, line.lastIndexOf('|')).split(' | ').map((text) => text.trim()); // prettier-ignore
}

const eventsOf = (text: string): Event[] =>
  text.split(', ').map((event) => ({
    quantity: parseDecimal(event.replace('+', ''), meter.scale)!,
    events: event.startsWith('+') ? 0n : 1n,
  }));

const explained = (cell: Cell, text: string): string[] => {
  const measures = tallied(cell, eventsOf(text)).at(-1)!;
  const steps = cell.explain(measures).map(({ label, amount }) => `${label}: ${amount}`);
  return [text, formatAmount(cell.charge(measures)), steps.join('; ')];
};

/** What is used at an instant, by the cell of its interval. */
const priced = (price: CompiledPrice, text: string): string[] => {
  const [at, used] = text.split(', ');
  const atMs = Temporal.Instant.from(at!).epochMilliseconds;
  const cell = price.cellAt({ dims: {}, atMs, timeZone: 'UTC', boundary: () => {} })!;
  return [text, ...explained(cell, used!).slice(1)];
};

const placed = (price: CompiledPrice, text: string): string[] => {
  const dims = text.startsWith('{') ? (JSON.parse(text) as Record<string, string>) : {};
  const atMs = text.startsWith('{') ? 0 : Temporal.Instant.from(text).epochMilliseconds;
  return [text, price.cellAt({ dims, atMs, timeZone: 'Europe/Berlin', boundary: () => {} })?.key ?? ''];
};

test('Every model and every kind of cells has an example', () => {
  const kinds = examples.map(({ price }) => price.model.kind as string);
  expect([...leafKinds, 'matrix', 'grouped', 'schedule', 'spot'].filter((kind) => !kinds.includes(kind))).toEqual([]);
});

test.each(examples.map((example) => [`${example.section} ${example.rows[0]![0]}`, example] as const))(
  '%s',
  (_, { price, series, head, rows }) => {
    const compiled = compilePrice(price, meter, () => series);
    const ways: Readonly<Record<string, (text: string) => string[]>> = {
      events: (text) => explained(compiled.whole!, text),
      sample: (text) => placed(compiled, text),
      'at, used': (text) => priced(compiled, text),
    };
    const run = ways[head[0]!]!;
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(([text]) => run(text!))).toEqual(rows);
  },
);

test('The table of models says order and linearity of the first example of each', () => {
  const table = /\| model +\| order.*\n.*\n((?:\|.*\n)+)/.exec(page)![1]!.trimEnd().split('\n').map(cellsOf);
  const said = Object.fromEntries(table.map(([kind, ...rest]) => [kind!, rest]));
  expect(Object.keys(said)).toEqual(leafKinds);
  for (const kind of leafKinds) {
    const first = examples.find(({ price }) => price.model.kind === kind)!;
    const { order, whole } = compilePrice(first.price, meter);
    const isLinear = whole!.linear !== undefined;
    expect([kind, order, isLinear ? 'yes' : 'no', whole!.countsEvents ? 'events' : 'quantity']).toEqual([kind, ...said[kind]!]); // prettier-ignore
  }
});

test('The table of problems says every code and its meaning', () => {
  const table = /\| code +\| what.*\n.*\n((?:\|.*\n)+)/.exec(page)![1]!.trimEnd().split('\n').map(cellsOf);
  expect(table).toEqual(Object.entries(problemCodes).map(([code, what]) => [`\`${code}\``, what]));
});
