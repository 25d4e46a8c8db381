/**
 * The engine that rates against the one that is written to be read, over random price lists, trees, owners, budgets and
 * logs: duplicated, reordered, tampered and late batches, prices that come late, months that end, restarts by replay.
 * Every commit is audited as `meterline verify` audits it.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BatchBody } from '../metering/batch.ts';
import type { ControlChange } from '../messages/control.ts';
import { splitCommit, type CommitHeader } from '../messages/rated.ts';
import { Auditor } from '../reference/audit/auditor.ts';
import { checkNames, Faults } from '../reference/audit/faults.ts';
import type { Input } from '../reference/engine.ts';
import { PartitionMachine } from './machine.ts';
import { applyCommit } from './replay.ts';
import { emptyState } from './state.ts';

const seed = Number(
  process.env['METERLINE_SEED'] ?? createHash('sha256').update(String(process.hrtime.bigint())).digest().readUInt32LE(),
);
const runs = Number(process.env['METERLINE_RUNS'] ?? 150);

const hour = 3_600_000;
/** An hour before April begins in Berlin, three before it does in UTC. */
const startMs = Temporal.Instant.from('2026-03-31T21:00:00Z').epochMilliseconds;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');
const isGood = (publicKey: string, _: Uint8Array, signature: string) =>
  publicKey === 'public' && signature.startsWith('good');
const readText = (bytes: Uint8Array) => {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};

const metrics = [
  { name: 'cpu', unit: 'us', scale: 0, kind: 'delta' },
  { name: 'net', unit: 'By', scale: 3, kind: 'delta' },
  { name: 'mem', unit: 'By', scale: 0, kind: 'level' },
  { name: 'other', unit: '1', scale: 12, kind: 'delta' },
] as const;
const resources = ['a', 'a/b', 'a/b/c', 'd', 'stray', 'x y'];
const patterns = ['a', 'a/*', 'a/b', 'a/b/*', 'a/b/c', 'd'];
const meterIds = ['cpu.all', 'cpu.user', 'net.all', 'mem.held'];

/** A tree over three zones, meters, two producers; prices, owners and budgets come as the log goes on. */
const foundation: ControlChange[] = [
  { kind: 'tenant', id: 't', name: 'T', currency: 'EUR', timeZone: 'Europe/Berlin' },
  ...[[1, 0, 'Europe/Berlin'], [2, 1, 'Europe/Berlin'], [3, 2, 'UTC'], [4, 2, 'Europe/Berlin'], [5, 4, 'Asia/Kolkata']].map(
    ([id, parent, timeZone]) => ({ kind: 'account', id, slug: `a${id}`, name: `a${id}`, parent, type: 'project', timeZone }) as ControlChange,
  ),
  { kind: 'ownership', resource: 'a', account: 3, fromMs: 0 },
  { kind: 'ownership', resource: 'a/*', account: 5, fromMs: 0 },
  { kind: 'meter', id: 'cpu.all', metric: 'cpu', unit: 'us', scale: 0, aggregation: 'sum', filter: {} },
  { kind: 'meter', id: 'cpu.user', metric: 'cpu', unit: 'us', scale: 0, aggregation: 'sum', filter: { mode: ['user', 'nice'] } },
  { kind: 'meter', id: 'net.all', metric: 'net', unit: 'By', scale: 3, aggregation: 'sum', filter: {} },
  { kind: 'meter', id: 'mem.held', metric: 'mem', unit: 'By', scale: 0, aggregation: 'timeWeighted', filter: {} },
  ...['agent', 'gateway'].map(
    (type) => ({ kind: 'producer', id: type, type, simulated: false, enabled: true, keys: [{ id: 'key', publicKey: 'public' }] }) as ControlChange,
  ),
]; // prettier-ignore

const decimalText = fc.constantFrom(
  '0',
  '1',
  '0.1',
  '0.000000000001',
  '0.0000000000005',
  '2.5',
  '0.333333333333',
  '123.456',
  '7',
);
const account = fc.constantFrom(0, 1, 2, 3, 4, 5);
const node = fc.constantFrom(1, 2, 3, 4, 5);
const instant = fc.constantFrom(
  0,
  startMs - hour,
  startMs + hour / 2,
  startMs + hour,
  startMs + 2 * hour,
  startMs + 3 * hour,
);

