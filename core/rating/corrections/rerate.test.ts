/** Samples rated again against the world in which owners and prices had been known from the start (SPEC §16.8, §16.9). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkNames } from '../../reference/audit/faults.ts';
import { ports } from '../../testing/differentialPorts.ts';
import { seed } from '../../testing/seed.ts';
import type { Action } from '../differential/actions.ts';
import { World } from '../differential/world.ts';
import { hour, monthsMs } from '../testing/ground.ts';
import { settle } from '../tally.ts';
import { previewReversal } from './preview.ts';

const runs = Number(process.env['METERLINE_RUNS'] ?? 60);

const tiers = {
  kind: 'graduated' as const,
  tiers: [
    { upTo: '10', unitPrice: '2', flat: '0' },
    { upTo: '50', unitPrice: '1', flat: '0.5' },
    { upTo: null, unitPrice: '0.1', flat: '0' },
  ],
};
const price = {
  key: 'k1' as const, service: 's1' as const, component: 'c1' as const, meter: 'cpu.all', currency: 'EUR' as const, account: 0 as const, effectiveFromMs: 0,
  tallyScope: 'account' as const, period: undefined, unit: { name: 'u', numerator: '1', denominator: '1' } as const, allowance: '2.5' as const, model: tiers,
  quantity: undefined, discountPercent: undefined, maximum: undefined, onVersion: undefined as 'restart' | undefined, rollover: undefined, prorate: undefined,
  plan: undefined, contract: undefined,
}; // prettier-ignore
const pricesOf = (...prices: object[]): Action => ({ kind: 'prices', tenant: 't', prices: prices as never });
const monthMs = monthsMs[0]!;

type Sample = Extract<Action, { kind: 'batch' }>['samples'][number];
const batchOf = (samples: Sample[]): Action => ({ kind: 'batch', tenant: 't', producer: 'gateway', month: 0, samples, harm: null }); // prettier-ignore
const sampleOf = (resource: 0 | 3, startMs: number, quantity: number, durationMs = 0): Sample => ({ resource, metric: 0, dims: -1, startMs, durationMs, quantity }); // prettier-ignore
const owner = (resource: 'a' | 'd', account: 2 | 4, fromMs: number): Action => ({ kind: 'owner', tenant: 't', resource, account, fromMs }); // prettier-ignore
const again = (which: number, more: Partial<Extract<Action, { kind: 'correct' }>> = {}): Action => ({
  kind: 'correct', tenant: 't', what: 'rerate', which, leaves: 0, pieces: 1, ends: true, ...more,
}); // prettier-ignore

function worldOf(actions: readonly Action[]): World {
  const world = new World(ports);
  for (const one of actions) world.act(one);
  world.commit();
  world.auditor.finish();
  for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
  expect(world.rejections).toEqual([]);
  return world;
}

/** Everything that charges. */
function figuresOf({ state }: World) {
  const tallies = state.tallies.flatMap((tally) => {
    settle(tally);
    const { entry, quantity, charge, carried } = tally;
    if (quantity === 0n) return [];
    return [`${entry.price} ${entry.account} ${entry.periodStartMs}: ${carried.quantity} + ${quantity} for ${charge}`];
  });
  const balances = [...state.tenants.get('t')!.balancesByKey].map(([key, { own, total }]) => `${key}: ${own} of ${total}`); // prettier-ignore
  return { tallies: tallies.sort(), balances: balances.filter((text) => !text.endsWith(': 0 of 0')).sort() };
}

const sample = fc.record({
  resource: fc.constantFrom(0, 3), startMs: fc.integer({ min: hour, max: 20 * hour }), quantity: fc.nat(30), durationMs: fc.constantFrom(0, 0, 4 * hour),
}); // prettier-ignore
const change = fc.record({
  resource: fc.constantFrom('a' as const, 'd' as const), account: fc.constantFrom(2 as const, 4 as const), fromMs: fc.constantFrom(0, monthMs + 5 * hour, monthMs + 10 * hour),
}); // prettier-ignore

test(`ALWAYS WERE: owners and prices told late, and all rated again, come to what they would have if told first, seed ${seed}`, () => {
  let moved = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(sample, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 }),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.boolean(),
      (batches, changes, isRevised, halves) => {
        const first = [pricesOf(price, { ...price, key: 'k2', service: 's2', onVersion: 'restart' }), owner('a', 2, 0), owner('d', 4, 0)]; // prettier-ignore
        const revised: Action[] = isRevised
          ? [{ kind: 'revise', tenant: 't', which: 1, effectiveFromMs: monthMs + 8 * hour, facts: { ...price, key: 'k2', service: 's2', onVersion: 'restart', model: { kind: 'perUnit', unitPrice: '3' } } as never }] // prettier-ignore
          : [];
        const late = [...changes.map(({ resource, account, fromMs }) => owner(resource, account, fromMs)), ...revised];
        const usage = batches.map((samples) => batchOf(samples.map(({ resource, startMs, quantity, durationMs }) => sampleOf(resource, startMs, quantity, durationMs)))); // prettier-ignore
        const all = batches.map((_, i) => again(i, halves ? { pieces: 2 } : {}));
        const corrected = worldOf([...first, ...usage, { kind: 'commit' }, ...late, ...all]);
        expect(figuresOf(corrected)).toEqual(figuresOf(worldOf([...first, ...late, ...usage])));
        moved += corrected.seen.rerated;
      },
    ),
    { seed, numRuns: runs },
  );
  expect(moved).toBeGreaterThan(0);
}, 120_000);

