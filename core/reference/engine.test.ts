import { describe, expect, test } from 'vitest';
import { isOfBudget, type Alert } from '../messages/alert.ts';
import { monthAt } from './month.ts';
import { account, brief, meter, owner, price, TestPartition } from './testing/partition.ts';

const at = (iso: string) => Temporal.Instant.from(iso).epochMilliseconds;
const hour = 3_600_000;

describe('months of a zone', () => {
  test.each([
    ['Europe/Berlin', '2026-03-31T21:59:59.999Z', '2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z', '2026-03'],
    ['Europe/Berlin', '2026-03-31T22:00:00Z', '2026-03-31T22:00:00Z', '2026-04-30T22:00:00Z', '2026-04'],
    ['Europe/Berlin', '2026-10-25T01:00:00Z', '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z', '2026-10'],
    ['UTC', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z', '2028-02'],
    ['Asia/Kolkata', '2026-12-31T18:30:00Z', '2026-12-31T18:30:00Z', '2027-01-31T18:30:00Z', '2027-01'],
    // There the first of April 2012 began at 01:00.
    ['America/Havana', '2012-04-01T12:00:00Z', '2012-04-01T05:00:00Z', '2012-05-01T04:00:00Z', '2012-04'],
  ])('%s at %s', (zone, instant, start, end, key) => {
    expect(monthAt(at(instant), zone)).toEqual({ startMs: at(start), endMs: at(end), key });
  });
});

describe('cutting', () => {
  const april = at('2026-03-31T22:00:00Z');

  test('a month border in Berlin after the change of clocks cuts a delta, parts adding up', () => {
    const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'), price(1, 'm', '0.1'));
    partition.timeMs = april;
    const outcome = partition.send({ startMs: april - 1000, durationMs: 3000, quantity: 10 });
    expect(brief(outcome)).toEqual([`1 1 ${april - 1000}+1000 3 0.3`, `1 1 ${april}+2000 7 0.7`]);
    expect(outcome.rows.map((row) => [row.period.startMs === april, row.primary])).toEqual([[false, true], [true, false]]); // prettier-ignore
    expect(partition.total(1, april)).toBe('0.7');
    expect(partition.engine.state.samples).toEqual({ received: 1, rated: 1, duplicates: 0, refused: 0 });
  });

  test('shares round half to even: 5 in two halves are 2 and 3, 15 are 8 and 7', () => {
    const partition = new TestPartition(
      account(1, 0),
      owner('r', 1),
      account(2, 0),
      owner('r', 2, 1000),
      meter('m'),
      price(1, 'm', '1'),
    );
    expect(brief(partition.send({ startMs: 0, durationMs: 2000, quantity: 5 }))).toEqual([
      '1 1 0+1000 2 2',
      '2 1 1000+1000 3 3',
    ]);
    const other = new TestPartition(
      account(1, 0),
      owner('r', 1),
      account(2, 0),
      owner('r', 2, 1000),
      meter('m'),
      price(1, 'm', '1'),
    );
    expect(brief(other.send({ startMs: 0, durationMs: 2000, quantity: 15 }))).toEqual([
      '1 1 0+1000 8 8',
      '2 1 1000+1000 7 7',
    ]);
  });

  test('a level keeps its value and pays for the time it was held', () => {
    const gauge = meter('m', { aggregation: 'timeWeighted' });
    const partition = new TestPartition(
      account(1, 0),
      owner('r', 1),
      gauge,
      price(1, 'm', '0.001'),
      price(2, 'm', '0.002', { effectiveFromMs: 3000 }),
    );
    const outcome = partition.send({ kind: 'level', startMs: 1000, durationMs: 5000, quantity: 4 });
    expect(brief(outcome)).toEqual(['1 1 1000+2000 8000 8', '1 2 3000+3000 12000 24']);
  });

  test('a sample without length is not cut and belongs to its start', () => {
    const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'), price(1, 'm', '0.1'));
    partition.timeMs = april;
    expect(partition.send({ startMs: april, quantity: 1 }).rows.map((row) => row.period.startMs)).toEqual([april]);
  });

  test('an ancestor in another zone has its own month', () => {
    const partition = new TestPartition(
      account(1, 0, { timeZone: 'UTC' }),
      account(2, 1),
      owner('r', 2),
      meter('m'),
      price(1, 'm', '1'),
    );
    partition.timeMs = april;
    const outcome = partition.send({ startMs: april + hour, durationMs: 2 * hour, quantity: 2 });
    expect(brief(outcome)).toEqual([`2 1 ${april + hour}+${hour} 1 1`, `2 1 ${april + 2 * hour}+${hour} 1 1`]);
    expect([
      partition.total(2, april),
      partition.total(1, at('2026-03-01T00:00:00Z')),
      partition.total(1, at('2026-04-01T00:00:00Z')),
    ]).toEqual(['2', '1', '1']);
  });
});

describe('charging', () => {
  const tiers = { model: { kind: 'graduated', tiers: [{ upTo: '10', unitPrice: '1', flat: '0' }, { upTo: null, unitPrice: '0.5', flat: '3' }] } } as const; // prettier-ignore

  test('rows are differences of charges: tiers on their borders, over several batches', () => {
    const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'), price(1, 'm', '', tiers));
    const amounts = [9, 1, 1, 0, 2].map((quantity, i) =>
      brief(partition.send({ startMs: i, quantity }))[0]
        ?.split(' ')
        .at(-1),
    );
    expect(amounts).toEqual(['9', '1', '3.5', '0', '1']);
  });

  test('a tally per resource begins anew for each', () => {
    const scoped = price(1, 'm', '1', { tallyScope: 'resource', allowance: '5' });
    const partition = new TestPartition(account(1, 0), owner('a', 1), owner('b', 1), meter('m'), scoped);
    const outcome = partition.send(
      { resource: 'a', startMs: 0, quantity: 6 },
      { resource: 'b', startMs: 0, quantity: 6 },
      { resource: 'a', startMs: 1, quantity: 6 },
    );
    expect(brief(outcome).map((row) => row.split(' ').at(-1))).toEqual(['1', '1', '6']);
  });

  test('a new version carries the position; a version of another model does not', () => {
    const v1 = price(1, 'm', '', { ...tiers, key: 'k' });
    const v2 = price(2, 'm', '', { ...tiers, key: 'k', version: 2, effectiveFromMs: 1000 });
    const v3 = price(3, 'm', '2', { key: 'k', version: 3, effectiveFromMs: 2000 });
    const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'), v1, v2, v3);
    const outcome = partition.send(
      { startMs: 0, quantity: 9 },
      { startMs: 1000, quantity: 2 },
      { startMs: 2000, quantity: 1 },
    );
    expect(brief(outcome)).toEqual(['1 1 0+0 9 9', '1 2 1000+0 2 4.5', '1 3 2000+0 1 2']);
  });

  test('the nearest scope wins over the newer price, the newest in a scope over the older', () => {
    const partition = new TestPartition(
      account(1, 0), account(2, 1), account(3, 0), owner('two', 2), owner('three', 3), meter('m'),
      price(1, 'm', '1'), price(2, 'm', '2', { component: 'm', effectiveFromMs: 10 }), price(3, 'm', '3', { account: 1 }),
    ); // prettier-ignore
    const outcome = partition.send(
      { resource: 'two', startMs: 20, quantity: 1 },
      { resource: 'three', startMs: 5, quantity: 1 },
      { resource: 'three', startMs: 20, quantity: 1 },
    );
    expect(outcome.rows.map((row) => row.price)).toEqual([3, 1, 2]);
  });

  test('what came before its price is charged by difference when the price comes', () => {
    const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'));
    const before = partition.send({ startMs: 100, quantity: 12 });
    expect(before.rows.map(({ kind, amount }) => [kind, amount.toString()])).toEqual([['unpriced', '0']]);
    const late = partition.control(price(1, 'm', '', tiers));
    expect(brief(late)).toEqual(['1 0 100+0 -12 0', '1 1 100+0 12 14']);
    expect(brief(partition.send({ startMs: 200, quantity: 2 }))).toEqual(['1 1 200+0 2 1']);
    expect(partition.total(1, monthAt(0, 'Europe/Berlin').startMs)).toBe('15');
  });

  test('a quantity is never negative, a tally stays below 10²⁶', () => {
    const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'));
    const most = `1${'0'.repeat(22)}`;
    const refused = partition.send(
      { startMs: 0, quantity: -1 },
      { startMs: 0, quantity: '1.5' },
      { startMs: 0, quantity: `${most}0` },
    ).refusals;
    expect(refused.map(({ reason }) => reason)).toEqual(['out_of_range', 'out_of_range', 'out_of_range']);
    const batch = (n: number) => Array.from({ length: 500 }, (_, i) => ({ startMs: n * 500 + i, quantity: most }));
    const refusals = Array.from({ length: 21 }, (_, n) => partition.send(...batch(n)).refusals);
    expect(refusals.map((list) => list.length)).toEqual([...Array.from({ length: 19 }, () => 0), 1, 500]);
    expect(refusals[19]).toMatchObject([{ index: 499, reason: 'out_of_range' }]);
  });
});

describe('admission', () => {
  test('duplicates, re-used and skipped numbers, strangers, an older epoch, overlaps', () => {
    const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'), price(1, 'm', '1'));
    const sample = { startMs: 1000, durationMs: 1000, quantity: 5 };
    const first = partition.body(1, [sample]);
    const reasons = [
      partition.usage(first), partition.usage(first), partition.usage(partition.body(1, [{ ...sample, quantity: 6 }])),
      partition.usage(partition.body(3, [sample])), partition.usage({ ...first, tenant: 'other' }), partition.usage(first, 'usage.0.t.stranger'),
      partition.usage(first, 'usage.0.nobody.p'), partition.usage({ ...first, epoch: { ...first.epoch, startedAtMs: 0 } }),
      partition.usage(partition.body(2, [sample])), partition.usage({ ...partition.body(3, [sample]), prev: 'x' }), partition.usage(partition.body(3, [{ ...sample, startMs: 2000 }])),
    ].map((outcome) => outcome.refusals.map(({ reason, samples }) => `${reason} ${samples}`).join()); // prettier-ignore
    expect(reasons).toEqual(['', '', 'seq_reuse 1', 'ahead 1', 'subject_mismatch 1', 'unauthentic 0', 'misplaced 0', 'stale_epoch 1', 'overlap 1', 'broken_chain 1', 'seq_reuse 1']); // prettier-ignore
    expect(partition.engine.state.samples).toEqual({ received: 9, rated: 1, duplicates: 1, refused: 7 });
    expect(partition.engine.state.batches).toEqual({ received: 11, rated: 2, duplicates: 1, refused: 8 });
  });

  test('a resource without owner falls to suspense, without suspense it is refused', () => {
    const partition = new TestPartition(meter('m'));
    expect(partition.send({ startMs: 0, quantity: 1 }).refusals[0]?.reason).toBe('unowned');
    partition.control(account(1, 0, { type: 'suspense' }));
    expect(partition.send({ startMs: 0, quantity: 1 }).rows[0]?.account).toBe(1);
  });

  test('a control message is taken whole or not at all', () => {
    const partition = new TestPartition(account(1, 0), meter('m'));
    expect(partition.control(account(2, 1), owner('r', 3)).refusals[0]?.reason).toBe('control_rejected');
    expect(partition.engine.state.tenants.get('t')?.accounts.has(2)).toBe(false);
    expect([
      partition.engine.state.controlMark,
      partition.control(account(2, 1), owner('r', 2)).refusals.length,
    ]).toEqual([2, 0]);
  });
});

describe('budgets', () => {
  const budget = (amount: string, enabled = true) =>
    ({
      kind: 'budget', id: 'b', account: 1, name: 'B', amount, currency: 'EUR', period: 'month', enabled, targets: ['hook'],
      thresholds: [{ percent: '100', action: 'throttle' }, { percent: '50', action: 'notify' }],
    }) as const; // prettier-ignore

  test('cross, raise, cross again, reset, leave the month: each once, and under its own id', () => {
    const partition = new TestPartition(
      account(1, 0),
      account(2, 1),
      owner('r', 2),
      meter('m'),
      price(1, 'm', '1'),
      budget('10'),
    );
    const ids = (outcome: { alerts: readonly Alert[] }) =>
      outcome.alerts.filter(isOfBudget).map((alert) => `${alert.id} ${alert.balance}`);
    let startMs = 0;
    const spend = (quantity: number) => ids(partition.send({ startMs: (startMs += 1), quantity }));
    expect(spend(4)).toEqual([]);
    expect(spend(6)).toEqual(['t:b:1970-01:50:0 10', 't:b:1970-01:100:0 10']);
    expect(spend(1)).toEqual([]);
    expect(ids(partition.control(budget('20')))).toEqual(['t:b:1970-01:released:1 11']);
    expect(partition.engine.state.budgets.get('t b')).toMatchObject({ state: 'released', arming: 1, crossed: ['50'] });
    expect(spend(9)).toEqual(['t:b:1970-01:100:1 20']);
    expect(ids(partition.control({ kind: 'budgetReset', budget: 'b', reason: '' }))).toEqual([
      't:b:1970-01:released:2 20',
    ]);
    expect(spend(9)).toEqual([]);
    expect(spend(11)).toEqual(['t:b:1970-01:50:2 20', 't:b:1970-01:100:2 20']);
    partition.timeMs = at('1970-01-31T22:00:00Z');
    const february = partition.send({ startMs: at('1970-01-31T23:00:00Z'), quantity: 20 });
    expect(ids(february)).toEqual([]);
    const entered = partition.engine.tick(at('1970-01-31T23:00:00Z'));
    expect(ids(entered)).toEqual(['t:b:1970-01:released:3 20', 't:b:1970-02:50:0 20', 't:b:1970-02:100:0 20']);
  });

  test('a disabled budget crosses nothing and lets go', () => {
    const partition = new TestPartition(account(1, 0), owner('r', 1), meter('m'), price(1, 'm', '1'), budget('10'));
    partition.send({ startMs: 0, quantity: 10 });
    expect(partition.control(budget('10', false)).alerts.map((alert) => alert.type)).toEqual(['budget.released']);
    expect(partition.send({ startMs: 1, quantity: 10 }).alerts).toEqual([]);
    expect(partition.control(budget('10')).alerts.map((alert) => alert.id)).toEqual([
      't:b:1970-01:50:1',
      't:b:1970-01:100:1',
    ]);
  });
});