const model = fc.oneof(
  decimalText.map((unitPrice) => ({ kind: 'perUnit', unitPrice }) as const),
  fc
    .array(fc.record({ width: fc.constantFrom(1, 3, 10, 1000), unitPrice: decimalText, flat: decimalText }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((tiers) => {
      let reached = 0;
      return {
        kind: 'graduated' as const,
        tiers: tiers.map(({ width, unitPrice, flat }, i) => ({
          upTo: i === tiers.length - 1 ? null : String((reached += width)),
          unitPrice,
          flat,
        })),
      };
    }),
);
const unit = fc.constantFrom(
  { name: 'u', numerator: '1', denominator: '1' },
  { name: 'h', numerator: '1', denominator: '3600000000' },
  { name: 'x', numerator: '7', denominator: '3' },
);
const priceFacts = fc.record({
  key: fc.constantFrom('k1', 'k2'),
  service: fc.constantFrom('s1', 's2'),
  component: fc.constantFrom('c1', 'c2'),
  meter: fc.constantFrom(...meterIds),
  currency: fc.constantFrom('EUR', 'EUR', 'USD'),
  account,
  effectiveFromMs: instant,
  tallyScope: fc.constantFrom('account', 'resource'),
  unit,
  allowance: fc.constantFrom('0', '0', '1', '2.5', '0.333'),
  model,
});
const budgetFacts = fc.record({
  id: fc.constantFrom('b1', 'b2', 'b3'),
  amount: fc.constantFrom('1', '10', '100', '0.5', '100000'),
  percents: fc.uniqueArray(fc.constantFrom('10', '50', '80.5', '100'), { minLength: 1, maxLength: 4 }),
  actions: fc.array(fc.constantFrom('notify', 'throttle', 'block'), { minLength: 4, maxLength: 4 }),
  enabled: fc.constantFrom(true, true, true, false),
});
const sample = fc.record({
  resource: fc.constantFrom(0, 0, 1, 1, 2, 2, 3, 3, 4, 5),
  metric: fc.nat(metrics.length - 1),
  dims: fc.constantFrom(-1, 0, 1),
  startMs: fc.oneof(fc.integer({ min: -3 * hour, max: 3 * hour }), fc.constantFrom(-2 * hour, hour, 0, 25 * hour)),
  durationMs: fc.oneof(fc.integer({ min: 0, max: 4 * hour }), fc.constantFrom(0, 1, 2 * hour, -1)),
  quantity: fc.oneof(
    { weight: 10, arbitrary: fc.nat(30) },
    { weight: 10, arbitrary: fc.nat(20_000_000) },
    { weight: 1, arbitrary: fc.constantFrom(0, -1, 1.5, '12', 'x') },
    { weight: 1, arbitrary: fc.constantFrom(`1${'0'.repeat(24)}`, '9'.repeat(24), '123456789012345678') },
  ),
});
const harm = fc.constantFrom(
  'signature',
  'prev',
  'columns',
  'unit',
  'subject',
  'bytes',
  'epoch',
  'ahead',
  'reuse',
  'notUtf8',
  'key',
  'stranger',
  'mismatch',
);

const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('batch' as const), producer: fc.constantFrom('agent', 'gateway', 'gateway'), samples: fc.array(sample, { minLength: 1, maxLength: 12, size: 'max' }), harm: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: harm }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resend' as const), which: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('prices' as const), prices: fc.array(priceFacts, { minLength: 1, maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('owner' as const), resource: fc.constantFrom(...patterns), account: node, fromMs: instant }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('budget' as const), facts: budgetFacts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), budget: fc.constantFrom('b1', 'b2', 'b3') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('badControl' as const), how: fc.constantFrom('account', 'seq', 'old', 'json', 'tenant') }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'suspense' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), byMs: fc.integer({ min: 1, max: 90 * 60_000 }), ticks: fc.boolean() }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
); // prettier-ignore
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

/** Both engines side by side, and the log between them. */
class World {
  readonly faults = new Faults();
  readonly seen = { rated: 0, cutOrSharedRows: 0, adjustments: 0, alerts: 0, releases: 0, carried: 0 };
  readonly reasons = new Set<string>();
  readonly auditor = new Auditor(0, { sha256, verifySignature: isGood, readText }, this.faults);
  readonly #commits: { header: CommitHeader; hash: string }[] = [];
  readonly #usage: Input[] = [];
  #machine = this.#newMachine();
  #pending: Input[] = [];
  #controls = 0;
  #controlMark = 0;
  #prices = 0;
  #n = 0;
  #nowMs = startMs;
  #epochMs = 1;
  readonly #producers = new Map<string, { seq: number; hash: string }>();

  constructor() {
    this.control(foundation);
  }

