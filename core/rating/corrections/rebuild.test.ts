/** Voids of tallies that keep something of their samples against the world in which those had never come (SPEC §16.5, §16.6). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkNames } from '../../reference/audit/faults.ts';
import { ports } from '../../testing/differentialPorts.ts';
import { seed } from '../../testing/seed.ts';
import type { Action } from '../differential/actions.ts';
import { World } from '../differential/world.ts';
import { everything, noteOf } from '../notes.ts';
import { hour, startMs } from '../testing/ground.ts';
import type { Tally } from '../state.ts';
import { settle } from '../tally.ts';

const runs = Math.ceil(Number(process.env['METERLINE_RUNS'] ?? 320) / 8);

const tiers = {
  kind: 'graduated' as const,
  tiers: [
    { upTo: '1', unitPrice: '2', flat: '0' },
    { upTo: '20', unitPrice: '1', flat: '0.5' },
    { upTo: null, unitPrice: '0.1', flat: '0' },
  ],
};
const priceOf = (key: string, meter: string, more: object = {}) => ({
  key, service: key, component: 'c1', meter, currency: 'EUR', account: 0, effectiveFromMs: 0, tallyScope: 'account', period: undefined,
  unit: { name: 'u', numerator: '1', denominator: '1' }, allowance: '0', model: tiers, quantity: undefined, discountPercent: undefined, maximum: undefined,
  onVersion: undefined, rollover: undefined, prorate: undefined, plan: undefined, contract: undefined, ...more,
}); // prettier-ignore
const first = [
  priceOf('peak', 'mem.peak'), priceOf('last', 'mem.last'), priceOf('users', 'mem.users'), priceOf('hosts', 'mem.hosts', { tallyScope: 'resource' }),
  priceOf('many', 'mem.many'), priceOf('p70', 'mem.p70'), priceOf('p95', 'net.p95'), priceOf('burst', 'net.burst'), priceOf('seen', 'cpu.seen'),
]; // prettier-ignore
const pricesOf = (prices: object[]): Action => ({ kind: 'prices', tenant: 't', prices: prices as never });

type Sample = Extract<Action, { kind: 'batch' }>['samples'][number];
const sample: fc.Arbitrary<Sample> = fc.record({
  resource: fc.constantFrom(3, 0), metric: fc.constantFrom(0, 1, 2, 2), dims: fc.constantFrom(-1, 0, 1), startMs: fc.integer({ min: 0, max: 20 * hour }),
  durationMs: fc.constantFrom(0, hour), quantity: fc.nat(40),
}); // prettier-ignore
const batchOf = (samples: Sample[]): Action => ({ kind: 'batch', tenant: 't', producer: 'gateway', month: 0, samples, harm: null }); // prettier-ignore
const voidOf = (which: number, more: object = {}): Action => ({
  kind: 'correct', tenant: 't', what: 'void', which, leaves: 0, pieces: 1, ends: true, ...more,
}) as Action; // prettier-ignore

function worldOf(actions: readonly Action[]): World {
  const world = new World(ports);
  for (const resource of ['d', 'a'])
    world.act({ kind: 'owner', tenant: 't', resource: resource as never, account: 4, fromMs: 0 });
  for (const one of actions) world.act(one);
  world.act({ kind: 'restart' });
  world.auditor.finish();
  for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
  return world;
}

/** What it took over from, and that one in turn: what a tally began with stays, also where a void sample began it (SPEC §16.4). */
function chainOf(state: World['state'], from: Tally['entry']['from']): string {
  if (from === undefined) return '';
  const { entry } = state.tallies[from[0] - 1]!;
  return `${entry.price}: ${from[1]}.${from[2]} ${chainOf(state, entry.from)}`;
}

/** Everything that charges, and what tallies keep. */
function figuresOf({ state }: World, isOpenedAlike: (key: string) => boolean = () => true) {
  const tallies = state.tallies.flatMap((tally) => {
    settle(tally);
    const { entry, quantity, charge, carried } = tally;
    const key = keyOf(state, tally);
    const { values = [], samples = [], ...kept } = noteOf(tally, everything);
    const lists = { ...kept, values: values.toSorted(), samples: samples.toSorted() };
    const isNothing = quantity === 0n && carried.quantity === 0n && !/[1-9]/.test(JSON.stringify({ ...lists, newest: undefined }));
    return isNothing || !isOpenedAlike(key) ? [] : [`${key}, ${entry.meter}: ${carried.quantity} + ${quantity} for ${charge} ${JSON.stringify(lists)}`];
  }); // prettier-ignore
  const balances = [...state.tenants.get('t')!.balancesByKey].map(([key, { own, total }]) => `${key}: ${own} of ${total}`); // prettier-ignore
  return { tallies: tallies.sort(), balances: balances.filter((text) => !text.endsWith(': 0 of 0')).sort() };
}
/** Resources by name: which came first depends on what came. */
const keyOf = (state: World['state'], { entry }: Tally): string =>
  [entry.price, entry.account, state.resources[entry.resource - 1]?.name, entry.periodStartMs, entry.meter].join();

