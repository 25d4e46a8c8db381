import fc from 'fast-check';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { BatchBody } from '#core/metering/batch.ts';
import { createLogger } from '#platform/telemetry.ts';
import { Agent } from '../agent.ts';
import { collectorEvents } from '../events.ts';
import { metrics } from '../sources/metrics.ts';
import { SeriesTable, zeroAtBirth } from '../sources/source.ts';
import { MemoryDisk } from '../testing/memoryDisk.ts';
import { bodyOf, kit, openSpool, readAll, testProducer, type Kit } from '../testing/spoolKit.ts';
import { Held } from './held.ts';

const events = collectorEvents(new Registry(), createLogger('test', 'silent'));
const table = new SeriesTable();
const network = table.get('h', metrics.hostNetworkIo, { device: 'eth0' }, zeroAtBirth);
const memory = table.get('h', metrics.hostMemoryUsed);

/** A host with one counter and one level, whose agent runs on a disk in memory. */
class Host {
  readonly disk = new MemoryDisk();
  readonly kit: Kit = kit(this.disk);
  /** The counter and the level as they are. */
  received = 0n;
  used = 0n;
  #agent!: Agent;
  #held!: Held;
  #spool!: ReturnType<typeof openSpool>;
  #taken = new Map<number, BatchBody>();

  start(): void {
    this.#spool = openSpool(this.kit);
    this.#held = new Held(this.disk, '/spool', this.#spool);
    this.#agent = new Agent({
      producer: testProducer,
      sources: [],
      spool: this.#spool,
      held: this.#held,
      clock: { wallMs: () => this.kit.nowMs, monotonicUs: () => this.kit.nowMs * 1000 },
      boot: { id: 'b', ms: 0 },
      intervalMs: 1000,
      events,
      newTrace: () => '',
      onSpooled: () => undefined,
    });
  }

  read(afterMs: number): void {
    this.kit.nowMs += afterMs;
    const readings = [
      { series: network, value: this.received },
      { series: memory, value: this.used },
    ];
    this.#agent.read([{ name: 's', read: () => readings }]);
  }

  /** The rater takes everything that is spooled. */
  take(): void {
    for (const stored of readAll(this.#spool)) this.#taken.set(stored.seq, bodyOf(stored));
    this.kit.nowMs += 10_000;
    this.#spool.acknowledge({ epoch: this.#spool.head.epoch, seq: this.#spool.head.nextSeq - 1 });
  }

  get holds(): boolean {
    return !this.#held.isEmpty;
  }

  get bodies(): BatchBody[] {
    return [...this.#taken.values()];
  }

  /** Sum of the counter's quantities, of level × time, and whether slices of a series follow one another. */
  sums(): { received: bigint; usedMs: bigint; gaps: number; overlaps: number } {
    const sums = { received: 0n, usedMs: 0n, gaps: 0, overlaps: 0 };
    const ends = new Map<string, number>();
    for (const body of this.bodies) {
      body.s.forEach((index, at) => {
        const name = body.metrics[body.series[index]![1]]!.name;
        const [offset, durationMs] = body.ticks[body.k[at]!]!;
        const startMs = body.baseMs + offset;
        const end = ends.get(name) ?? startMs;
        if (startMs > end) sums.gaps += startMs - end;
        if (startMs < end) sums.overlaps += 1;
        ends.set(name, startMs + durationMs);
        if (name === network.metric.name) sums.received += BigInt(body.q[at]!);
        else sums.usedMs += BigInt(body.q[at]!) * BigInt(durationMs);
      });
    }
    return sums;
  }
}

test('a full spool keeps the oldest; what comes is in longer slices, totals are exact, and a signed note says so', () => {
  const host = new Host();
  host.kit.limits = { ...host.kit.limits, spoolBytesMax: 12_000 };
  host.start();
  host.read(1000);
  const since = host.kit.nowMs;
  let usedMs = 0n;
  for (let second = 0; second < 4 * 3600; second++) {
    host.received += BigInt(second % 977);
    host.used = BigInt(1000 + (second % 13));
    usedMs += host.used * 1000n;
    host.read(1000);
    // Killed just after what lies beside the spool was written: it goes on.
    if (second === 7000) host.start();
  }
  expect(host.holds).toBe(true);
  const untilMs = host.kit.nowMs;
  host.take();
  expect(host.bodies.flatMap(({ notes = [] }) => notes)).toEqual([]);
  host.received += 5n;
  host.kit.nowMs -= 10_000;
  for (let i = 0; i < 3; i++) host.read(2000);
  usedMs += host.used * 6000n;
  host.take();
  const { received, ...rest } = host.sums();
  expect(received).toBe(host.received);
  expect(host.holds).toBe(false);
  const notes = host.bodies.flatMap(({ notes: all = [] }) => all).filter(({ kind }) => kind === 'coalesced');
  expect(notes).toHaveLength(1);
  const fact = notes[0]!.coalesced!;
  expect(fact.sliceMs).toBe(900_000);
  expect(fact.fromMs).toBeGreaterThan(since);
  expect(fact.toMs).toBeGreaterThanOrEqual(untilMs);
  expect(rest).toEqual({ usedMs, gaps: 0, overlaps: 0 });
  expect(host.bodies.reduce((sum, { s }) => sum + s.length, 0)).toBeLessThan(200);
});

test('whatever the disk does, counters lose nothing and count nothing twice; crashes cost detail of levels alone', () => {
  const action = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('read' as const), used: fc.bigInt(0n, 1000n) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), writes: fc.integer({ min: 1, max: 6 }), bytes: fc.integer({ min: 0, max: 900 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  ); // prettier-ignore
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const host = new Host();
      host.kit.limits = { ...host.kit.limits, spoolBytesMax: 9_000, keepAcknowledgedMs: 1e12 };
      host.start();
      host.read(1000);
      for (const act of actions) {
        if (act.do === 'read') {
          host.received += act.used;
          host.used = act.used;
          host.read(2500);
        } else if (act.do === 'fail') {
          host.disk.failWrites = act.writes;
          host.disk.partialBytes = act.bytes;
        } else if (act.do === 'take') {
          host.take();
        } else {
          host.disk.crash(act.part);
          host.start();
        }
      }
      host.disk.failWrites = 0;
      for (let i = 0; i < 3; i++) {
        host.take();
        host.read(2500);
      }
      host.take();
      const { received, overlaps } = host.sums();
      expect(received).toBe(host.received);
      expect(overlaps).toBe(0);
      expect(host.holds).toBe(false);
    }),
    { numRuns: 300 },
  );
});
