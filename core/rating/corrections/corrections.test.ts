/** A void against the world in which the samples had never come, and the rules of SPEC §16 one by one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ports } from '../../testing/differentialPorts.ts';
import { seed } from '../../testing/seed.ts';
import { checkNames } from '../../reference/audit/faults.ts';
import type { Action } from '../differential/actions.ts';
import { World } from '../differential/world.ts';
import { hour } from '../testing/ground.ts';
import type { Tally } from '../state.ts';
import { settle } from '../tally.ts';

const runs = Number(process.env['METERLINE_RUNS'] ?? 60);

const model = {
  kind: 'graduated' as const,
  tiers: [
    { upTo: '10', unitPrice: '2', flat: '0' },
    { upTo: '50', unitPrice: '1', flat: '0.5' },
    { upTo: null, unitPrice: '0.1', flat: '0' },
  ],
};
const volume = {
  kind: 'volume' as const,
  tiers: [
    { upTo: '40', unitPrice: '1', flat: '0' },
    { upTo: null, unitPrice: '0.1', flat: '0' },
  ],
};
const price = {
  key: 'k1' as const, service: 's1' as const, component: 'c1' as const, meter: 'cpu.all', currency: 'EUR' as const, account: 0 as const, effectiveFromMs: 0,
  tallyScope: 'account' as const, period: undefined, unit: { name: 'u', numerator: '1', denominator: '1' } as const, allowance: '2.5' as const, model,
  quantity: undefined, discountPercent: undefined, maximum: undefined, onVersion: undefined, rollover: undefined, prorate: undefined,
  plan: undefined, contract: undefined,
}; // prettier-ignore
const pricesOf = (...prices: object[]): Action => ({ kind: 'prices', tenant: 't', prices: prices as never });

type Sample = Extract<Action, { kind: 'batch' }>['samples'][number];
const batchOf = (samples: Sample[]): Action => ({ kind: 'batch', tenant: 't', producer: 'gateway', month: 0, samples, harm: null }); // prettier-ignore
const sampleOf = (startMs: number, quantity: number): Sample => ({ resource: 3, metric: 0, dims: -1, startMs, durationMs: 0, quantity }); // prettier-ignore
const voidOf = (which: number, more: Partial<Extract<Action, { kind: 'correct' }>> = {}): Action => ({
  kind: 'correct', tenant: 't', what: 'void', which, leaves: 0, pieces: 1, ends: true, ...more,
}); // prettier-ignore

function worldOf(actions: readonly Action[]): World {
  const world = new World(ports);
  // In one zone with all accounts above it: what other rows owe lies at the start of their tally (16.3).
  world.act({ kind: 'owner', tenant: 't', resource: 'd', account: 4, fromMs: 0 });
  for (const one of actions) world.act(one);
  world.commit();
  world.auditor.finish();
  for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
  expect(world.rejections).toEqual([]);
  return world;
}

/** What it took over from, and that one in turn. */
const chainOf = (state: World['state'], from: Tally['entry']['from']): string =>
  from === undefined ? '' : `${from[1]}.${from[2]} ${chainOf(state, state.tallies[from[0] - 1]!.entry.from)}`;

/** Everything that charges: tallies that hold something, with their charges, and balances. */
function figuresOf({ state }: World, isOpenedAlike: (key: string) => boolean = () => true) {
  const tallies = state.tallies.flatMap((tally) => {
    settle(tally);
    const { entry, quantity, charge, carried } = tally;
    const key = [entry.price, entry.account, entry.periodStartMs].join();
    return quantity === 0n || !isOpenedAlike(key) ? [] : [`${key}: ${carried.quantity} + ${quantity} for ${charge}`];
  });
  const balances = [...state.tenants.get('t')!.balancesByKey].map(([key, { own, total }]) => `${key}: ${own} of ${total}`); // prettier-ignore
  return { tallies: tallies.sort(), balances: balances.filter((text) => !text.endsWith(': 0 of 0')).sort() };
}