test(`NEVER CAME: tallies that keep something are after a void as if the samples had never come, seed ${seed}`, () => {
  const step = fc.record({
    samples: fc.array(sample, { minLength: 1, maxLength: 4 }),
    isWrong: fc.boolean(),
    publishes: fc.constantFrom(-1, -1, -1, 0, 2, 5, 6),
    commits: fc.boolean(),
  });
  let [rebuilt, shadowed, carried] = [0, 0, 0];
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 14 }), (steps) => {
      const of = (never: boolean): Action[] => [
        pricesOf(first),
        ...steps.flatMap(({ samples, isWrong, publishes, commits }, i): Action[] => [
          batchOf(never && isWrong ? [] : samples),
          ...(publishes < 0 ? [] : [{ kind: 'revise', tenant: 't', which: publishes, effectiveFromMs: startMs + 10 * hour, facts: first[publishes] as never } as Action]),
          ...(commits ? [{ kind: 'commit' as const }] : []),
          // What goes on while others come, and while versions take over, ends before the next one.
          ...(never || !isWrong || i % 3 === 0 ? [] : [voidOf(i, { ends: i % 3 === 1 }), { kind: 'restart' } as const]),
        ]),
        ...(never ? [] : steps.flatMap(({ isWrong }, i) => (isWrong && i % 3 === 0 ? [voidOf(i, { pieces: 2 })] : []))),
        // Finds nothing any more, and ends what goes on.
        ...(never ? [] : steps.flatMap(({ isWrong }, i) => (isWrong ? [voidOf(i)] : []))),
      ]; // prettier-ignore
      const [corrected, never] = [worldOf(of(false)), worldOf(of(true))];
      // What was refused for want of room stays refused.
      if (corrected.reasons.has('out_of_range')) return;
      const begun = ({ state }: World) => new Map(state.tallies.map((tally) => [keyOf(state, tally), chainOf(state, tally.entry.from)])); // prettier-ignore
      const [here, there] = [begun(corrected), begun(never)];
      const isAlike = (key: string): boolean => here.get(key) === there.get(key);
      const isAllAlike = [...here.keys()].every((key) => isAlike(key) || !there.has(key));
      expect(figuresOf(corrected, isAlike).tallies).toEqual(figuresOf(never, isAlike).tallies);
      if (isAllAlike) expect(figuresOf(corrected).balances).toEqual(figuresOf(never).balances);
      rebuilt += corrected.seen.rebuilt;
      shadowed += corrected.seen.shadowed;
      carried += corrected.seen.recarried;
    }),
    { seed, numRuns: runs },
  );
  expect([rebuilt, shadowed, carried].every((times) => times > 0)).toBe(true);
}, 120_000);

const told = { what: 'void', reason: 'r', author: 'a', approvedBy: '', selection: '', asOf: 1 };
const at = { account: 4, price: 1, meter: 'mem.peak', cell: '', periodStartMs: startMs + hour, resource: '' };

/** A tally of one sample, a correction begun, then these; why some of them were rejected. */
function rejectionsOf(...changes: object[]) {
  const world = new World(ports);
  world.act({ kind: 'owner', tenant: 't', resource: 'd', account: 4, fromMs: 0 });
  world.act(pricesOf([priceOf('peak', 'mem.peak'), priceOf('all', 'mem.held'), priceOf('last', 'mem.last')]));
  world.act(batchOf([{ resource: 3, metric: 2, dims: 0, startMs: 2 * hour, durationMs: hour, quantity: 7 }]));
  world.control('t', [{ kind: 'correction', id: 'c-1', ...told } as never]);
  let n = 0;
  for (const change of changes) {
    const rejected = world.rejections.length;
    world.control('t', [{ id: 'c-1', n: n + 1, ...change } as never]);
    world.commit();
    if (world.rejections.length === rejected) n += 1;
  }
  return { rejections: world.rejections, faults: checkNames.map((name) => world.faults.tell(name)).join('') };
}
const shadowOf = (...tallies: object[]) => ({ kind: 'correctionShadow', tallies });
const said = (more: object) => ({ kind: 'correctionTally', tally: at, kept: { quantity: '7' }, carried: '0', isLast: true, ...more }); // prettier-ignore

test('shadows have an order: of tallies that are there and keep something, one each, until the tally or the correction is through', () => {
  const found = rejectionsOf(
    shadowOf({ ...at, price: 9 }), shadowOf({ ...at, meter: 'mem.held', price: 2 }), shadowOf({ ...at, resource: 'd' }), shadowOf(at, at), shadowOf(at), shadowOf(at), said({}), said({}),
    shadowOf(at), { kind: 'correctionEnd', pieces: 3 }, { kind: 'correction', ...told, id: 'c-2' }, said({ id: 'c-2', n: 1 }),
  ); // prettier-ignore
  expect(found.faults).toBe('');
  expect(found.rejections).toEqual([
    'the tally of price 9, meter mem.peak and account 4 is not one of t',
    'the tally of price 2, meter mem.held and account 4 keeps nothing of its samples',
    'the tally of price 1, meter mem.peak and account 4 is not one of t',
    'a tally has a shadow already',
    'a tally has a shadow already',
    'tally 5 of t has no shadow',
    'tally 5 of t has no shadow',
  ]);
});

test('what is said of a tally is what its meter keeps; what is said wrongly shows in an audit', () => {
  const last = { ...at, meter: 'mem.last', price: 3 };
  const sayings = [
    { carried: '1' }, { kept: { quantity: '7', values: ['a'] } }, { kept: { quantity: '0', slots: [[0, '1']] } }, { kept: { quantity: '-1' } },
    { tally: last }, { tally: last, kept: { quantity: '0' } },
  ]; // prettier-ignore
  const found = rejectionsOf(shadowOf(at, last), ...sayings.map(said));
  expect(found.rejections).toEqual([
    'tally 5 of t took nothing over, and is told 1',
    'tally 5: max keeps something else than it is told',
    'tally 5: max keeps something else than it is told',
    'correctionTally: kept is {"quantity":"-1"}',
    'tally 2: latest keeps something else than it is told',
  ]);
  // The newest sample stands: to say that there is none is the office's fault.
  expect(found.faults).toContain('tally t 4 3 mem.last');
});
