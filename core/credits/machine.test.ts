import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { apply, coverage } from './machine.ts';
import { recurringGrants } from './recurring.ts';
import { burnOrder, checkGrant, type Charge, type CreditEvent, type CreditRow, type Grant } from './records.ts';
import { restore, snapshot } from './snapshot.ts';
import { newCredits, returnedTo, type CreditState } from './state.ts';
import { slowCredits } from './testing/slow.ts';

const pico = (text: string): bigint => parseAmount(text)!;
const grant = (id: string, amount: string, more: Partial<Grant> = {}): Grant => ({
  id, account: 1, kind: 'prepaid', unit: 'EUR', amount, priority: 1, scope: {}, effectiveAtMs: 0, expiresAtMs: null,
  graceMs: 0, coversOverage: false, blocks: false, ...more,
}); // prettier-ignore
const charge = (atMs: number, amount: string, more: Partial<Charge> = {}): Charge => ({
  kind: 'charge', atMs, usageMs: more.atMs ?? atMs, of: 't', path: [2, 1], periodMs: 0, service: 's', component: 'c', meter: 'm', unit: 'EUR', amount: pico(amount), ...more,
}); // prettier-ignore
const given = (one: Grant, atMs = 0): CreditEvent => ({ kind: 'grant', atMs, grant: one });
const tick = (atMs: number): CreditEvent => ({ kind: 'tick', atMs });

function run(events: readonly CreditEvent[], state = newCredits()): { state: CreditState; rows: CreditRow[] } {
  return { state, rows: events.flatMap((event) => apply(state, event).rows) };
}
const told = (rows: readonly CreditRow[]) =>
  rows.filter(({ reason }) => reason !== 'granted').map((row) => `${row.reason} ${row.grant === '' ? '' : `${row.grant} `}${formatAmount(row.amount)}`); // prettier-ignore
const left = (state: CreditState) =>
  Object.fromEntries([...state.grants].map(([id, held]) => [id, formatAmount(held.left)]));

describe('README', () => {
  test('a promotion of 10.00 and 100.00 prepaid: 30.00 burn 10 and 20; a refund of 25.00 gives the last burned back first', () => {
    const { rows } = run([
      given(grant('welcome', '10', { kind: 'promotional' })),
      given(grant('prepaid', '100')),
      charge(1, '30'),
      charge(2, '-25'),
    ]);
    expect(told(rows)).toEqual(['burned welcome 10', 'burned prepaid 20', 'refunded prepaid 20', 'refunded welcome 5']);
  });

  test('the order: priority, expiry, promotional before prepaid, effective date, id', () => {
    const grants = [
      grant('f', '1'),
      grant('e', '1'),
      grant('d', '1', { effectiveAtMs: -1 + 1, kind: 'promotional' }),
      grant('c', '1', { expiresAtMs: 900 }),
      grant('b', '1', { expiresAtMs: 900, kind: 'promotional' }),
      grant('a', '1', { priority: 0 }),
      grant('g', '1', { effectiveAtMs: 5 }),
    ];
    expect(grants.sort(burnOrder).map(({ id }) => id).join('')).toBe('abcdefg'); // prettier-ignore
    // Of any two the same one comes first, whichever is asked about first.
    grants.forEach((a, i) => grants.forEach((b, j) => expect(Math.sign(burnOrder(a, b))).toBe(Math.sign(i - j))));
  });
});

test('a refund to an expired grant lapses when it was promotional and goes to the account when it was prepaid', () => {
  const { state, rows } = run([
    given(grant('promo', '5', { kind: 'promotional', expiresAtMs: 10 })),
    given(grant('paid', '5', { expiresAtMs: 20 })),
    charge(1, '8'),
    charge(30, '-7'),
  ]);
  expect(told(rows)).toEqual([
    'burned promo 5',
    'burned paid 3',
    'expired paid 2',
    'returned paid 3',
    'lapsed promo 4',
  ]);
  expect([returnedTo(state, 'EUR', 1), returnedTo(state, 'EUR', 2)]).toEqual([pico('3'), 0n]);
  expect(rows.find(({ reason }) => reason === 'expired')!.atMs).toBe(20);
});

