/** Fees by the log alone (SPEC §9.1.9–9.1.14): what is booked when, what a change corrects, and that a tampered row is found. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOfBudget } from '../messages/alert.ts';
import type { ControlChange, FeeRecord } from '../messages/control.ts';
import type { FeeTerms } from '../messages/fee.ts';
import { splitCommit } from '../messages/rated.ts';
import { Auditor } from '../reference/audit/auditor.ts';
import { instantMs, readBlocks } from '../reference/audit/blocks.ts';
import { Faults } from '../reference/audit/faults.ts';
import { hasChangeShape } from '../reference/changeShape.ts';
import { ports } from '../testing/differentialPorts.ts';
import { seed } from '../testing/seed.ts';
import type { Input } from './admit.ts';
import { changeFault } from './changeShape.ts';
import { PartitionMachine } from './machine.ts';
import { decodeState, encodeState } from './snapshot.ts';
import { emptyState, type PartitionState } from './state.ts';
import { feeAction, feeOfAction } from './testing/fees.ts';

const at = (text: string): number => Temporal.Instant.from(text.length === 10 ? `${text}T00:00:00Z` : text).epochMilliseconds; // prettier-ignore
const amounts = (...list: [from: string, amount: string][]) => list.map(([from, amount]) => ({ fromMs: at(from), amount })); // prettier-ignore

type Recurring = Extract<FeeTerms, { kind: 'recurring' }>;
const recurring = (more: Partial<Recurring> = {}): Recurring => ({
  kind: 'recurring', terms: 'advance', proration: 'day', onDecrease: 'credit',
  term: { fromMs: at('2026-01-01'), toMs: null, pauses: [] }, amounts: amounts(['2026-01-01', '31']),
  ...more,
}); // prettier-ignore
const until = (to: string) => ({ fromMs: at('2026-01-01'), toMs: at(to), pauses: [] });

/** A machine of one tenant with a root account and one below, both in UTC, and what it wrote. */
class Log {
  readonly faults = new Faults();
  readonly #auditor = new Auditor(0, ports, this.faults);
  #machine = this.#driven(emptyState(0));
  #seq = 0;
  #commits = 0;

  constructor(from: string) {
    const accounts = [1, 2].map((id) => ({ kind: 'account', id, slug: `a${id}`, name: '', parent: id - 1, type: 'project', timeZone: 'UTC' }) as ControlChange); // prettier-ignore
    const tenant: ControlChange = { kind: 'tenant', id: 't', name: '', currency: 'EUR', timeZone: 'UTC' };
    const budget: ControlChange = { kind: 'budget', id: 'b', account: 1, name: '', amount: '50', currency: 'EUR', period: 'month', targets: [], enabled: true, thresholds: [{ percent: '100', action: 'notify' }] }; // prettier-ignore
    this.publish(from, tenant, ...accounts, budget);
  }