test('a version in the past takes over what the one before had reached by then, as if it had come first', () => {
  const usage = [batchOf([sampleOf(3, hour, 20), sampleOf(3, 12 * hour, 25)]), batchOf([sampleOf(3, 14 * hour, 9)])];
  const revision: Action = { kind: 'revise', tenant: 't', which: 0, effectiveFromMs: monthMs + 10 * hour, facts: price as never }; // prettier-ignore
  const before = [owner('d', 4, 0), pricesOf(price)];
  const corrected = worldOf([...before, ...usage, revision, again(0), again(1)]);
  expect(figuresOf(corrected)).toEqual(figuresOf(worldOf([...before, revision, ...usage])));
  expect(corrected.seen).toMatchObject({ rerated: 2, recarried: 1 });
});

test('what stays as it is is left alone, and what came back is as before', () => {
  const usage = [owner('a', 2, 0), owner('d', 4, 0), pricesOf(price), batchOf([sampleOf(0, hour, 30), sampleOf(3, hour, 30)])]; // prettier-ignore
  expect(worldOf([...usage, again(0)]).seen).toMatchObject({ voided: 0, rerated: 0 });
  const there = [...usage, owner('a', 4, 0), again(0)];
  expect(worldOf(there).seen).toMatchObject({ voided: 1, rerated: 1 });
  const back = worldOf([...there, owner('a', 2, 0), again(0)]);
  expect(figuresOf(back)).toEqual(figuresOf(worldOf(usage)));
  expect(back.seen).toMatchObject({ voided: 2, rerated: 2 });
});

const batch = {
  partition: 0, usageSeq: 1, producer: 'gateway', epoch: '1-00000000000000ab', seq: 1, resources: ['a'], dims: [],
  metrics: [{ name: 'cpu', unit: 'us', scale: 0, kind: 'delta' as const }],
}; // prettier-ignore
const samplesOf = (quantity: string) => [[0, 0, 0, -1, monthMs + hour, 0, quantity] as const];

test('a look at what it would come to changes nothing, and a sample of which nothing stands is not rated again', () => {
  const world = worldOf([owner('a', 2, 0), pricesOf(price), batchOf([sampleOf(0, hour, 30)]), owner('a', 4, 0)]);
  const before = figuresOf(world);
  const none = { blocks: [], again: [{ ...batch, samples: samplesOf('30') }] };
  expect(() => previewReversal(world.state, 't', none)).toThrow('nothing stands');
  const effects = previewReversal(world.state, 't', { ...none, blocks: [blockOf('29.5', '30')] });
  expect(effects.map(({ account, reversed, again: more, rest, amount }) => [account, reversed, more, rest, amount])).toEqual([
    [2, '-29.5', undefined, '-8.5', '-38'],
    [4, '0', '38', '0', '38'],
  ]); // prettier-ignore
  expect(figuresOf(world)).toEqual(before);
});

/** The row that the batch made. */
const blockOf = (amount: string, quantity: string) => ({
  ref: '0-1-2-0', kind: 'usage' as const, account: 2, price: 1, meter: 'cpu.all', cell: '', periodStartMs: monthMs + hour,
  producer: 'gateway', epoch: '1-00000000000000ab', seq: 1, usageSeq: 1, firstMs: monthMs + hour, resources: ['a'], rows: [[0, 0, 0, 0, quantity, amount] as const],
}); // prettier-ignore

test('what an office says of a sample otherwise than it was signed shows in an audit', () => {
  const world = worldOf([owner('a', 2, 0), pricesOf(price), batchOf([sampleOf(0, hour, 30)]), owner('a', 4, 0)]);
  const { amount } = previewReversal(world.state, 't', { blocks: [blockOf('1', '30')], again: [{ ...batch, samples: samplesOf('31') }] })[0]!; // prettier-ignore
  expect(amount).not.toBe('');
  const told = { what: 'rerate', reason: 'r', author: 'a', approvedBy: '', selection: '', asOf: 1 };
  world.control('t', [{ kind: 'correction', id: 'c-1', ...told } as never]);
  const piece = { kind: 'correctionRows', id: 'c-1', n: 1, blocks: [blockOf('38', '30')], again: [{ ...batch, samples: samplesOf('31') }] }; // prettier-ignore
  world.control('t', [piece as never]);
  world.commit();
  expect(world.rejections).toEqual([]);
  expect(world.faults.tell('RERATE')).toBe('');
  expect(world.faults.tell('TRACE')).toContain('is rated again as');
});