  #newMachine(): PartitionMachine {
    const state = emptyState(0);
    for (const [i, { header, hash }] of this.#commits.entries()) applyCommit(state, header, i + 1, hash);
    return new PartitionMachine(state, { hash: sha256, verify: isGood, text: readText });
  }

  act(step: Action): void {
    switch (step.kind) {
      case 'batch':
        return this.#send(step);
      case 'resend': {
        const earlier = this.#usage[step.which % Math.max(this.#usage.length, 1)];
        if (earlier !== undefined) this.#take({ ...earlier, seq: this.#usage.length + 1, timeMs: this.#nowMs });
        return;
      }
      case 'prices':
        return this.control(
          step.prices.map(
            (facts) => ({ kind: 'price', id: (this.#prices += 1), version: this.#prices, ...facts }) as ControlChange,
          ),
        );
      case 'owner':
        return this.control([{ ...step, kind: 'ownership' }]);
      case 'budget': {
        const { percents, actions, ...facts } = step.facts;
        const thresholds = percents.map((percent, i) => ({ percent, action: actions[i] }));
        const watched = { b1: 1, b2: 3, b3: 5 }[facts.id];
        return this.control([
          {
            kind: 'budget',
            account: watched,
            name: facts.id,
            currency: 'EUR',
            period: 'month',
            targets: [],
            thresholds,
            ...facts,
          } as ControlChange,
        ]);
      }
      case 'reset':
        return this.control([{ kind: 'budgetReset', budget: step.budget, reason: '' }]);
      case 'suspense':
        return this.control([
          {
            kind: 'account',
            id: 9,
            slug: 'suspense',
            name: '',
            parent: 1,
            type: 'suspense',
            timeZone: 'Europe/Berlin',
          },
        ]);
      case 'badControl':
        return this.#badControl(step.how);
      case 'time':
        this.#nowMs += step.byMs;
        if (!step.ticks) return;
        this.commit();
        this.#machine.tick(this.#nowMs);
        return this.commit();
      case 'commit':
        return this.commit();
      case 'restart':
        this.commit();
        this.#machine = this.#newMachine();
    }
  }

  control(changes: readonly ControlChange[], more: object = {}): void {
    this.#controlMark += 1;
    this.#takeControl(
      JSON.stringify({ v: 1, tenant: 't', seq: this.#controlMark, auditId: '', trace: 'trace', changes, ...more }),
    );
  }

  #badControl(how: string): void {
    const unknown: ControlChange = { kind: 'ownership', resource: 'a', account: 77, fromMs: 0 };
    if (how === 'account') return this.control([{ kind: 'ownership', resource: 'd', account: 1, fromMs: 0 }, unknown]);
    if (how === 'json') return this.#takeControl('{');
    const seq = how === 'seq' ? this.#controlMark + 2 : how === 'old' ? this.#controlMark : this.#controlMark + 1;
    this.#takeControl(
      JSON.stringify({ v: 1, tenant: how === 'tenant' ? 'u' : 't', seq, auditId: '', trace: '', changes: [] }),
    );
  }

  #takeControl(text: string): void {
    this.#controls += 1;
    const input: Input = {
      stream: 'control',
      subject: 'control.0.t',
      seq: this.#controls,
      timeMs: this.#nowMs,
      data: encoder.encode(text),
    };
    this.#pending.push(input);
    this.#machine.takeControl(input);
  }

  #take(input: Input): void {
    this.#usage.push(input);
    this.#pending.push(input);
    this.#machine.takeUsage(input);
  }

