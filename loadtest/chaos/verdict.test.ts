/** A bench that finds nothing must be able to find something: each kind of loss, planted. */
import { expect, test } from 'vitest';
import { expectedAlerts, spentPico, type Tenant } from './organisation.ts';
import type { LogHoldings, StoreHoldings } from './stored.ts';
import { countSamples, judgeAlerts, unsent, wrongSums } from './verdict.ts';

const agent = { tenant: 't', producer: 'm', partition: 0, bytes: 300_000_000n };
const tenant: Tenant = { id: 't', partition: 0, agents: [agent] };
const log = (counts: readonly number[], refused = {}): LogHoldings => ({
  holdings: new Map([['m e 1', [...counts]]]), refused, owners: new Map(), alerts: [], takeovers: 1, ignored: 0,
}); // prettier-ignore
const store = (counts: readonly number[], stale = 0): StoreHoldings => ({
  holdings: new Map([['m e 1', [...counts]]]),
  stale,
  sums: new Map(),
});
const sent = new Map([['m e 1', 3]]);

test.each([
  ['nothing', log([1, 1, 1]), store([1, 1, 1]), { lost: 0, twice: 0, stale: 0 }],
  ['a sample that the log lacks', log([1, 1]), store([1, 1, 1]), { lost: 1, twice: 0, rated: 2 }],
  ['one that ClickHouse lacks', log([1, 1, 1]), store([1, 0, 1]), { lost: 1, twice: 0, rated: 3 }],
  ['one rated twice', log([1, 2, 1]), store([1, 1, 1]), { lost: 0, twice: 1, rated: 3 }],
  ['one loaded twice', log([1, 1, 1]), store([1, 1, 2]), { lost: 0, twice: 1 }],
  ['rows of a fenced owner', log([1, 1, 1]), store([1, 1, 1], 2), { stale: 2 }],
  ['a refusal', log([1, 1, 0], { broken_chain: 1 }), store([1, 1, 0]), { lost: 1, refused: 1 }],
])('%s is counted', (_, inLog, inStore, found) => {
  expect(countSamples(sent, inLog, inStore)).toMatchObject({ sent: 3, ...found });
});

test('samples that nobody has sent are found in either store', () => {
  expect(unsent(sent, log([1, 1, 1, 1]).holdings, new Map([['m other 1', [1, 1]]]))).toBe(3);
});

// 20 MB at 0.05, 180 at 0.02 and 100 at 0.01 are 1 + 3.60 + 1 EUR; four fifths are 4.48.
test('charges and crossings follow from the usage alone, and a difference in the last digit is told', () => {
  expect(spentPico(tenant)).toBe(5_600_000_000_000n);
  const sums = (quantity: string, amount: string) => ({ ...store([]), sums: new Map([['m', { quantity, amount }]]) });
  expect(wrongSums([tenant], sums('300000000.000000000000', '5.600000000000'))).toEqual([]);
  expect(wrongSums([tenant], sums('300000000.000000000001', '5.600000000001'))).toHaveLength(2);
  expect(wrongSums([tenant], store([]))).toHaveLength(2);
  const expected = expectedAlerts(tenant, '2026-11');
  expect(expected).toHaveLength(36);
  expect(expected).toContain('t:budget-m:2026-11:124:0');
  const delivered = new Map(expected.map((id) => [id, 2]));
  expect(judgeAlerts([tenant], '2026-11', expected, delivered)).toEqual({
    alertsExpected: 36,
    alertsFired: 36,
    wrong: [],
  });
  delivered.delete(expected[0]!);
  delivered.set('t:budget-m:2026-11:500:0', 1);
  expect(judgeAlerts([tenant], '2026-11', [...expected, expected[1]!], delivered).wrong).toHaveLength(3);
});