  #driven(state: PartitionState): PartitionMachine {
    return new PartitionMachine(state, { hash: ports.sha256, verify: ports.verifySignature, text: ports.readText });
  }

  publish(when: string, ...changes: ControlChange[]): string[] {
    this.#seq += 1;
    const data = ports.bytes(JSON.stringify({ v: 1, tenant: 't', seq: this.#seq, auditId: '', trace: '', changes }));
    const input = { stream: 'control', subject: 'control.0.t', seq: this.#seq, timeMs: at(when), data } as const;
    this.#machine.takeControl(input);
    return this.commit([input]);
  }

  fee(when: string, version: number, terms: FeeTerms, more: Partial<FeeRecord> = {}): string[] {
    const fee = { key: 'f', service: 's', component: 'c', currency: 'EUR', account: 2, calendar: { kind: 'calendar', interval: 'month' }, ...more } as FeeRecord; // prettier-ignore
    return this.publish(when, { kind: 'fee', ...fee, id: version, version, terms });
  }

  /** All that is due by then, each tick a commit, after a restart. */
  tick(when: string): string[] {
    this.#machine = this.#driven(decodeState(encodeState(this.#machine.state)));
    const rows: string[] = [];
    for (let due = this.#machine.nextDueMs(); due !== undefined && due <= at(when); due = this.#machine.nextDueMs()) {
      this.#machine.tick(due);
      rows.push(...this.commit([]));
    }
    return rows;
  }

  commit(inputs: Input[], tamper = (blocks: string) => blocks): string[] {
    const { state } = this.#machine;
    const place = { kind: 'commit', incarnation: 1, nonce: '', n: this.#commits, prev: { seq: this.#commits, hash: state.outHash } } as const; // prettier-ignore
    const { bytes, header } = this.#machine.drain(place);
    this.#commits += 1;
    const blocks = tamper(ports.readText(splitCommit(bytes).blocks)!);
    const hash = ports.sha256(bytes);
    Object.assign(state, { outSeq: this.#commits, outHash: hash, incarnation: 1 });
    this.#auditor.check({ seq: this.#commits, hash, header, blocks }, inputs.map((input) => ({ ...input, stream: 'control' }))); // prettier-ignore
    const rows = readBlocks(blocks).flatMap((block) => {
      const first = instantMs(block!.scalar('first'));
      const day = (ms: number) => new Temporal.ZonedDateTime(BigInt(ms) * 1_000_000n, 'UTC').toPlainDate().toString();
      return block!.list('amounts').map((amount, i) => `${block!.scalar('component')} ${block!.scalar('cell')} ${day(first + Number(block!.list('offset')[i]))} ${amount}`); // prettier-ignore
    });
    return [...rows, ...header.alerts.filter(isOfBudget).map(({ threshold, cause }) => `alert ${threshold} ${JSON.stringify(cause)}`), ...header.refusals.map(({ detail }) => detail)]; // prettier-ignore
  }

  /** What verify says at the end. */
  audit(): string {
    this.#auditor.finish();
    return (['RERATE', 'BLOCKS', 'TRACE', 'ONCE', 'TELESCOPE', 'TREE', 'BALANCES', 'CAP'] as const).map((name) => this.faults.tell(name)).join(''); // prettier-ignore
  }

  /** Ticks once and lets somebody change what was written. */
  tamper(when: string, change: (blocks: string) => string): void {
    this.#machine.tick(at(when));
    this.commit([], change);
  }
}

test('in advance a period is booked when it begins, a change credits the unused part and charges the new, and a budget hears of it', () => {
  const log = new Log('2026-02-15');
  expect(log.fee('2026-02-15', 1, recurring({ term: { fromMs: at('2026-03-01'), toMs: null, pauses: [] } }))).toEqual([]); // prettier-ignore
  expect(log.tick('2026-03-20')).toEqual(['c fee 2026-03-01 31']);
  const risen = amounts(['2026-01-01', '31'], ['2026-03-21T15:00:00Z', '62']);
  expect(log.fee('2026-03-21T15:00:00Z', 2, recurring({ term: { fromMs: at('2026-03-01'), toMs: null, pauses: [] }, amounts: risen }))).toEqual(['c feeCredit 2026-03-21 -11', 'c fee 2026-03-21 22']); // prettier-ignore
  expect(log.tick('2026-04-02')).toEqual(['c fee 2026-04-01 62', 'alert 100 null']);
  expect(log.audit()).toBe('');
});

test('in arrears a period is booked when it closes or the fee ends; seats that come and go are prorated', () => {
  const log = new Log('2026-01-01');
  const quantities = [{ fromMs: at('2026-01-01'), quantity: '1' }, { fromMs: at('2026-02-15'), quantity: '3' }]; // prettier-ignore
  const seats = recurring({ terms: 'arrears', amounts: amounts(['2026-01-01', '2.8']), quantities });
  expect(log.fee('2026-01-01', 1, seats)).toEqual([]);
  expect(log.tick('2026-02-28')).toEqual(['c fee 2026-01-01 2.8']);
  expect(log.fee('2026-02-28', 2, { ...seats, term: until('2026-03-11') })).toEqual([]);
  expect(log.tick('2027-01-01')).toEqual(['c fee 2026-02-01 1.4', 'c fee 2026-02-15 4.2', 'c fee 2026-03-01 2.709677419355']); // prettier-ignore
  expect(log.audit()).toBe('');
});

test('what is published late is booked at once; a backdated end, pause or account corrects every period that is booked', () => {
  const log = new Log('2026-01-01');
  expect(log.fee('2026-03-10', 1, recurring())).toEqual(['c fee 2026-01-01 31', 'c fee 2026-02-01 31', 'c fee 2026-03-01 31']); // prettier-ignore
  const paused = recurring({ term: { fromMs: at('2026-01-01'), toMs: at('2026-03-02'), pauses: [{ fromMs: at('2026-01-31'), toMs: at('2026-02-02') }] } }); // prettier-ignore
  expect(log.fee('2026-03-10', 2, paused)).toEqual(['c feeCredit 2026-01-31 -1', 'c feeCredit 2026-02-01 -1.107142857143', 'c feeCredit 2026-03-02 -30']); // prettier-ignore
  expect(log.fee('2026-03-11', 3, paused, { account: 1 }).toSorted()).toEqual([
    'c fee 2026-01-01 30', 'c fee 2026-02-02 29.892857142857', 'c fee 2026-03-01 1',
    'c feeCredit 2026-01-01 -30', 'c feeCredit 2026-02-02 -29.892857142857', 'c feeCredit 2026-03-01 -1',
  ]); // prettier-ignore
  expect(log.tick('2026-12-01')).toEqual([]);
  expect(log.audit()).toBe('');
});

test('one-time fees, installments that end early, and bundles whose parts add up', () => {
  const log = new Log('2026-01-01');
  const parts = ['x', 'y', 'z'].map((component) => ({ service: 's', component, weight: '1' }));
  log.fee('2026-01-01', 1, { kind: 'oneTime', amount: '100', atMs: at('2026-01-05') }, { allocation: parts });
  expect(log.tick('2026-01-06')).toEqual(['x oneTime 2026-01-05 33.333333333334', 'y oneTime 2026-01-05 33.333333333333', 'z oneTime 2026-01-05 33.333333333333', 'alert 100 null']); // prettier-ignore
  const plan = { kind: 'installments', total: '10', decimals: 2, dueAtMs: ['2026-01-10', '2026-02-10', '2026-03-10'].map(at), onEnd: 'due' } as const; // prettier-ignore
  log.fee('2026-01-07', 2, plan, { key: 'plan' });
  expect(log.tick('2026-01-11')).toEqual(['c installment 2026-01-10 3.34']);
  log.fee('2026-01-12', 3, { ...plan, endMs: at('2026-02-01') }, { key: 'plan' });
  expect(log.tick('2027-01-01')).toEqual(['c installmentDue 2026-02-01 6.66']);
  expect(log.audit()).toBe('');
});

test('a change over more periods than the limit is rejected, and says what to do', () => {
  const log = new Log('2026-01-01');
  const daily = { calendar: { kind: 'calendar', interval: 'day' } } as const;
  const old = recurring({ term: { fromMs: at('2010-01-01'), toMs: null, pauses: [] }, amounts: amounts(['2010-01-01', '1']) }); // prettier-ignore
  expect(log.fee('2026-01-02', 1, old, daily)).toEqual(['fee f has more than 4000 periods that are due: let it be, and publish what it owes from now on under another key']); // prettier-ignore
  expect(log.audit()).toBe('');
});

test('what is due at once is booked in pieces; a change in between corrects what is booked so far', () => {
  const log = new Log('2026-01-01');
  const more = { calendar: { kind: 'calendar', interval: 'day' }, account: 2 } as const;
  const daily = (amount: string) => recurring({ proration: 'none', amounts: amounts(['2026-01-01', amount]) });
  expect(log.fee('2026-01-01', 1, daily('1'), more)).toHaveLength(1);
  const late = log.fee('2027-09-01', 2, daily('2'), more).filter((row) => row.startsWith('c '));
  expect(late.filter((row) => row.endsWith(' 1'))).toHaveLength(250);
  expect(late.filter((row) => row.endsWith(' 2'))).toHaveLength(251);
  expect(late).toHaveLength(250 + 2 * 251);
  expect(log.tick('2027-09-01T00:00:01Z').filter((row) => row.startsWith('c '))).toHaveLength(609 - 251);
  expect(log.audit()).toBe('');
});

test('a row of a fee that was changed, dropped or named otherwise is found', () => {
  const changes: [(blocks: string) => string, keyof typeof found][] = [
    [(blocks) => blocks.replaceAll('31', '32'), 'RERATE'],
    [() => '', 'RERATE'],
    [(blocks) => blocks.replace('\tfee\t\t', '\tadjustment\t\t'), 'RERATE'],
    [(blocks) => blocks + blocks, 'TELESCOPE'],
  ];
  const found = { RERATE: 0, TELESCOPE: 0 };
  for (const [change, name] of changes) {
    const log = new Log('2026-01-01');
    log.fee('2026-01-01', 1, recurring({ term: { fromMs: at('2026-02-01'), toMs: null, pauses: [] } }));
    log.tamper('2026-02-02', change);
    log.audit();
    expect(log.faults.count(name), `${name} of ${change.toString()}`).toBeGreaterThan(0);
  }
});

test(`both engines take and reject the same fees, seed ${seed}`, () => {
  const paths = (value: unknown, at: readonly (string | number)[] = []): (string | number)[][] =>
    typeof value !== 'object' || value === null
      ? [[...at]]
      : [[...at], ...Object.entries(value).flatMap(([name, field]) => paths(field, [...at, name]))];
  const strange = fc.constantFrom<unknown>(undefined, null, -1, 0, 1.5, '', '-1', '1e3', 'x', [], {}, true, '9'.repeat(16), 1e15, '0', '2026-02-30', 1201); // prettier-ignore
  let taken = 0;
  fc.assert(
    fc.property(feeAction, fc.nat(), strange, fc.boolean(), (action, where, value, isHarmed) => {
      const fee = JSON.parse(JSON.stringify({ kind: 'fee', ...feeOfAction(action, 7, undefined) })) as ControlChange;
      const path = paths(fee)[where % paths(fee).length]!;
      let place = fee as unknown as Record<string, unknown>;
      for (const step of path.slice(0, -1)) place = place[step] as Record<string, unknown>;
      if (isHarmed && path.length > 0 && path[0] !== 'kind') place[path.at(-1)!] = value;
      if (isHarmed && where % 11 === 0) place['colour'] = value;
      const sent = JSON.parse(JSON.stringify(fee)) as unknown;
      const isTaken = changeFault(sent) === undefined;
      expect(hasChangeShape(sent), JSON.stringify(sent)).toBe(isTaken);
      if (isTaken) taken += 1;
    }),
    { seed, numRuns: 20 * Number(process.env['METERLINE_RUNS'] ?? 100) },
  );
  expect(taken).toBeGreaterThan(0);
}, 600_000);