  #send({ producer, samples, harm: done }: Extract<Action, { kind: 'batch' }>): void {
    if (done === 'epoch') {
      this.#epochMs += 1;
      this.#producers.clear();
    }
    const last = this.#producers.get(producer) ?? { seq: 0, hash: '' };
    const body = this.#body(producer, samples, last);
    const harmed = done === null ? body : harmBody(body, done);
    const text = JSON.stringify(harmed);
    const bytes =
      done === 'notUtf8'
        ? Buffer.concat([encoder.encode(text), Uint8Array.of(0xff)])
        : encoder.encode(done === 'bytes' ? text + ' '.repeat(600_000) : text);
    const head = encoder.encode(
      `${(done === 'signature' ? 'bad' : 'good').padEnd(86, '-')}\n${done === 'key' ? 'unknown' : 'key'}\n`,
    );
    const subject = `usage.0.${done === 'subject' ? 'u' : 't'}.${done === 'stranger' ? 'stranger' : producer}`;
    this.#take({
      stream: 'usage',
      subject,
      seq: this.#usage.length + 1,
      timeMs: this.#nowMs,
      data: Buffer.concat([head, bytes]),
    });
    const moves = done === null || ['prev', 'columns', 'unit', 'epoch'].includes(done);
    if (moves) this.#producers.set(producer, { seq: harmed.seq, hash: sha256(bytes) });
  }

  #body(
    producer: string,
    samples: Extract<Action, { kind: 'batch' }>['samples'],
    last: { seq: number; hash: string },
  ): BatchBody {
    return {
      v: 1, tenant: 't', producer, epoch: { startedAtMs: this.#epochMs, nonce: '00000000000000ab' }, seq: last.seq + 1, prev: last.hash, trace: 'tr',
      resources, metrics: [...metrics], dims: [{ mode: 'user', core: '1' }, { core: '1', mode: 'idle' }],
      ticks: samples.map((s) => [s.startMs, s.durationMs, 0]), baseMs: startMs,
      series: samples.map((s) => [s.resource, s.metric, s.dims]), s: samples.map((_, i) => i), k: samples.map((_, i) => i),
      q: samples.map((s) => s.quantity), raw: samples.map(() => null),
    }; // prettier-ignore
  }

  /** Stores what the fast engine has decided and lets the reference judge it. */
  commit(): void {
    const { state } = this.#machine;
    const prev = { seq: state.outSeq, hash: state.outHash };
    const isFirst = this.#n === 0;
    const base = { incarnation: 0, outSeq: 0, hash: '' };
    const { text } = this.#machine.drain({
      kind: isFirst ? 'takeover' : 'commit',
      incarnation: 1,
      nonce: 'n',
      n: this.#n,
      prev,
      ...(isFirst ? { base } : {}),
    });
    const bytes = encoder.encode(text);
    const parts = splitCommit(bytes);
    const header = JSON.parse(decoder.decode(parts.header)) as CommitHeader;
    const hash = sha256(bytes);
    this.#n += 1;
    this.#commits.push({ header, hash });
    Object.assign(state, { outSeq: this.#n, outHash: hash, incarnation: 1 });
    const commit = { seq: this.#n, hash, header, blocks: decoder.decode(parts.blocks) };
    this.#see(header, commit.blocks);
    this.auditor.chain.follow(commit, 0, this.faults);
    this.auditor.check(commit, this.#pending);
    this.#pending = [];
  }

  /** So that the test can tell that it has looked at what it is about. */
  #see(header: CommitHeader, blocks: string): void {
    const { rated } = header.totals.samples;
    const rows = [...this.auditor.sums.groups.values()].reduce((sum, group) => sum + group.rows, 0);
    this.seen.rated = rated;
    this.seen.cutOrSharedRows = Math.max(0, rows - rated);
    this.seen.adjustments += blocks.split('\tadjustment\t').length - 1;
    this.seen.alerts += header.alerts.length;
    this.seen.releases += header.alerts.filter((alert) => alert.action === 'release').length;
    this.seen.carried += header.tallies.filter((entry) => entry.carried !== '0').length;
    for (const { reason } of header.refusals) this.reasons.add(reason);
  }
}

function harmBody(body: BatchBody, how: string): BatchBody {
  if (how === 'mismatch') return { ...body, producer: 'other' };
  if (how === 'prev') return { ...body, prev: 'nonsense' };
  if (how === 'columns') return { ...body, k: [...body.k, 0] };
  if (how === 'unit') return { ...body, metrics: body.metrics.map((metric) => ({ ...metric, unit: 'kg' })) };
  if (how === 'ahead') return { ...body, seq: body.seq + 2 };
  if (how === 'reuse') return { ...body, seq: Math.max(1, body.seq - 1), trace: 'other' };
  return body;
}

test(`DIFFERENTIAL: both engines agree digit for digit, seed ${seed}`, () => {
  const seen = { rated: 0, cutOrSharedRows: 0, adjustments: 0, alerts: 0, releases: 0, carried: 0 };
  const reasons = new Set<string>();
  fc.assert(
    fc.property(fc.array(action, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const world = new World();
      for (const step of steps) world.act(step);
      world.commit();
      world.auditor.finish();
      for (const name of checkNames) expect(world.faults.tell(name), name).toBe('');
      for (const [what, times] of Object.entries(world.seen)) seen[what as keyof typeof seen] += times;
      for (const reason of world.reasons) reasons.add(reason);
    }),
    { seed, numRuns: runs },
  );
  if (process.env['METERLINE_RUNS'] !== undefined) console.info(seen, [...reasons].sort());
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
  expect(reasons.size).toBeGreaterThan(10);
});