test('expiry acts at expiresAt + grace of log time: late usage within it is paid, usage after the expiry is not', () => {
  const once = grant('a', '10', { expiresAtMs: 10, graceMs: 5 });
  const { rows } = run([
    given(once),
    charge(14, '2', { usageMs: 9 }),
    charge(14, '3', { usageMs: 10 }),
    charge(15, '4', { usageMs: 9 }),
  ]);
  expect(told(rows)).toEqual(['burned a 2', 'overage 3', 'expired a 8', 'overage 4']);
});

test('a blocking grant keeps those after it from paying, also when it is used up, until it ends', () => {
  const { rows } = run([
    given(grant('first', '5', { priority: 0, blocks: true, expiresAtMs: 10 })),
    given(grant('second', '50')),
    charge(1, '8'),
    charge(2, '1'),
    charge(10, '1'),
  ]);
  expect(told(rows)).toEqual(['burned first 5', 'overage 3', 'overage 1', 'burned second 1']);
});

test('only a grant that covers overage pays what came before it, the oldest tally first', () => {
  const before = [charge(1, '3', { of: 'a' }), charge(2, '3', { of: 'b', service: 'x' }), charge(3, '3', { of: 'c' })];
  expect(told(run([...before, given(grant('no', '9'), 4)]).rows).slice(3)).toEqual([]);
  const covers = grant('yes', '5', { coversOverage: true, scope: { services: ['s'] }, effectiveAtMs: 7 });
  expect(told(run([...before, given(covers, 4), tick(9)]).rows).slice(3)).toEqual([
    'burned yes 3', 'overage -3', 'burned yes 2', 'overage -2',
  ]); // prettier-ignore
});

test('scope: services, accounts and what lies below them, the unit', () => {
  const { rows } = run([
    given(grant('tokens', '9', { unit: 'token' })),
    given(grant('other', '9', { account: 7 })),
    given(grant('service', '9', { scope: { services: ['x'] } })),
    given(grant('below', '9', { scope: { accounts: [2] } })),
    charge(1, '1'),
    charge(1, '1', { of: 'u', path: [3, 1] }),
    charge(1, '1', { of: 'v', path: [4, 2, 1], service: 'x' }),
    charge(1, '1', { of: 'w', unit: 'token' }),
  ]);
  expect(told(rows)).toEqual(['burned below 1', 'overage 1', 'burned below 1', 'burned tokens 1']);
});

test('the rest rolls over, up to a cap, so many times', () => {
  const rollover = { maximum: '4', forMs: 10, timesMax: 2 };
  const { state, rows } = run([
    given(grant('a', '9', { expiresAtMs: 10, rollover })),
    charge(1, '2'),
    charge(12, '1'),
    tick(40),
  ]);
  expect(told(rows)).toEqual([
    'burned a 2',
    'expired a 3',
    'rolledOver a 4',
    'burned a+ 1',
    'rolledOver a+ 3',
    'expired a++ 3',
  ]);
  expect(left(state)).toEqual({ a: '0', 'a+': '0', 'a++': '0' });
  expect(checkGrant(grant('a+', '5')).map(({ path }) => path)).toEqual(['id']);
});

test('what is taken off for a node finds what was paid below it in the period, the last charged first', () => {
  const below = (of: string, account: number, periodMs = 0) => ({ of, path: [account, 1], periodMs });
  const { state, rows } = run([
    given(grant('promo', '6', { kind: 'promotional' })),
    given(grant('paid', '9')),
    charge(1, '4', below('a', 2)),
    charge(2, '4', below('b', 3)),
    charge(3, '4', below('later', 3, 7)),
    charge(4, '-7', below('discount', 1)),
    charge(5, '-3', below('c', 4)),
    charge(6, '-3', below('discount', 1)),
  ]);
  expect(told(rows)).toEqual([
    'burned promo 4', 'burned promo 2', 'burned paid 2', 'burned paid 4',
    'refunded paid 2', 'refunded promo 2', 'refunded promo 3', 'overage -3', 'refunded promo 1', 'overage -2',
  ]); // prettier-ignore
  expect(left(state)).toEqual({ promo: '6', paid: '5' });
});

test('a payment that is taken back: what the grant paid is owed again, and another grant that covers overage pays it', () => {
  const { state, rows } = run([
    given(grant('cheque', '10')),
    charge(1, '3', { of: 'a' }),
    charge(2, '4', { of: 'b' }),
    { kind: 'void', atMs: 3, grant: 'cheque', owes: true },
    { kind: 'void', atMs: 4, grant: 'cheque' },
    given(grant('cash', '5', { coversOverage: true }), 5),
  ]);
  expect(told(rows)).toEqual([
    'burned cheque 3', 'burned cheque 4', 'voided cheque 3', 'revoked cheque 3', 'overage 3', 'revoked cheque 4', 'overage 4',
    'burned cash 3', 'overage -3', 'burned cash 2', 'overage -2',
  ]); // prettier-ignore
  expect(left(state)).toEqual({ cheque: '0', cash: '0' });
});

