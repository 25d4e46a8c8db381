import { expect, test } from 'vitest';
import { inputsOf, testPorts, type World } from '../testing/world.ts';
import { PartitionMachine } from './machine.ts';
import { dedupHashesMax, emptyState } from './state.ts';

const batches = dedupHashesMax + 6;
const next: World['steps'][number] = { kind: 'next', producer: 0, samples: [[0, 0, 7_000_000]], gapMs: 1 };
const price = {
  component: 'cpu' as const, meter: 'cpu' as const, account: 0 as const, effectiveOffsetMs: null, tallyScope: 'account' as const, period: undefined,
  allowance: '0.00', model: { kind: 'perUnit' as const, unitPrice: '1' },
}; // prettier-ignore

/** Batches of one producer, one after the other, and then one of them again. */
function run(...again: World['steps']) {
  const steps: World['steps'] = [...Array.from({ length: batches }, () => next), ...again];
  const machine = new PartitionMachine(emptyState(0), testPorts);
  for (const input of inputsOf({ prices: [price], budgets: [], steps })) {
    if (input.stream === 'control') machine.takeControl(input);
    else machine.takeUsage(input);
  }
  const { totals, tallies } = machine.state;
  return { totals, charges: tallies.map(({ charge }) => charge) };
}

test.each([0, 1, dedupHashesMax - 1, dedupHashesMax, batches - 1])(
  'a batch that comes again after %i others is billed once, whether its hash is remembered or not',
  (back) => {
    const once = run();
    const twice = run({ kind: 'again', producer: 0, back });
    expect(once.charges.some((charge) => charge > 0n)).toBe(true);
    expect(twice.charges).toEqual(once.charges);
    expect(twice.totals.samples).toEqual({ received: batches + 1, rated: batches, duplicates: 1, refused: 0 });
    expect(twice.totals.batches).toEqual({ received: batches + 1, rated: batches, duplicates: 1, refused: 0 });
  },
);
