import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MeterlineError } from '../errors.ts';
import type { HoldOutcome, HoldRequest, RecordedRequest } from '../messages/checks.ts';
import type { ControlChange } from '../messages/control.ts';
import { parseAmount } from '../money/fixed.ts';
import { balanceOf } from '../rating/plan.ts';
import { budgetNow } from '../budgets/evaluate.ts';
import { applyMaster } from '../rating/master.ts';
import { emptyState, type PartitionState } from '../rating/state.ts';
import { seed } from '../testing/seed.ts';
import { decideRequests, type Decided } from './decide.ts';
import { DueQueue } from './due.ts';
import { heldOf } from './held.ts';
import { holdLimits } from './limits.ts';

const startMs = Date.UTC(2026, 10, 10);

/** A root with a child, and a budget of each: 100 at the root, 60 at the child, blocking at 100 %. */
function partition(budgets = { root: '100', child: '60' }): PartitionState {
  const state = emptyState(0);
  state.logTimeMs = startMs;
  const account = (id: number, parent: number) =>
    ({ kind: 'account', id, slug: `a${id}`, name: '', parent, type: 'project', timeZone: 'UTC' }) as ControlChange;
  const budget = (id: string, at: number, amount: string) =>
    ({ kind: 'budget', id, account: at, name: id, amount, currency: 'EUR', period: 'month', targets: [], enabled: true,
       thresholds: [{ percent: '50', action: 'throttle' }, { percent: '100', action: 'block' }] }) as ControlChange; // prettier-ignore
  const tenant = { kind: 'tenant', id: 't', name: '', currency: 'EUR', timeZone: 'UTC' } as const;
  const changes = [tenant, account(1, 0), account(2, 1), account(3, 1), budget('root', 1, budgets.root), budget('child', 2, budgets.child)]; // prettier-ignore
  const { master } = applyMaster(state, { v: 1, tenant: 't', seq: 1, auditId: '', trace: '', changes });
  for (const record of master.budgets.values()) budgetNow(evaluationOf(state), record);
  return state;
}

const evaluationOf = (state: PartitionState) => ({
  tenant: state.tenants.get('t')!, logTimeMs: state.logTimeMs, cause: null, trace: '', work: { done: 0 }, alert: () => undefined, changed: () => undefined,
}); // prettier-ignore

const recorded: RecordedRequest[] = [];
const ask = (state: PartitionState, request: Record<string, unknown>): Decided =>
  decideRequests(state, [{ tenant: 't', ...request } as unknown as HoldRequest], state.logTimeMs, recorded)[0]!;
const hold = (state: PartitionState, key: string, amount: string, more: object = {}) =>
  ask(state, { op: 'hold', key, account: 2, amount, currency: 'EUR', expiresInMs: 10_000, ...more }) as HoldOutcome;
const codeOf = (decided: Decided) => (decided instanceof MeterlineError ? decided.code : decided);

function spend(state: PartitionState, account: number, amount: bigint): void {
  const tenant = state.tenants.get('t')!;
  for (const node of tenant.master.accounts.get(account)!.chain)
    balanceOf(tenant, node, Date.UTC(2026, 10, 1), 'EUR').total += amount;
}

