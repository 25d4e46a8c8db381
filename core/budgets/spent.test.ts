import { expect, test } from 'vitest';
import { inputsOf, testPorts } from '../testing/world.ts';
import { PartitionMachine } from '../rating/machine.ts';
import { emptyState } from '../rating/state.ts';
import { budgetsAbove, limitOf, spentOf } from './spent.ts';

test('what an account may still spend is asked of every budget from it up to the root', () => {
  const model = { kind: 'perUnit', unitPrice: '10' } as const;
  const price = { component: 'cpu', meter: 'cpu', account: 0, effectiveOffsetMs: null, tallyScope: 'account', period: undefined, allowance: '0', model } as const; // prettier-ignore
  const machine = new PartitionMachine(emptyState(0), testPorts);
  const inputs = inputsOf({
    prices: [price],
    budgets: [
      { account: 1, amount: '40.00', enabled: true },
      { account: 2, amount: '1.00', enabled: true },
    ],
    steps: [{ kind: 'next', producer: 0, samples: [[0, 0, 60_000_000]], gapMs: 1 }],
  });
  for (const input of inputs) {
    if (input.stream === 'control') machine.takeControl(input);
    else machine.takeUsage(input);
  }
  const tenant = machine.state.tenants.get('t')!;
  const figures = (account: number) =>
    budgetsAbove(tenant, account).map((record) => {
      const { logTimeMs } = machine.state;
      return `${record.id}: ${spentOf(tenant, record, logTimeMs)} of ${limitOf(tenant, record, logTimeMs)}`;
    });
  expect(figures(3)).toEqual(['b0: 10000000000000 of 40000000000000', 'b1: 10000000000000 of 1000000000000']);
  expect(figures(1)).toEqual(figures(3).slice(0, 1));
  expect(figures(99)).toEqual([]);
});
