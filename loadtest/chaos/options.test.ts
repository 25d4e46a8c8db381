import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

const known = (isCluster: boolean) => (isCluster ? ['cutNode'] : ['killRater']);

test('what is not said is a minute, one broker and every fault', () => {
  expect(readOptions([], known)).toMatchObject({ seconds: 60, cluster: false, faults: [], json: false, help: false });
  expect(readOptions(['--seed', '7', '--cluster', '--faults', 'cutNode', '--json'], known)).toMatchObject({
    seed: 7,
    cluster: true,
    faults: ['cutNode'],
    json: true,
  });
});

test.each([
  [['--seconds', 'ten'], '--seconds ten'],
  [['--seconds', '0'], '--seconds 0'],
  [['--seed', '1.5'], '--seed 1.5'],
  [['--faults', 'killRater,earthquake'], 'earthquake'],
  [['--faults', 'cutNode'], 'cutNode'],
  [['--minutes', '1'], '--minutes'],
  [['now'], 'now'],
])('asked for with %s it says what is wrong', (args, named) => {
  expect(() => readOptions(args, known)).toThrow(
    expect.objectContaining({ code: 'CHAOS_ASKED_WRONGLY', status: 400, message: expect.stringContaining(named) }),
  );
});