test(`CAP of holds: whatever is held, spent, ended and expired, no grant leads beyond a cap above it, seed ${seed}`, () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant('hold' as const), account: fc.constantFrom(1, 2, 3), amount: fc.integer({ min: 1, max: 70 }), lifeMs: fc.integer({ min: 100, max: 5000 }) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('commit' as const), which: fc.nat(20), amount: fc.nat(40) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('release' as const), which: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('spend' as const), account: fc.constantFrom(2, 3), amount: fc.nat(15) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('time' as const), byMs: fc.nat(3000) }) },
  ); // prettier-ignore
  let granted = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const state = partition();
      /** What must be free, kept apart: account, amount, until when. */
      const open = new Map<string, { account: number; amount: number; endsMs: number }>();
      const spent = new Map([[1, 0], [2, 0], [3, 0]]); // prettier-ignore
      const under = (account: number) => (one: number) => account === 1 || account === one;
      const left = (account: number, cap: number) =>
        cap -
        [...spent].reduce((sum, [one, amount]) => (under(account)(one) ? sum + amount : sum), 0) -
        [...open.values()].reduce((sum, one) => (under(account)(one.account) && one.endsMs > state.logTimeMs ? sum + one.amount : sum), 0); // prettier-ignore
      steps.forEach((one, i) => {
        if (one.what === 'hold') {
          const caps = one.account === 2 ? [left(1, 100), left(2, 60)] : [left(1, 100)];
          const { allowed, left: told } = hold(state, `k${i}`, String(one.amount), { account: one.account, expiresInMs: one.lifeMs }); // prettier-ignore
          expect(allowed).toBe(one.amount <= Math.min(...caps));
          expect(told).toBe(String(Math.min(...caps)));
          if (allowed) open.set(`k${i}`, { account: one.account, amount: one.amount, endsMs: state.logTimeMs + one.lifeMs }); // prettier-ignore
          if (allowed) granted += 1;
          else refused += 1;
        } else if (one.what === 'spend') {
          spend(state, one.account, parseAmount(String(one.amount))!);
          spent.set(one.account, spent.get(one.account)! + one.amount);
        } else if (one.what === 'time') state.logTimeMs += one.byMs;
        else {
          const [key, known] = [...open][one.which % Math.max(open.size, 1)] ?? ['none'];
          const isOpen = known !== undefined && known.endsMs > state.logTimeMs;
          if (one.what === 'release') {
            ask(state, { op: 'release', key });
            if (isOpen) open.delete(key);
          } else if (isOpen) {
            const told = codeOf(ask(state, { op: 'commit', key, amount: String(one.amount), keepForMs: 1000 }));
            if (typeof told === 'object') open.set(key, { ...known, amount: one.amount, endsMs: state.logTimeMs + 1000 }); // prettier-ignore
          }
        }
      });
      state.holds.pass(state.logTimeMs);
      const tenant = state.tenants.get('t')!;
      const isLeft = (account: number, cap: number) => parseAmount(String(cap - left(account, cap) - [...spent].reduce((sum, [one, amount]) => (under(account)(one) ? sum + amount : sum), 0))); // prettier-ignore
      expect(heldOf(tenant, 'root')).toBe(isLeft(1, 100));
      expect(heldOf(tenant, 'child')).toBe(isLeft(2, 60));
    }),
    { seed, numRuns: Number(process.env['METERLINE_RUNS'] ?? 200) },
  );
  expect(granted).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
});