test('peers: overage is paid by the grant of the next day; a voided grant pays no more; a recurrence begins anew', () => {
  const day = 86_400_000;
  const daily = recurringGrants(grant('g', '100', { coversOverage: true, expiresAtMs: 30 * day }), [
    day,
    2 * day,
    3 * day,
  ]);
  const { state, rows } = run([...daily.map((one) => given(one)), charge(3_600_000, '120'), tick(day)]);
  expect(left(state)).toMatchObject({ [`g@${day}`]: '80' });
  expect(told(rows).slice(0, 2)).toEqual(['burned g@0 100', 'overage 20']);
  const voided = run([
    given(grant('g', '100')),
    charge(1, '50'),
    { kind: 'void', atMs: 2, grant: 'g' },
    charge(3, '50'),
  ]);
  expect(told(voided.rows)).toEqual(['burned g 50', 'voided g 50', 'overage 50']);
});

test('a bad grant is told and changes nothing but time; falling log time and a tally that changes are bugs', () => {
  const state = newCredits();
  const bad = grant('', '-1', { priority: 0.5, expiresAtMs: 0, rollover: { maximum: '1', forMs: 0, timesMax: 0 } });
  expect(checkGrant(bad).map(({ path }) => path)).toEqual(['id', 'amount', 'priority', 'expiresAtMs', 'rollover.forMs', 'rollover.timesMax']); // prettier-ignore
  expect(apply(state, given(bad, 5)).problems).toHaveLength(6);
  expect(apply(state, given(grant('a', '1'), 5)).problems).toEqual([]);
  expect(apply(state, given(grant('a', '1'), 5)).problems.map(({ expected }) => expected)).toEqual([
    'an id that no grant in the books has',
  ]);
  expect(apply(state, { kind: 'void', atMs: 6, grant: 'x' }).problems).toHaveLength(1);
  expect(() => apply(state, tick(5))).toThrow(RangeError);
  apply(state, charge(7, '1'));
  expect(() => apply(state, charge(7, '1', { of: 'x', path: [] }))).toThrow(/0 accounts/);
  expect(() => apply(state, charge(7, '1', { path: [3] }))).toThrow(/was EUR, s, 2/);
  expect(() => apply(state, charge(7, '1', { unit: 'USD' }))).toThrow(/tally t is charged as USD/);
  expect(coverage(state, charge(7, '5'))).toEqual({ covered: 0n, overage: pico('5') });
});

// Random histories in whole pico, so that the slow machine can take them coin by coin.
const coins = fc.integer({ min: 0, max: 12 }).map((n) => formatAmount(BigInt(n)));
const histories = fc
  .array(
    fc.record({
      wait: fc.nat(4),
      kind: fc.constantFrom('grant', 'charge', 'charge', 'charge', 'refund', 'void', 'owe', 'tick'),
      amount: coins, priority: fc.nat(2), life: fc.option(fc.integer({ min: 1, max: 15 })), delay: fc.nat(6), grace: fc.nat(3),
      flags: fc.record({ promo: fc.boolean(), covers: fc.boolean(), blocks: fc.boolean(), rolls: fc.boolean() }),
      of: fc.nat(2), late: fc.nat(5), pick: fc.nat(5),
    }),
    { maxLength: 30 },
  )
  .map((steps) => {
    let atMs = 10;
    const ids: string[] = [];
    return steps.map((step, index): CreditEvent => {
      atMs += step.wait;
      const { promo, covers, blocks, rolls } = step.flags;
      if (step.kind === 'grant') {
        ids.push(`g${index}`);
        const effectiveAtMs = Math.max(0, atMs - 3 + step.delay);
        const expiresAtMs = step.life === null ? null : Math.max(effectiveAtMs, atMs) + step.life;
        return given(
          grant(`g${index}`, step.amount, {
            priority: step.priority, kind: promo ? 'promotional' : 'prepaid', effectiveAtMs, expiresAtMs, graceMs: step.grace,
            coversOverage: covers, blocks, account: step.pick % 2 === 0 ? 1 : 20, scope: step.pick === 3 ? { services: ['s0'] } : {},
            ...(rolls && expiresAtMs !== null ? { rollover: { maximum: step.pick === 1 ? null : formatAmount(3n), forMs: step.grace + 2, timesMax: 2 } } : {}),
          }),
          atMs,
        );
      }
      if (step.kind === 'tick') return tick(atMs);
      if (step.kind === 'void' || step.kind === 'owe')
        return { kind: 'void', atMs, grant: ids[step.pick] ?? 'none', owes: step.kind === 'owe' };
      const amount = step.kind === 'refund' ? `-${step.amount}` : step.amount;
      return charge(atMs, amount, { usageMs: Math.max(0, atMs - step.late), of: `t${step.of}`, path: step.of === 2 ? [20, 1] : [20 + step.of, 20, 1].slice(step.of === 0 ? 1 : 0), periodMs: step.of % 2, service: `s${step.of % 2}` });
    });
  }); // prettier-ignore