test(`NEVER CAME: after a void tallies, charges and balances are as if the samples had never come, seed ${seed}`, () => {
  const step = fc.record({
    samples: fc.array(fc.record({ startMs: fc.integer({ min: 0, max: 20 * hour }), quantity: fc.nat(30) }), { minLength: 1, maxLength: 5 }),
    isWrong: fc.boolean(), publishes: fc.constantFrom(false, false, false, true), commits: fc.boolean(),
  }); // prettier-ignore
  let carried = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 15 }), fc.boolean(), (steps, isVolume) => {
      const first = pricesOf({ ...price, ...(isVolume ? { model: volume } : {}) }, { ...price, key: 'k2', service: 's2', model: volume }); // prettier-ignore
      const revision: Action = { kind: 'revise', tenant: 't', which: 0, effectiveFromMs: monthMs + 10 * hour, facts: { ...price, model: isVolume ? volume : model } as never }; // prettier-ignore
      const of = (never: boolean): Action[] => [
        first,
        ...steps.flatMap(({ samples, isWrong, publishes, commits }, i): Action[] => [
          batchOf(never && isWrong ? [] : samples.map(({ startMs, quantity }) => sampleOf(startMs, quantity))),
          ...(publishes ? [revision] : []),
          ...(commits ? [{ kind: 'commit' as const }] : []),
          ...(never || !isWrong || i % 2 === 0 ? [] : [voidOf(i)]),
        ]),
        ...(never ? [] : steps.flatMap(({ isWrong }, i) => (isWrong && i % 2 === 0 ? [voidOf(i, { pieces: 2 })] : []))),
      ];
      const [corrected, never] = [worldOf(of(false)), worldOf(of(true))];
      // What a tally began with stays: where a void sample began it, it took over what there was then.
      const begun = ({ state }: World) => new Map(state.tallies.map(({ entry: { price: id, account, periodStartMs, from } }) => [[id, account, periodStartMs].join(), chainOf(state, from)])); // prettier-ignore
      const [here, there] = [begun(corrected), begun(never)];
      const isAlike = (key: string): boolean => here.get(key) === there.get(key);
      const isAllAlike = [...here.keys()].every((key) => isAlike(key) || !there.has(key));
      const [found, wanted] = [figuresOf(corrected, isAlike), figuresOf(never, isAlike)];
      expect(found.tallies).toEqual(wanted.tallies);
      if (isAllAlike) expect(found.balances).toEqual(wanted.balances);
      if (isAllAlike) carried += corrected.seen.recarried;
    }),
    { seed, numRuns: runs },
  );
  expect(carried).toBeGreaterThan(0);
}, 120_000);

const monthMs = Temporal.Instant.from('2026-03-31T21:00:00Z').epochMilliseconds;

test('a void is negations and one rest; voided and brought back is as before, row by row traced', () => {
  const usage = [batchOf([sampleOf(0, 30)]), batchOf([sampleOf(1, 30)]), { kind: 'commit' } as const];
  const before = figuresOf(worldOf([pricesOf(price), ...usage]));
  const back = worldOf([pricesOf(price), ...usage, voidOf(0), voidOf(0, { what: 'revert' }), voidOf(0)].slice(0, -1));
  expect(figuresOf(back)).toEqual(before);
  expect(back.seen).toMatchObject({ voided: 1, broughtBack: 1, rests: 2 });
});

test('a row is reversed once: a second void of the same batch finds nothing, and a void of what was brought back finds that', () => {
  const usage = [pricesOf(price), batchOf([sampleOf(0, 30)]), { kind: 'commit' } as const];
  const twice = worldOf([...usage, voidOf(0), voidOf(0)]);
  expect(twice.seen.voided).toBe(1);
  const again = worldOf([...usage, voidOf(0), voidOf(0, { what: 'revert' }), voidOf(0)]);
  expect(again.seen).toMatchObject({ voided: 2, broughtBack: 1 });
  expect(figuresOf(again).tallies).toEqual([]);
});