describe('a hold', () => {
  test('takes room up to exactly the cap, and the answer names who refuses and what is left', () => {
    const state = partition();
    expect(hold(state, 'a', '60')).toMatchObject({
      allowed: true,
      left: '60',
      cap: '60',
      held: '0',
      spent: '0',
      why: [],
    });
    expect(hold(state, 'b', '0.000000000001')).toMatchObject({ allowed: false, left: '0', held: '60', endsMs: 0, why: [{ kind: 'budget', id: 'child', account: 2, cap: '60', left: '0' }] }); // prettier-ignore
    expect(hold(state, 'c', '40', { account: 3 })).toMatchObject({ allowed: true, left: '40', cap: '100', held: '60' });
    expect(hold(state, 'd', '1', { account: 1 })).toMatchObject({ allowed: false, why: [{ id: 'root' }] });
  });

  test('asked for again gives the same answer, granted or refused, until it is forgotten; other content is an error', () => {
    const state = partition();
    const granted = hold(state, 'a', '50');
    const refused = hold(state, 'b', '50');
    const count = recorded.length;
    state.logTimeMs += 9000;
    ask(state, { op: 'release', key: 'a' });
    expect([hold(state, 'a', '50'), hold(state, 'b', '50')]).toEqual([granted, refused]);
    expect(recorded.length).toBe(count + 1);
    expect(codeOf(hold(state, 'a', '49'))).toBe('HOLD_KEY_REUSED');
    state.logTimeMs += holdLimits.rememberedMs;
    expect(hold(state, 'b', '50')).toMatchObject({ allowed: true });
  });

  test('ends by log time; committed it shrinks and stays, released it is gone, ended there is nothing to commit', () => {
    const state = partition();
    const tenant = state.tenants.get('t')!;
    hold(state, 'a', '20');
    hold(state, 'b', '30');
    expect(codeOf(ask(state, { op: 'commit', key: 'a', amount: '21', keepForMs: 1000 }))).toBe('HOLD_AMOUNT_EXCEEDED');
    const committed = ask(state, { op: 'commit', key: 'a', amount: '5', keepForMs: 20_000 });
    expect(committed).toEqual({ held: '5', endsMs: startMs + 20_000 });
    expect(heldOf(tenant, 'root')).toBe(parseAmount('35'));
    state.logTimeMs += 10_000;
    state.holds.pass(state.logTimeMs);
    expect(heldOf(tenant, 'root')).toBe(parseAmount('5'));
    expect(codeOf(ask(state, { op: 'commit', key: 'b', keepForMs: 1000 }))).toBe('HOLD_ENDED');
    expect(ask(state, { op: 'commit', key: 'a', amount: '5', keepForMs: 20_000 })).toEqual(committed);
    expect(codeOf(ask(state, { op: 'commit', key: 'a', amount: '4', keepForMs: 20_000 }))).toBe('HOLD_KEY_REUSED');
    expect(ask(state, { op: 'release', key: 'b' })).toEqual({ held: '0', endsMs: startMs + 10_000 });
    expect(ask(state, { op: 'release', key: 'a' })).toEqual({ held: '0', endsMs: state.logTimeMs });
    expect(heldOf(tenant, 'root')).toBe(0n);
    expect(codeOf(ask(state, { op: 'release', key: 'z' }))).toBe('HOLD_UNKNOWN');
  });

  test('of an account without a cap is granted whatever it is of: there is no end of it, and it is held all the same', () => {
    const state = partition();
    const budget = state.tenants.get('t')!.master.budgets;
    budget.clear();
    state.tenants.get('t')!.budgetStates.clear();
    expect(hold(state, 'a', '999999999999999')).toMatchObject({
      allowed: true,
      state: 'none',
      why: [],
      left: null,
      cap: null,
      spent: null,
      held: null,
    });
    expect(ask(state, { op: 'commit', key: 'a', keepForMs: 1000 })).toMatchObject({ held: '999999999999999' });
  });

  test('that has expired is committed too late: an error, whatever is asked again, and room for others from then on', () => {
    const state = partition();
    hold(state, 'a', '60', { expiresInMs: 1000 });
    expect(hold(state, 'b', '1')).toMatchObject({ allowed: false });
    state.logTimeMs += 1000;
    for (let i = 0; i < 2; i++)
      expect(codeOf(ask(state, { op: 'commit', key: 'a', keepForMs: 1000 }))).toBe('HOLD_ENDED');
    expect(hold(state, 'c', '60')).toMatchObject({ allowed: true });
    expect(recorded.at(-1)).toMatchObject({ request: { key: 'c' } });
  });

  test.each([
    ['amount', { amount: '51' }],
    ['account', { account: 3 }],
    ['life', { expiresInMs: 9999 }],
    ['service', { service: 's' }],
    ['kind', { amount: undefined, currency: undefined, usage: { meter: 'm', quantity: '1' } }],
  ])('under the same key with another %s is an error, and the first one stands', (_, other) => {
    const state = partition();
    const first = hold(state, 'a', '50');
    expect(codeOf(hold(state, 'a', '50', JSON.parse(JSON.stringify(other)) as object))).toBe('HOLD_KEY_REUSED');
    expect(hold(state, 'a', '50')).toEqual(first);
    expect(heldOf(state.tenants.get('t')!, 'child')).toBe(parseAmount('50'));
  });

  test('lives no shorter than asked for under clock skew: counted from log time or the wall clock, whichever is ahead', () => {
    const outcomes = [-60_000, 60_000].map((skewMs) => {
      const state = partition();
      const request = { tenant: 't', op: 'hold', key: 'a', account: 2, amount: '1', currency: 'EUR', expiresInMs: 1000 } as const; // prettier-ignore
      return (decideRequests(state, [request], startMs + skewMs, [])[0] as HoldOutcome).endsMs;
    });
    expect(outcomes).toEqual([startMs + 1000, startMs + 61_000]);
  });

  test('on a blocked account is refused whatever is left; on a throttled one it is granted and says so', () => {
    const state = partition();
    const budget = state.tenants.get('t')!.budgetStates.get('child')!;
    budget.state = 'throttled';
    expect(hold(state, 'a', '1')).toMatchObject({ allowed: true, state: 'throttle', why: [{ id: 'child', state: 'throttle' }] }); // prettier-ignore
    budget.state = 'blocked';
    expect(hold(state, 'b', '1')).toMatchObject({
      allowed: false,
      state: 'block',
      why: [{ id: 'child', state: 'block' }],
    });
    expect(hold(state, 'c', '1', { account: 3 })).toMatchObject({ allowed: true, state: 'none' });
  });

  test('in a currency that nothing is charged in, or of an unknown account, is an error and no answer to remember', () => {
    const state = partition();
    expect(codeOf(hold(state, 'a', '1', { currency: 'USD' }))).toBe('CHECK_CURRENCY_UNKNOWN');
    expect(codeOf(hold(state, 'a', '1', { account: 9 }))).toBe('CHECK_ACCOUNT_UNKNOWN');
    expect(hold(state, 'a', '1')).toMatchObject({ allowed: true });
  });

  test('keys have limits, and those that are forgotten count no more', () => {
    const state = partition({ root: '1000000', child: '1000000' });
    for (let i = 0; i < holdLimits.perAccountMax; i++) hold(state, `k${i}`, '1', { expiresInMs: 1000 });
    expect(codeOf(hold(state, 'more', '1'))).toBe('HOLDS_TOO_MANY');
    expect(hold(state, 'other', '1', { account: 3 })).toMatchObject({ allowed: true });
    state.logTimeMs += 1000 + holdLimits.rememberedMs;
    expect(hold(state, 'more', '1')).toMatchObject({ allowed: true });
    expect(state.holds.count).toBe(2);
  });

  test('wakes an idle partition at the full second after its end, and not for those that ended before', () => {
    const state = partition();
    hold(state, 'a', '1', { expiresInMs: 1500 });
    hold(state, 'b', '1', { expiresInMs: 500 });
    expect(state.holds.nextMs).toBe(startMs + 1000);
    ask(state, { op: 'release', key: 'b' });
    expect(state.holds.nextMs).toBe(startMs + 2000);
    ask(state, { op: 'release', key: 'a' });
    expect(state.holds.nextMs).toBe(Infinity);
  });
});

test('what is due comes in order, and what is outdated never', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(100), fc.boolean()), { maxLength: 60 }), (things) => {
      const queue = new DueQueue<number>((index) => things[index]![1]);
      things.forEach(([atMs], index) => queue.add(atMs, index));
      const wanted = things.filter(([, isDue]) => isDue).map(([atMs]) => atMs).sort((a, b) => a - b); // prettier-ignore
      expect([...queue.take(50)].map((index) => things[index]![0])).toEqual(wanted.filter((atMs) => atMs <= 50));
      expect(queue.nextMs).toBe(wanted.find((atMs) => atMs > 50) ?? Infinity);
    }),
  );
});
