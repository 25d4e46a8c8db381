/** A metered host: a counter that only grows, and the agent that brings its growth to the log. */
import { Registry } from 'prom-client';
import { Agent } from '#collector/agent.ts';
import { emptyContent } from '#collector/batches/encode.ts';
import { sealBatch, type Producer } from '#collector/batches/seal.ts';
import { collectorEvents } from '#collector/events.ts';
import { Publisher } from '#collector/publisher/publisher.ts';
import { reconcile } from '#collector/reconcile.ts';
import { SeriesTable, type Source } from '#collector/sources/source.ts';
import { Held } from '#collector/spool/held.ts';
import { Spool } from '#collector/spool/spool.ts';
import { limits } from '#collector/limits.ts';
import type { Clock } from '#platform/clock.ts';
import { signingKey } from '#platform/crypto.ts';
import { sleep } from '#platform/lifecycle.ts';
import { SimulatedDisk } from '../parts/disk.ts';
import { Process } from '../schedule.ts';
import type { World } from '../world.ts';

const metric = { name: 'work.done', unit: 'us', scale: 0, kind: 'delta' } as const;
const intervalMs = 1000;

export class Host {
  readonly producer: Producer;
  readonly partition: number;
  readonly disk: SimulatedDisk;
  /** First and last value that a reading saw. */
  firstRead: bigint | undefined;
  lastRead = 0n;
  /** The last reading is spooled. */
  isDone = false;
  readonly #world: World;
  readonly #seriesCount: number;
  readonly #perMs: bigint;
  #isStopped = false;
  #agent: { readonly process: Process; readonly stop: AbortController; spool: Spool } | undefined;

  constructor(world: World, tenant: string, id: string, partition: number) {
    this.#world = world;
    const seed = Buffer.from(id.padEnd(32, '.')).toString('base64url');
    this.producer = { tenant, id, key: signingKey(seed) };
    this.partition = partition;
    this.disk = new SimulatedDisk(world.faults, world.random.fork());
    this.#seriesCount = world.random.between(1, 3);
    this.#perMs = BigInt(world.random.between(1, 2000));
  }

  get agent(): Process | undefined {
    return this.#agent?.process;
  }

  /** Nothing that was spooled waits any more. */
  get isDrained(): boolean {
    return this.#agent?.spool.pending() === undefined;
  }

  /** Quantity that must have been rated in the end, of all series together. */
  get used(): bigint {
    return (this.lastRead - (this.firstRead ?? this.lastRead)) * BigInt(this.#seriesCount);
  }

  /** Reads once more and meters no longer; what is spooled still goes out. */
  stopMetering(): void {
    this.#isStopped = true;
    this.#agent?.stop.abort();
  }

  start(): Process {
    const process = new Process(`agent ${this.producer.id}`);
    this.#world.schedule.after(0, process, () => void this.#run(process));
    return process;
  }

  async #run(process: Process): Promise<void> {
    const { schedule, marks, streams } = this.#world;
    const { producer } = this;
    const clock: Clock = {
      wallMs: () => schedule.wallMs(process),
      monotonicUs: () => Math.floor(schedule.nowMs * 1000),
    };
    const events = collectorEvents(new Registry(), this.#world.logger);
    const spool = await this.#open(process, events);
    const openedEmpty = spool.empty;
    const stop = new AbortController();
    this.isDone = false;
    if (this.#isStopped) stop.abort();
    this.#agent = { process, stop, spool };
    const publisher: Publisher = new Publisher({
      broker: {
        append: (subject, envelope) => streams.append(process, `USAGE_${this.partition}`, subject, envelope),
        markOf: (partition, tenant, id) => marks.ask(process, partition, tenant, id),
      },
      tenant: producer.tenant,
      producer: producer.id,
      partition: this.partition,
      store: spool,
      clock,
      events,
      onMark: (mark) => reconcile(spool, mark, openedEmpty && !publisher.marked),
    });
    marks.listen(process, producer.tenant, producer.id, (mark) => publisher.onMark(mark));
    const held = new Held(this.disk, '/spool', spool);
    const agent = new Agent({
      producer,
      sources: [this.#source(held)],
      spool,
      held,
      clock,
      boot: { id: 'boot', ms: 0 },
      intervalMs,
      events,
      newTrace: () => '',
      onSpooled: () => publisher.wake(),
    });
    void publisher.run(new AbortController().signal);
    for (let waited = 0; !publisher.marked && waited < limits.markBeforeFirstReadMs; waited += 100) await sleep(100);
    await agent.run(stop.signal);
    // The disk may have refused the last reading.
    while (!this.#isSpooled(spool)) {
      await sleep(intervalMs);
      agent.read([this.#source(held)]);
    }
    this.isDone = true;
  }

  #isSpooled(spool: Spool): boolean {
    const state = spool.states.get('work');
    return state !== undefined && [...state.series.values()].every(({ value }) => value === this.lastRead);
  }

  /** A disk that fails is tried again, as a supervisor would. */
  async #open(process: Process, events: ReturnType<typeof collectorEvents>): Promise<Spool> {
    const { schedule } = this.#world;
    const { producer } = this;
    for (;;) {
      try {
        return Spool.open({
          disk: this.disk,
          dir: '/spool',
          machine: producer.id,
          nowMs: () => schedule.wallMs(process),
          nonce: () => this.#world.nonce(),
          fill: (head, detail) =>
            sealBatch(
              producer,
              head,
              { ...emptyContent(schedule.wallMs(process)), notes: [{ kind: 'lost', series: -1, detail }] },
              '',
            ),
          onLoss: (count, detail) => {
            events.lost(count, detail);
            if (count > 0) this.#world.watch.lost(producer.id, detail);
          },
        });
      } catch {
        await sleep(500);
      }
    }
  }

  #source(held: Held): Source {
    const table = new SeriesTable();
    return {
      name: 'work',
      read: () => {
        const value = this.#perMs * BigInt(Math.floor(this.#world.schedule.nowMs));
        // Until a first reading is kept there is nothing to measure against.
        if (held.stateOf('work') === undefined) this.firstRead = value;
        this.lastRead = value;
        return Array.from({ length: this.#seriesCount }, (_, index) => ({
          series: table.get(`${this.producer.id}/w${index}`, metric, undefined, { zeroAt: 'unknown' }),
          value,
        }));
      },
    };
  }
}
