import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitCommit, type CommitHeader } from '../messages/rated.ts';
import { ports } from '../testing/differentialPorts.ts';
import { seed } from '../testing/seed.ts';
import { action } from './differential/actions.ts';
import { World } from './differential/world.ts';
import { inheritance, workLeft } from './inherit.ts';
import { applyCommit } from './replay.ts';
import { encodeState } from './snapshot.ts';
import { emptyState, type PartitionState } from './state.ts';

const all = new Set(['t', 'u']);

/** The state of a partition that inherits these tenants. */
function heir(sources: readonly PartitionState[], to: number, tenants: ReadonlySet<string>): PartitionState {
  const state = emptyState(to);
  for (const [index, bytes] of inheritance(sources, to, tenants, ports.sha256).entries()) {
    const header = JSON.parse(ports.readText(splitCommit(bytes).header)!) as CommitHeader;
    applyCommit(state, header, index + 1, ports.sha256(bytes));
  }
  return state;
}

/** Without where it stands in its log. */
const contentOf = (state: PartitionState): string =>
  encodeState({ ...state, outSeq: 0, outHash: '' }).replaceAll('\n', '\n  ');

test(`what is split and put together again is what it was, seed ${seed}`, () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 10, maxLength: 40, size: 'max' }), (steps) => {
      const world = new World(ports);
      for (const one of steps) world.act(one);
      world.act({ kind: 'time', byMs: 1, ticks: true });
      const { state } = world;
      fc.pre(workLeft(state) === undefined);
      const whole = heir([state], 9, all);
      // Ids of resources go on from the parts', by tenant.
      const parts = [...all].map((tenant, index) => heir([state], 5 + index, new Set([tenant])));
      const again = heir([heir([parts[1]!, parts[0]!], 9, all)], 9, all);
      expect(named(again)).toBe(named(whole));
    }),
    { seed, numRuns: Number(process.env['METERLINE_RUNS'] ?? 100) },
  );
}, 600_000);

/** The content with resources by their names, for each generation gives them other ids. */
function named(state: PartitionState): string {
  const known = state.resources.filter((resource) => resource !== undefined);
  const resources = known.map((resource, index) => ({ ...resource, id: index + 1 }));
  const idOf = new Map(known.map(({ id }, index) => [id, index + 1]));
  for (const tally of state.tallies) tally.entry = { ...tally.entry, resource: idOf.get(tally.entry.resource) ?? 0 };
  known.forEach((resource, index) => Object.assign(resource, { id: index + 1 }));
  return contentOf({ ...state, resources });
}
