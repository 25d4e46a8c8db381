/** All that a run consists of: the broker, the stores, hosts, raters, the office, and who troubles them. */
import type { Desk } from '#rater/checks/desk.ts';
import { desiredTargets } from '#rater/checks/desired.ts';
import type { CommittedView } from '#rater/committedView.ts';
import { createLogger, type Logger } from '#platform/telemetry.ts';
import { placeOf } from '#core/messages/names.ts';
import { Faults, type Weather } from './faults.ts';
import { decision, foundation, octoberEndMs } from './decisions.ts';
import { Corrections } from './parts/corrections.ts';
import { Keys } from './parts/keys.ts';
import { Marks } from './parts/marks.ts';
import { OutboxRows } from './parts/outboxRows.ts';
import { Questions } from './parts/questions.ts';
import { Raters } from './parts/raters.ts';
import { Store } from './parts/store.ts';
import { Streams } from './parts/streams.ts';
import { Targets } from './parts/targets.ts';
import { Wire } from './parts/wire.ts';
import { Random } from './random.ts';
import { Host } from './roles/agent.ts';
import { Office } from './roles/office.ts';
import { startRater } from './roles/rater.ts';
import { startService } from './roles/service.ts';
import { Schedule, type Process } from './schedule.ts';
import { Watch } from './watch.ts';

/** Virtual time begins at most so long before the end of a month in Berlin, and worlds last for some ten seconds. */
const leadMsMax = 12_000;
const tenants = ['acme', 'rival'] as const;

export class World {
  readonly random: Random;
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly watch: Watch;
  readonly logger: Logger = createLogger('sim', process.env['METERLINE_SIM_LOG'] ?? 'silent');
  readonly partitions: number;
  readonly streams: Streams;
  readonly keys: Keys;
  readonly marks: Marks;
  readonly raters: Raters;
  readonly questions: Questions;
  readonly store: Store;
  readonly outbox: OutboxRows;
  readonly corrections: Corrections;
  /** Undefined where nobody delivers. */
  readonly targets: Targets | undefined;
  readonly hosts: readonly Host[];
  /** What each rater answers from, by partition. */
  readonly views = new Map<Process, ReadonlyMap<number, CommittedView>>();
  readonly desks = new Map<Process, (partition: number) => Desk | undefined>();
  readonly #raters: Process[] = [];
  readonly #offices: Office[] = [];
  readonly #isBusy: boolean;
  #officesMade = 0;
  #nonces = 0;
  #decisions = 0;
  readonly #judged = new WeakMap<CommittedView, number>();

