import { describe, expect, test } from 'vitest';
import type { AccountRecord, ProducerRecord } from '#core/messages/control.ts';
import { replyAt } from '../testing/closes.ts';
import { checklistOf, type CloseFacts } from './checklist.ts';

const day = 86_400_000;
const december = Date.UTC(2026, 11, 1);
const account: AccountRecord = { id: 1, slug: 'top', name: 'Top', parent: 0, type: 'organisation', timeZone: 'UTC' };
const producer = (id: string, enabled = true): ProducerRecord => ({
  id,
  type: 'agent',
  simulated: false,
  keys: [],
  enabled,
});
const good: CloseFacts = {
  account,
  untilMs: december,
  nowMs: december + day,
  producers: [producer('web-1'), producer('db-1'), producer('gone', false)],
  rater: replyAt(december + day, { 'web-1': december, 'db-1': december + 5 }),
  store: { outSeq: 7, logTimeMs: december + day, difference: '0', unpriced: [] },
  corrections: [],
  suspense: [],
};
const open = (facts: Partial<CloseFacts>, without: readonly string[] = []) => {
  const { items, closable, green } = checklistOf({ ...good, ...facts }, without);
  return { names: items.filter(({ ok }) => !ok).map(({ name }) => name), closable, green };
};

test('all is green when every enabled producer has passed the end and ClickHouse has what the rater has', () => {
  expect(open({})).toEqual({ names: [], closable: true, green: true });
});

test('it names who is missing, since when, and can do without them', () => {
  const rater = replyAt(december + day, { 'web-1': december - 3_600_000 });
  const { missing, items } = checklistOf({ ...good, rater });
  expect(missing).toEqual([
    {
      producer: 'web-1',
      type: 'agent',
      lastSampleMs: december - 3_600_000,
      completeUntilMs: null,
      lastSeenMs: december - 3_600_000,
      behindMs: 3_600_000,
      spoolBatches: 0,
    },
    {
      producer: 'db-1',
      type: 'agent',
      lastSampleMs: null,
      completeUntilMs: null,
      lastSeenMs: null,
      behindMs: null,
      spoolBatches: 0,
    },
  ]);
  expect(items.find(({ name }) => name === 'producers')!.detail).toBe(
    '2 of 2 have not reached the end: web-1 (newest sample 2026-11-30T23:00:00Z); db-1 (no sample yet).',
  );
  expect(open({ rater }, ['web-1'])).toMatchObject({ names: ['producers'], closable: false });
  expect(open({ rater }, ['web-1', 'db-1'])).toEqual({ names: [], closable: true, green: true });
});

test('a producer that said to be complete, or for which an operator did, is not waited for', () => {
  const [web, db] = good.producers as [ProducerRecord, ProducerRecord];
  const reply = replyAt(december + day, { 'web-1': december - 5, 'db-1': december });
  const said = (completeUntilMs: number): Partial<CloseFacts> => ({
    rater: { ...reply, producers: reply.producers.map((state) => ({ ...state, completeUntilMs })) },
  });
  expect(open(said(december)).green).toBe(true);
  expect(open(said(december - 1)).names).toEqual(['producers']);
  const vouched = { ...said(december - 1), producers: [{ ...web, completeUntilMs: december }, db] };
  expect(open(vouched).green).toBe(true);
  const { items, missing } = checklistOf({ ...good, ...said(december - 1) });
  expect(missing).toMatchObject([{ producer: 'web-1', completeUntilMs: december - 1, behindMs: 1 }]);
  expect(items.find(({ name }) => name === 'producers')!.detail).toContain('complete up to 2026-11-30T23:59:59.999Z');
});

describe('what the close waits for', () => {
  test.each<[string, Partial<CloseFacts>]>([
    ['rater', { rater: undefined, producers: [] }],
    ['ended', { rater: replyAt(december - 1, { 'web-1': december, 'db-1': december }) }],
    [
      'open',
      {
        rater: replyAt(
          december + day,
          { 'web-1': december, 'db-1': december },
          { periods: { closed: [[1, december]] } },
        ),
      },
    ],
    [
      'charged',
      { rater: replyAt(december + day, { 'web-1': december, 'db-1': december }, { periods: { repriced: 3 } }) },
    ],
    ['charged', { corrections: ['c-4'] }],
    ['loaded', { store: { ...good.store, outSeq: 6 } }],
    ['loaded', { store: { ...good.store, logTimeMs: december - 1 } }],
    ['reconciled', { store: { ...good.store, difference: '0.01' } }],
  ])('%s', (name, facts) => {
    expect(open(facts)).toEqual({ names: [name], closable: false, green: false });
  });

  test('a store that cannot be asked is neither loaded nor reconciled', () => {
    expect(open({ store: { ...good.store, failure: 'ClickHouse cannot be asked: gone' } }).names).toEqual([
      'loaded',
      'reconciled',
    ]);
  });
});

test('suspense and usage without a price are shown with what they come to, and hold nothing up', () => {
  const facts: Partial<CloseFacts> = {
    suspense: [{ currency: 'EUR', amount: '12.5' }],
    store: { ...good.store, unpriced: [{ meter: 'disk', unit: 'By', quantity: '4096', samples: 2 }] },
  };
  expect(open(facts)).toEqual({ names: ['suspense', 'unpriced'], closable: true, green: false });
  const details = checklistOf({ ...good, ...facts })
    .items.slice(-2)
    .map(({ detail }) => detail);
  expect(details).toEqual(['Charged to suspense: 12.5 EUR.', 'Without a price: disk 4096 By in 2 samples.']);
});