test('the same order gives the same rows and state: in any batching, from snapshots, with ticks in between, and as the slow machine says', () => {
  fc.assert(
    fc.property(histories, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (events, cuts) => {
      const { state, rows } = run(events);
      let other = newCredits();
      const again = events.flatMap((event, index) => {
        if (cuts[index]) other = restore(snapshot(other));
        const ticked = cuts[index] ? apply(other, tick(event.atMs)).rows : [];
        return [...ticked, ...apply(other, event).rows];
      });
      expect(again).toEqual(rows);
      expect(snapshot(other)).toBe(snapshot(state));
      const slow = slowCredits(events);
      const book = (of: string) => state.tallies.get(of)?.overage ?? 0n;
      for (const [id, count] of slow.left) expect([id, state.grants.get(id)?.left ?? 0n]).toEqual([id, count]);
      for (const [of, count] of slow.overage) expect([of, book(of)]).toEqual([of, count]);
      const returned = returnedTo(state, 'EUR', 1) + returnedTo(state, 'EUR', 20);
      expect(returned).toBe(slow.returned);
    }),
    { numRuns: 3000 },
  );
});

test('CONSERVE of credits: none is ever negative; each grant and each charge add up over their rows', () => {
  fc.assert(
    fc.property(histories, (events) => {
      const state = newCredits();
      const rows: CreditRow[] = [];
      let charged = 0n;
      for (const event of events) {
        rows.push(...apply(state, tick(event.atMs)).rows);
        const asked = event.kind === 'charge' && event.amount > 0n ? coverage(state, event) : undefined;
        const now = apply(state, event).rows;
        rows.push(...now);
        if (event.kind === 'charge') charged += event.amount;
        const of = (reason: CreditRow['reason']) =>
          now.filter((row) => row.reason === reason).reduce((total, { amount }) => total + amount, 0n);
        if (asked !== undefined) expect(asked).toEqual({ covered: of('burned'), overage: of('overage') });
        for (const { left: rest } of state.grants.values()) expect(rest).toBeGreaterThanOrEqual(0n);
        for (const { overage, burns } of state.tallies.values()) {
          expect(overage < 0n && burns.length > 0).toBe(false);
          expect(burns.some(({ grant: id, amount }, i) => amount <= 0n || burns[i + 1]?.grant === id)).toBe(false);
        }
      }
      const sum = (filter: (row: CreditRow) => boolean, ...reasons: CreditRow['reason'][]) =>
        rows
          .filter((row) => reasons.includes(row.reason) && filter(row))
          .reduce((total, { amount }) => total + amount, 0n);
      const all = () => true;
      expect(sum(all, 'burned', 'overage') - sum(all, 'refunded', 'lapsed', 'returned', 'revoked')).toBe(charged);
      for (const id of new Set(rows.map((row) => row.grant).filter((name) => name !== ''))) {
        const own = (row: CreditRow) => row.grant === id;
        const { left: rest, ended, givenBack } = state.grants.get(id)!;
        expect([ended, givenBack]).toEqual([sum(own, 'expired', 'voided'), sum(own, 'lapsed', 'returned')]);
        expect(sum(own, 'granted', 'refunded')).toBe(sum(own, 'burned', 'expired', 'rolledOver', 'voided') + rest);
      }
    }),
    { numRuns: 4000 },
  );
});