  constructor(random: Random, weather: Weather) {
    this.random = random;
    this.schedule = new Schedule(octoberEndMs - random.between(0, leadMsMax));
    this.faults = new Faults(random.fork(), weather);
    this.#isBusy = weather === 'busy';
    const wire = new Wire(this.schedule, this.faults, this.random.fork());
    this.partitions = weather === 'contested' ? 2 : this.random.between(1, 2);
    this.watch = new Watch((tenant) => this.placeOf(tenant), {
      nowMs: () => this.schedule.nowMs,
      isTimeSound: () => this.faults.counts['clockJump'] === undefined,
    });
    this.streams = new Streams(wire, this.watch);
    this.keys = new Keys(wire, this.watch);
    this.marks = new Marks(wire, (mark) => this.watch.told(mark));
    this.raters = new Raters(wire);
    this.questions = new Questions(wire);
    this.store = new Store(wire, (table, token) => this.watch.inserted(table, token));
    this.outbox = new OutboxRows(wire);
    const { store, outbox, watch } = this;
    this.corrections = new Corrections({
      wire,
      store,
      outbox,
      wasCut: (partition) => watch.wasCut(partition),
      outcome: (partition, seq) => watch.outcomeOf(partition, seq),
    });
    // It costs time: some worlds do without.
    if (random.chance(this.#isBusy ? 0.6 : 0.3)) this.targets = new Targets(wire, watch.deliveries, tenants);
    this.hosts = Array.from({ length: this.random.between(2, 4) }, (_, index) => {
      const tenant = tenants[index % tenants.length]!;
      return new Host(this, tenant, `host-${index}`, this.placeOf(tenant));
    });
    for (const tenant of tenants) {
      const own = this.hosts.filter(({ producer }) => producer.tenant === tenant).map(({ producer }) => producer);
      this.outbox.decide(this.placeOf(tenant), tenant, foundation(tenant, own, this.#isBusy));
    }
    for (const host of this.hosts) host.start();
    const raters = weather === 'contested' ? 3 : this.random.between(1, 3);
    for (let index = 0; index < raters; index++) this.#startRater(index);
    this.#startOffice();
    for (const tenant of tenants)
      if (this.random.chance(this.#isBusy ? 0.9 : 0.2)) startService(this, tenant, this.random.pick([60, 150, 400]));
    this.#decideNext();
  }

  /** 16 hexadecimal digits that no other call gets. */
  nonce(): string {
    return (this.#nonces += 1).toString(16).padStart(16, '0');
  }

  /** The one that was started last; undefined while none is there. */
  get office(): Office | undefined {
    return this.#offices.at(-1);
  }

  /** Agents, raters and offices that live. */
  #kinds(): Process[][] {
    const kinds = [
      this.hosts.flatMap(({ agent }) => agent ?? []),
      this.#raters,
      this.#offices.map(({ process }) => process),
    ];
    return kinds.map((processes) => processes.filter(({ isAlive }) => isAlive));
  }

  /** One of them, each kind as likely as another; undefined when none of the kind lives. */
  #anyone(): Process | undefined {
    const kind = this.random.pick(this.#kinds());
    return kind.length === 0 ? undefined : this.random.pick(kind);
  }

  #startRater(index: number): void {
    this.#raters[index] = startRater(this, `rater ${index}`);
  }

  #startOffice(): void {
    const office = new Office(this, `office ${(this.#officesMade += 1)}`);
    this.#offices.push(office);
    office.process.onEnd(() => {
      this.#offices.splice(this.#offices.indexOf(office), 1);
      if (this.#offices.length === 0)
        this.schedule.after(this.random.next() * 2000, undefined, () => this.#startOffice());
    });
  }

  placeOf(tenant: string): number {
    return placeOf(tenant, { firstPartition: 0, partitions: this.partitions });
  }

  #someTenant(): [tenant: string, partition: number] {
    const tenant = this.random.pick(tenants);
    return [tenant, this.placeOf(tenant)];
  }

  /** Billing goes on deciding while everything runs. */
  #decideNext(): void {
    this.schedule.after(100 + this.random.next() * (this.#isBusy ? 500 : 1200), undefined, () => {
      if (this.faults.isOver) return;
      const [tenant, partition] = this.#someTenant();
      this.#decisions += 1;
      if (this.random.chance(0.2)) this.targets?.change(this.random);
      if (this.random.chance(this.#isBusy ? 0.6 : 0.2)) this.corrections.ask(this.random, tenant, partition);
      else this.outbox.decide(partition, tenant, decision(this.random, this.schedule.wallMs(), this.#decisions));
      this.#decideNext();
    });
  }

  /** What raters believe, wherever it has changed. */
  judgeViews(): void {
    for (const [process, views] of this.views) {
      for (const [partition, view] of views) {
        if (this.#judged.get(view) === view.outSeq) continue;
        this.#judged.set(view, view.outSeq);
        this.watch.believed(partition, view.outSeq, view.reply('').hash);
        const books = this.desks.get(process)?.(partition)?.books;
        const countedOf = (tenant: string, key: string) => books?.tenant(tenant)?.holds.byKey.get(key)?.counted ?? 0n;
        if (books !== undefined) this.watch.holds.believed(partition, books.watermark.outSeq, countedOf);
      }
    }
  }

  /** At rest: what services are told to do, if they ask, and if they only heard. */
  judgeDesired(): void {
    const { watch } = this;
    for (const tenant of tenants) {
      const partition = this.placeOf(tenant);
      for (const deskOf of this.desks.values()) {
        const known = deskOf(partition)?.books.tenant(tenant);
        if (known === undefined) continue;
        const isTold = this.targets !== undefined && !watch.wasCut(partition);
        watch.deliveries.judgeDesired(tenant, desiredTargets(known), watch.alerts(), isTold);
      }
    }
  }

  /** What befalls processes, clocks and the broker between two events. */
  trouble(): void {
    const { faults, random, schedule } = this;
    if (faults.strikes('crash')) this.#crash(this.#anyone());
    if (faults.strikes('blackout')) this.#blackout();
    if (faults.strikes('pause')) {
      const process = this.#anyone();
      if (process !== undefined) process.pausedUntilMs = schedule.nowMs + random.next() * 8000;
    }
    if (faults.strikes('clockJump')) {
      const offsetMs = random.between(-90_000, 90_000);
      const process = random.chance(0.3) ? undefined : this.#anyone();
      if (process === undefined) this.streams.clockOffsetMs = offsetMs;
      else process.clockOffsetMs = offsetMs;
    }
    if (faults.strikes('tailLost')) this.#loseTail();
  }

  /** Of a stream that has something to lose; what was rated is at stake more often than not. */
  #loseTail(): void {
    const { random, streams } = this;
    const names = streams.names().filter((name) => /^(USAGE|RATED)/.test(name) && streams.messages(name).length >= 5);
    const rated = names.filter((name) => name.startsWith('RATED'));
    if (names.length === 0) return;
    const name = random.pick(rated.length > 0 && random.chance(0.7) ? rated : names);
    streams.loseTail(name, random.between(1, Math.min(8, streams.messages(name).length)));
  }

  /** Whoever starts at the same moment may take over at the same moment. */
  #blackout(): void {
    const againMs = this.random.next() * 500;
    for (const [index, process] of this.#raters.entries()) {
      if (!process.isAlive) continue;
      process.end();
      this.schedule.after(againMs, undefined, () => this.#startRater(index));
    }
  }

  #crash(process: Process | undefined): void {
    if (process === undefined) return;
    const { random, schedule } = this;
    const againMs = random.next() * 2000;
    const host = this.hosts.find(({ agent }) => agent === process);
    const rater = this.#raters.indexOf(process);
    if (host !== undefined) {
      process.end();
      if (random.chance(0.5)) host.disk.powerFailure();
      schedule.after(againMs, undefined, () => host.start());
    } else if (rater >= 0) {
      process.end();
      schedule.after(againMs, undefined, () => this.#startRater(rater));
    } else if (random.chance(0.3)) {
      // Another office is started beside one that only seemed dead.
      process.pausedUntilMs = schedule.nowMs + random.next() * 6000;
      schedule.after(random.next() * 30_000, undefined, () => process.end());
      this.#startOffice();
    } else process.end();
  }

  /** Nothing fails any more; hosts read a last time. */
  heal(): void {
    this.faults.heal();
    for (const process of this.#kinds().flat()) process.pausedUntilMs = 0;
    for (const { process } of this.#offices.slice(0, -1)) process.end();
    this.schedule.after(1500, undefined, () => {
      this.targets?.turnOn();
      for (const host of this.hosts) host.stopMetering();
      // Short worlds have nothing loaded before.
      if (this.random.chance(0.2)) this.corrections.ask(this.random, ...this.#someTenant());
    });
  }

  /** Moves on as long as usage is committed and loaded. */
  progress(): string {
    const partitions = Array.from({ length: this.partitions }, (_, partition) => {
      const header = this.watch.commitsOf(partition).at(-1)?.header;
      return [header?.inputs.controlMark, header?.totals.samples.rated, this.office?.loaders[partition]!.head.seq];
    });
    return JSON.stringify([partitions, this.store.late, this.watch.deliveries.requests]);
  }

  /** A partition that nobody owns. */
  get orphan(): number | undefined {
    const owned = new Set([...this.views.values()].flatMap((views) => [...views.keys()]));
    return Array.from({ length: this.partitions }, (_, partition) => partition).find((one) => !owned.has(one));
  }

  /** What is still under way; "" when everything has come to rest. */
  waitsFor(): string {
    const host = this.hosts.find(({ isDone, isDrained }) => !isDone || !isDrained);
    if (host !== undefined) return `${host.producer.id} (${host.isDone ? 'spool' : 'reading'})`;
    for (let partition = 0; partition < this.partitions; partition++) {
      const last = this.watch.commitsOf(partition).at(-1);
      const decided = this.outbox.count(partition);
      if ((last?.header.inputs.controlMark ?? 0) < decided) return `control ${decided} of partition ${partition}`;
      // A loader that stands beyond a lost tail has yet to notice.
      if (last !== undefined && this.office?.loaders[partition]!.head.hash !== last.hash)
        return `the loader of partition ${partition}`;
      // One that waits for what was lost with a tail of the log goes on with new usage, and there is none at rest.
      if (this.corrections.isOpen(partition) && !this.watch.wasCut(partition))
        return `a correction of partition ${partition}`;
    }
    const { targets, watch, store } = this;
    const delivery = targets === undefined ? '' : watch.deliveries.waitsFor(watch.alerts());
    return delivery !== '' ? delivery : store.late > 0 ? 'inserts that come late' : '';
  }
}
