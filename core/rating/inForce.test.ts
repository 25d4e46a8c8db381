/** For how much of a period a version is in force, and what an open tally is charged when the next one cuts that short. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccountRecord, PriceRecord } from '../messages/control.ts';
import { formatAmount } from '../money/fixed.ts';
import { checkNames } from '../reference/audit/faults.ts';
import { ports } from '../testing/differentialPorts.ts';
import { options, seed } from '../testing/seed.ts';
import type { Action } from './differential/actions.ts';
import { World } from './differential/world.ts';
import { partInForce } from './inForce.ts';
import { repricedPerInputMax } from './repricing.ts';

const berlin = (day: string) => Temporal.PlainDate.from(day).toZonedDateTime('Europe/Berlin').epochMilliseconds;
const hour = 3_600_000;
const october = { startMs: berlin('2026-10-01'), endMs: berlin('2026-11-01') };
const chain = [
  { id: 2, parent: 1, timeZone: 'Europe/Berlin' },
  { id: 1, parent: 0, timeZone: 'Europe/Berlin', startsOn: '2026-10-04' },
].map((account) => ({ slug: '', name: '', type: 'project', ...account }) as AccountRecord);
const version = (id: number, account: number, effectiveFromMs: number, by: 'second' | 'day') =>
  ({ id, account, effectiveFromMs, service: 's', component: 'c', prorate: { by } }) as PriceRecord;
const shares = (records: readonly PriceRecord[]) =>
  records.map((record) => {
    const part = partInForce(record, records, chain, october);
    return part === undefined ? 'all' : `${part.inForce}/${part.of}`;
  });

test('by day each day is of the version in force when it ends, by second each millisecond; the account begins inside', () => {
  const at = (by: 'second' | 'day') => [
    version(1, 0, 0, by),
    version(2, 0, berlin('2026-10-11') + hour, by),
    version(3, 2, berlin('2026-10-25') + 3 * hour, by),
  ];
  expect(shares(at('day'))).toEqual(['7/31', '14/31', '7/31']);
  // The last Sunday has 25 hours.
  const all = (31 * 24 + 1) * hour;
  expect(shares(at('second'))).toEqual([`${(7 * 24 + 1) * hour}/${all}`, `${(14 * 24 + 2) * hour}/${all}`, `${(6 * 24 + 22) * hour}/${all}`]); // prettier-ignore
  expect(shares([version(1, 1, 0, 'day'), version(2, 0, berlin('2026-10-09'), 'day')])).toEqual(['28/31', '0/31']);
}); // prettier-ignore

test(`GAPLESS: what versions have of a period adds up, from when something is in force, seed ${seed}`, () => {
  const drawn = fc.record({ account: fc.constantFrom(0, 1, 2), fromMs: fc.integer({ min: october.startMs - 9e8, max: october.endMs + 9e8 }) }); // prettier-ignore
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 6 }), fc.constantFrom('second' as const, 'day' as const), (all, by) => {
      const records = [version(1, 0, 0, by), ...all.map(({ account, fromMs }, i) => version(i + 2, account, fromMs, by))];
      const parts = records.map((record) => partInForce(record, records, chain, october));
      const begun = by === 'day' ? 28n : BigInt(october.endMs - berlin('2026-10-04'));
      expect(parts.reduce((sum, part) => sum + (part?.inForce ?? 0n), 0n)).toBe(begun);
    }),
    options,
  );
}); // prettier-ignore

const commit: Action = { kind: 'commit' };
const use = (resource: 0 | 1 | 2, startMs: number, quantity: number): Action => ({
  kind: 'batch', tenant: 't', producer: 'gateway', month: 0, harm: null,
  samples: [{ resource, metric: 0, dims: -1, startMs, durationMs: 0, quantity }],
}); // prettier-ignore
const prices = (effectiveFromMs: number, more: object = {}): Action =>
  ({
    kind: 'prices', tenant: 't',
    prices: [{
      key: 'k6', service: 's6', component: 'c6', meter: 'cpu.all', currency: 'EUR', account: 0, effectiveFromMs, tallyScope: 'account',
      unit: { name: 'u', numerator: '1', denominator: '1' }, allowance: '31', maximum: '620', model: { kind: 'perUnit', unitPrice: '2' },
      prorate: { by: 'day', allowance: true, maximum: true }, ...more,
    }],
  }) as unknown as Action; // prettier-ignore

function judged(world: World): void {
  world.auditor.finish();
  for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
}

test('an open tally is charged anew when the next version takes over, and again for one before that', () => {
  const world = new World(ports);
  const act = (...steps: readonly Action[]) => steps.forEach((step) => world.act(step));
  const charges = () => world.state.tallies.map(({ charge }) => formatAmount(charge));
  // Resource a is an account's of UTC: the log is at the end of its March, of 31 days.
  act(prices(0), use(0, -hour, 100), commit);
  expect(charges()).toEqual(['138']);
  act(prices(Date.UTC(2026, 2, 21)), commit);
  // 20 of 31 days: 20 of 100 are free.
  expect(charges()).toEqual(['160']);
  act(prices(Date.UTC(2026, 2, 11), { onVersion: 'restart' }), commit, use(0, -hour, 5), commit);
  // 10 of the 31 days are left to the first; the second, in force since the 21st, goes on from 100: 5 at 2.
  expect(charges()).toEqual(['180', '10']);
  act({ kind: 'restart' }, prices(0), commit);
  expect(charges()).toEqual(['0', '10']);
  judged(world);
});

test('beyond what one input charges anew the next ones go on, and a sample finds its tally charged', () => {
  const world = new World(ports);
  const act = (...steps: readonly Action[]) => steps.forEach((step) => world.act(step));
  const days = Array.from({ length: 95 }, (_, i) => ({ resource: i % 3, metric: 0, dims: -1, startMs: -hour - Math.floor(i / 3) * 24 * hour, durationMs: 0, quantity: 40 })); // prettier-ignore
  const spread = {
    kind: 'batch',
    tenant: 't',
    producer: 'gateway',
    month: 0,
    harm: null,
    samples: days,
  } as unknown as Action;
  const daily = { period: { kind: 'calendar', interval: 'day' }, tallyScope: 'resource', allowance: '24', maximum: undefined, prorate: { by: 'second', allowance: true } } as const; // prettier-ignore
  const dailyOf = (key: string) => {
    const one = prices(0, daily) as unknown as { readonly prices: readonly object[] };
    return { ...one, prices: one.prices.map((price) => ({ ...price, key, component: key })) } as unknown as Action;
  };
  act(dailyOf('a'), dailyOf('b'), dailyOf('c'), spread, commit);
  expect(world.state.tallies.length).toBeGreaterThan(repricedPerInputMax);
  const before = world.state.tallies.reduce((sum, { charge }) => sum + charge, 0n);
  for (const key of ['a', 'b', 'c']) {
    const one = dailyOf(key) as unknown as { readonly prices: readonly { readonly effectiveFromMs: number }[] };
    act({ ...one, prices: one.prices.map((price) => ({ ...price, effectiveFromMs: 1 })) } as unknown as Action);
  }
  act(commit, { kind: 'restart' }, use(2, -hour, 1), { kind: 'time', byMs: 1, ticks: true }, commit);
  expect(world.state.repriced).toEqual([]);
  expect(world.state.tallies.reduce((sum, { charge }) => sum + charge, 0n)).toBeGreaterThan(before);
  judged(world);
});

test('a spot price and a later start of an account are refused where parts of a period are in force', () => {
  const world = new World(ports);
  const start: Action = { kind: 'start', tenant: 't', account: 1, startsOn: '2025-03-31' };
  world.act(prices(0));
  world.act(start);
  const spot = { kind: 'spot', series: 'hourly' } as const;
  world.act(prices(0, { model: spot, allowance: '0' }));
  world.act({ ...start, tenant: 'u' });
  world.commit();
  expect([world.state.controlMark, world.state.tenants.get('t')!.master.prices.size]).toEqual([6, 1]);
  const startsOf = (tenant: string) => world.state.tenants.get(tenant)!.master.accounts.get(1)!.record.startsOn;
  expect([startsOf('t'), startsOf('u')]).toEqual([undefined, '2025-03-31']);
  judged(world);
});

test('a version that is the first of its key to let allowances go on knows what the key tallied before', () => {
  const world = new World(ports);
  const act = (...steps: readonly Action[]) => steps.forEach((step) => world.act(step));
  const close: Action = { kind: 'close', tenant: 't', account: 1, untilMs: Date.UTC(2026, 3, 30, 22), talliesPerStep: undefined };
  const month: Action = { kind: 'month', ticks: false };
  act(prices(0, { prorate: undefined }), use(0, -hour, 1), prices(0, { prorate: undefined, rollover: { periods: 1 } }));
  act(use(0, -40 * 24 * hour, 1), month, month, close, use(0, 24 * hour, 1), commit);
  // April follows the March of the version before, of which nothing goes on.
  const [march, february, april] = world.state.tallies;
  expect([march, february, april].map((tally) => [tally!.entry.price, tally!.rolled])).toEqual([[1, []], [2, []], [2, []]]);
  judged(world);
}); // prettier-ignore