test('rows of a closed month are reversed in the open one, and say so', () => {
  const world = worldOf([
    pricesOf(price),
    batchOf([sampleOf(-2 * hour, 30)]),
    { kind: 'month', ticks: true },
    { kind: 'close', tenant: 't', account: 1, untilMs: monthMs + hour, talliesPerStep: undefined },
    { kind: 'commit' },
    voidOf(0),
  ]);
  expect(world.seen).toMatchObject({ voided: 1, closes: 1 });
  const { balances } = figuresOf(world);
  const totals = balances.map((text) => text.split(': ')[1]!);
  // The closed month keeps what it had, the open one takes it back.
  expect(balances.length).toBeGreaterThan(2);
  expect(totals.some((text) => text.startsWith('-'))).toBe(true);
});

test('one correction of a tenant at a time; pieces in their order, of at most so many rows; what cannot be reversed is rejected whole', () => {
  const world = new World(ports);
  const tell = (...changes: object[]) => world.control('t', changes as never);
  const told = { what: 'void', reason: 'r', author: 'a', approvedBy: '', selection: '', asOf: 1 };
  tell({ kind: 'correction', id: 'c-1', ...told });
  tell({ kind: 'correction', id: 'c-2', ...told });
  tell({ kind: 'correctionRows', id: 'c-1', n: 2, blocks: [] });
  tell({ kind: 'correctionRows', id: 'c-2', n: 1, blocks: [] });
  tell({ kind: 'correctionRows', id: 'c-1', n: 1, blocks: [] });
  tell({ kind: 'correctionEnd', id: 'c-1', pieces: 2 });
  tell({ kind: 'correctionEnd', id: 'c-1', pieces: 1 });
  tell({ kind: 'correctionEnd', id: 'c-1', pieces: 1 });
  world.commit();
  for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
  expect(world.rejections).toEqual([
    'correction c-1 has not ended',
    'piece 2 of correction c-1 after 0',
    'correction c-2 is not the one that goes on',
    'correction c-1 has 1 pieces, not 2',
    'correction c-1 is not the one that goes on',
  ]);
});

test('what an office says of rows that is not so, or says twice, shows in an audit', () => {
  const told = { what: 'void', reason: 'r', author: 'a', approvedBy: '', selection: '', asOf: 1 };
  const faultsOf = (amounts: readonly string[]) => {
    const world = worldOf([pricesOf({ ...price, allowance: '0', model: { kind: 'perUnit', unitPrice: '1' } }), batchOf([sampleOf(0, 30)]), { kind: 'commit' }]); // prettier-ignore
    world.control('t', [{ kind: 'correction', id: 'c-1', ...told } as never]);
    amounts.forEach((amount, i) => {
      const block = {
        ref: '0-1-2-0', kind: 'usage', account: 4, price: 1, meter: 'cpu.all', cell: '', periodStartMs: monthMs + hour - 31 * 24 * hour + hour, producer: 'gateway',
        epoch: '1-00000000000000ab', seq: 1, usageSeq: 1, firstMs: monthMs, resources: ['d'], rows: [[0, 0, 0, 0, '15', amount]],
      }; // prettier-ignore
      world.control('t', [{ kind: 'correctionRows', id: 'c-1', n: i + 1, blocks: [block] } as never]);
    });
    world.commit();
    return {
      rejections: world.rejections,
      TRACE: world.faults.count('TRACE'),
      ONCE: world.faults.count('ONCE'),
      RERATE: world.faults.tell('RERATE'),
    };
  };
  expect(faultsOf(['15'])).toEqual({ rejections: [], TRACE: 1, ONCE: 0, RERATE: '' });
  expect(faultsOf(['15', '15'])).toEqual({ rejections: [], TRACE: 2, ONCE: 1, RERATE: '' });
});
