/** Sees everything that is stored, and holds the invariants of ../../core/SPEC.md against it, step by step. */
import { createHash } from 'node:crypto';
import type { Alert } from '#core/messages/alert.ts';
import type { MarkMessage } from '#core/messages/mark.ts';
import { blockColumns, epochText, splitCommit, type CommitHeader, type ProducerState } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import { parseAmount } from '#core/money/fixed.ts';
import { sha256 } from '#platform/crypto.ts';
import type { LogMessage } from '#platform/log.ts';
import type { StreamWatcher } from './parts/streams.ts';
import type { StoredRow } from './parts/store.ts';
import type { Process } from './schedule.ts';
import { DeliveriesWatch, type DeliveriesParts } from './deliveries.ts';
import { HoldsWatch } from './holds.ts';
import { Reversals } from './reversals.ts';
import { Violation } from './violation.ts';

/** What one stored commit brought. */
interface Seen {
  readonly seq: number;
  readonly header: CommitHeader;
  readonly hash: string;
  /** `<tenant> <producer> <epoch> <seq> <index>` of the samples counted. */
  readonly samples: readonly string[];
  /** Quantity rated, by producer, in pico units. */
  readonly rated: ReadonlyMap<string, bigint>;
  /** Blocks as text. */
  readonly lines: readonly string[];
}

const column = new Map<string, number>(blockColumns.map(([name], index) => [name, index]));

export class Watch implements StreamWatcher {
  /** Surviving commits of each partition, first one first. */
  readonly #rated = new Map<number, Seen[]>();
  readonly #samples = new Set<string>();
  readonly #alerts = new Set<string>();
  readonly #controls = new Set<string>();
  readonly #quantities = new Map<string, bigint>();
  /** What a reader had read of an input is lost: commits may hold what the log does not. */
  isInputLost = false;
  /** Streams that lost a tail at some time. */
  readonly cuts: string[] = [];
  readonly losses: string[] = [];
  commits = 0;
  /** `<partition> <seq> <hash>` of every commit that was ever stored, and the step at which it was lost again. */
  readonly #stored = new Map<string, number>();
  /** Highest mark that was ever stored, by `<tenant>/<producer> <epoch>`. */
  readonly #marks = new Map<string, number>();
  /** When each rater was last given the lease of a partition. */
  readonly #leasedAtStep = new Map<string, { readonly process: Process; readonly step: number }>();
  /** Tokens that loaders have recorded. */
  readonly #tokens = new Set<string>();
  readonly #reversals = new Reversals();
  readonly holds: HoldsWatch;
  readonly deliveries: DeliveriesWatch;
  /** How often things were stored that only some worlds come to. */
  readonly seen: Record<string, number> = {};
  readonly #history = createHash('sha256');
  #failure: Violation | undefined;

  /** `placeOf`: the partition of a tenant. */
  constructor(placeOf: (tenant: string) => number, time: Pick<DeliveriesParts, 'nowMs' | 'isTimeSound'>) {
    this.holds = new HoldsWatch({
      placeOf,
      commitsOf: (partition) => this.commitsOf(partition),
      wasCut: (partition) => this.wasCut(partition),
      fail: (detail) => this.#fail('HOLD', detail),
    });
    this.deliveries = new DeliveriesWatch({
      ...time,
      wasCut: (partition) => this.wasCut(partition),
      saw: (what) => this.#saw(what),
      fail: (detail) => this.#fail('ALERT', detail),
    });
  }

  /** Throws what was found wrong since the last call. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(invariant: string, detail: string): void {
    this.#failure ??= new Violation(invariant, detail);
  }

  /** Surviving commits of a partition. */
  commitsOf(partition: number): readonly Seen[] {
    return this.#rated.get(partition) ?? [];
  }

  /** Alerts of all surviving commits, in the order of each partition. */
  alerts(): Alert[] {
    return [...this.#rated.values()].flatMap((commits) => commits.flatMap(({ header }) => header.alerts));
  }

  /** What became of a control message; undefined while no commit has come to it. */
  outcomeOf(partition: number, seq: number): 'taken' | 'rejected' | undefined {
    if (this.#controls.has(`${partition}/${seq}`)) return 'taken';
    const mark = this.commitsOf(partition).at(-1)?.header.inputs.controlMark ?? 0;
    return mark >= seq ? 'rejected' : undefined;
  }

  /** Quantity rated and surviving, of one producer. */
  quantityOf(producer: string): bigint {
    return this.#quantities.get(producer) ?? 0n;
  }

  /** An agent says that it lost something of its spool. */
  lost(producer: string, detail: string): void {
    this.losses.push(`${producer}: ${detail}`);
  }

  /** Of every message that was stored, in their order. */
  get checksum(): string {
    return this.#history.copy().digest('base64url');
  }

  stored(stream: string, message: LogMessage): void {
    this.#history.update(`${stream} ${message.seq} ${message.timeMs} `).update(message.data);
    if (stream === streams.alerts) return this.deliveries.copied(message);
    if (stream === streams.deliveries) return this.deliveries.recorded(message);
    const partition = ratedPartition(stream);
    if (partition === undefined) return;
    const commits = this.#rated.get(partition) ?? [];
    this.#rated.set(partition, commits);
    const seen = read(message);
    this.deliveries.committed(partition, seen.header.alerts);
    this.#stored.set(`${partition} ${seen.seq} ${seen.hash}`, Infinity);
    for (const { tenant, producer, epoch, mark } of seen.header.producers) {
      const key = `${tenant}/${producer} ${epoch === null ? '' : epochText(epoch)}`;
      this.#marks.set(key, Math.max(mark, this.#marks.get(key) ?? 0));
    }
    const tip = commits.at(-1);
    if (seen.header.prev.seq !== (tip?.seq ?? 0) || seen.header.prev.hash !== (tip?.hash ?? '')) {
      // Only where acknowledged messages were lost can a former owner still be let in; no reader counts what it writes.
      if (!this.wasCut(partition)) this.#fail('FENCE', `${stream} ${message.seq} does not follow from the one before`);
      return;
    }
    this.#judgeOwner(partition, commits, seen);
    this.#judgeState(partition, tip, seen);
    this.#count(partition, seen);
    const wrong = this.#reversals.judge(commits, seen, this.wasCut(partition));
    if (wrong !== undefined) this.#fail('VOID', wrong);
    this.holds.stored(partition, seen);
    commits.push(seen);
    this.commits += 1;
  }

  /** Whether acknowledged commits of it were lost. */
  wasCut(partition: number): boolean {
    return this.cuts.some((cut) => cut.startsWith(`RATED_${partition} `));
  }

  cut(stream: string, lastSeq: number, wasRead: boolean, step: number): void {
    if (ratedPartition(stream) === undefined && (wasRead || this.#takenOf(stream) > lastSeq)) this.isInputLost = true;
    this.cuts.push(`${stream} after ${lastSeq}`);
    const partition = ratedPartition(stream);
    if (partition === undefined) return;
    for (const [place, lostAtStep] of this.#stored) {
      const [of, seq] = place.split(' ', 2).map(Number);
      if (of === partition && seq! > lastSeq && lostAtStep === Infinity) this.#stored.set(place, step);
    }
    const commits = this.#rated.get(partition) ?? [];
    while ((commits.at(-1)?.seq ?? 0) > lastSeq) this.#forget(partition, commits.pop()!);
    this.holds.cut(partition);
  }

  /** Last sequence of an input stream that a surviving commit took. Stored again, it would have another time. */
  #takenOf(stream: string): number {
    const [name, partition] = stream.split('_');
    const inputs = this.commitsOf(Number(partition)).at(-1)?.header.inputs;
    return (name === 'USAGE' ? inputs?.usage.seq : inputs?.control.seq) ?? 0;
  }

  /** A mark is told: nothing beyond what was ever committed may be in it. */
  told({ tenant, producer, epoch, mark }: MarkMessage): void {
    if (mark > (this.#marks.get(`${tenant}/${producer} ${epoch}`) ?? 0))
      this.#fail('MARK', `mark ${mark} of ${producer} is told before it is committed`);
  }

  /** A rater holds this commit for the last one that is stored, and answers from it. */
  believed(partition: number, seq: number, hash: string): void {
    if (seq > 0 && !this.#stored.has(`${partition} ${seq} ${hash}`))
      this.#fail('FENCE', `a rater holds commit ${seq} of partition ${partition} for its own, which was never stored`);
  }

  /** A process begins to own a partition. */
  leased(process: Process, partition: number, step: number): void {
    this.#leasedAtStep.set(`${partition} ${process.name}`, { process, step });
  }

  /** A take-over follows from a commit that the log has held since its owner began, by a snapshot, a standby or the log itself. */
  sent(process: Process, stream: string, data: Uint8Array): void {
    const partition = ratedPartition(stream);
    if (partition === undefined || !Buffer.from(splitCommit(data).header).includes('"kind":"takeover"')) return;
    const { base } = JSON.parse(Buffer.from(splitCommit(data).header).toString('utf8')) as CommitHeader;
    const began = this.#leasedAtStep.get(`${partition} ${process.name}`);
    const lostAtStep = this.#stored.get(`${partition} ${base!.outSeq} ${base!.hash}`) ?? 0;
    if (base!.outSeq > 0 && lostAtStep < (began?.process === process ? began.step : 0))
      this.#fail('REPLAY', `a take-over goes on from commit ${base!.outSeq}, which the log does not hold`);
  }

  /** A loader has recorded what it is about to write. */
  recorded(token: string): void {
    this.#tokens.add(token);
  }

  inserted(table: string, token: string): void {
    if (!this.#tokens.has(token)) this.#fail('INTENT', `rows go to ${table} before what they are is recorded`);
  }

  #judgeOwner(partition: number, commits: readonly Seen[], { header, seq }: Seen): void {
    const where = `RATED_${partition} ${seq}`;
    const owner = commits.findLast((commit) => commit.header.kind === 'takeover');
    if (header.kind === 'takeover') {
      if (header.incarnation <= (owner?.header.incarnation ?? 0))
        this.#fail('FENCE', `${where} takes over with incarnation ${header.incarnation} again`);
    } else if (owner?.header.nonce !== header.nonce || owner.header.incarnation !== header.incarnation)
      this.#fail('FENCE', `${where} is of an owner that was taken over from`);
    for (const counts of [header.totals.samples, header.totals.batches]) {
      if (counts.received !== counts.rated + counts.duplicates + counts.refused)
        this.#fail('CONSERVE', `${where} counts ${JSON.stringify(counts)}`);
    }
  }

  /** The state goes on from that of the commit before: no input, no batch of a producer and no count is left out. */
  #judgeState(partition: number, before: Seen | undefined, { header, samples, seq }: Seen): void {
    const where = `RATED_${partition} ${seq}`;
    for (const stream of ['usage', 'control'] as const) {
      const first = header.inputs.taken.find((range) => range.stream === stream)?.from ?? 1;
      if (first > (before?.header.inputs[stream].seq ?? 0) + 1)
        this.#fail('ONCE', `${where} takes ${stream} from ${first} on, what is committed ends before ${first - 1}`);
    }
    const rated = header.totals.samples.rated - (before?.header.totals.samples.rated ?? 0);
    if (rated !== samples.length)
      this.#fail('CONSERVE', `${where} counts ${rated} samples more and has ${samples.length}`);
    for (const { tenant, producer, epoch, hashes } of header.producers) {
      const known = this.#producerBefore(partition, tenant, producer);
      const isSame = epoch !== null && known?.epoch != null && epochText(known.epoch) === epochText(epoch);
      const wanted = (isSame ? known.mark : 0) + 1;
      const gap = hashes.findIndex(([taken], index) => taken !== wanted + index);
      if (gap >= 0)
        this.#fail('ONCE', `${where} takes batch ${hashes[gap]![0]} of ${producer} where ${wanted + gap} is due`);
    }
  }

  #producerBefore(partition: number, tenant: string, producer: string) {
    const isIt = (state: ProducerState) => state.tenant === tenant && state.producer === producer;
    const commit = this.commitsOf(partition).findLast(({ header }) => header.producers.some(isIt));
    return commit?.header.producers.find(isIt);
  }

  #count(partition: number, { header, samples, rated }: Seen): void {
    const once = (set: Set<string>, key: string, invariant: string) => {
      if (set.has(key)) this.#fail(invariant, `${key} comes twice`);
      set.add(key);
    };
    for (const sample of samples) once(this.#samples, sample, 'ONCE');
    for (const { id } of header.alerts) once(this.#alerts, id, 'CAP');
    for (const { seq } of header.control) once(this.#controls, `${partition}/${seq}`, 'CONTROL');
    for (const [producer, quantity] of rated)
      this.#quantities.set(producer, (this.#quantities.get(producer) ?? 0n) + quantity);
    for (const { type } of header.alerts) this.#saw(type);
    for (const { changes } of header.control) for (const { kind } of changes) this.#saw(kind);
    for (const { request, outcome } of header.requests ?? [])
      this.#saw(`${request.op}${'allowed' in outcome && !outcome.allowed ? ' refused' : ''}`);
  }

  #saw(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }

  #forget(partition: number, commit: Seen): void {
    const { header, samples, rated } = commit;
    this.#reversals.forget(commit);
    for (const sample of samples) this.#samples.delete(sample);
    for (const { id } of header.alerts) this.#alerts.delete(id);
    for (const { seq } of header.control) this.#controls.delete(`${partition}/${seq}`);
    for (const [producer, quantity] of rated)
      this.#quantities.set(producer, (this.#quantities.get(producer) ?? 0n) - quantity);
  }

  /**
   * No block that the log holds is in the store twice, at any time; what is void is hidden. Blocks of commits that were lost are hidden once
   * the next take-over is loaded: until then they may be there, twice where an insert that was given up lands late.
   */
  judgeStore(rows: readonly StoredRow[]): void {
    const blocks = new Set<string>();
    for (const { table, line, partition, incarnation, outSeq } of rows) {
      if (table !== 'rated_blocks' || !this.#isInLog(partition, incarnation, outSeq)) continue;
      const place = line.split('\t', 4).join('-');
      if (blocks.has(place)) this.#fail('ONCE', `block ${place} is in the store twice`);
      blocks.add(place);
    }
  }

  #isInLog(partition: number, incarnation: number, outSeq: number): boolean {
    const commit = this.#rated.get(partition)?.find(({ seq }) => seq === outSeq);
    return commit?.header.incarnation === incarnation;
  }

  /** At the end the store holds the blocks of the log, all of them and nothing else. */
  judgeLoaded(rows: readonly StoredRow[]): void {
    const held = rows.filter(({ table }) => table === 'rated_blocks');
    const wanted = [...this.#rated.values()].flat().reduce((sum, { lines }) => sum + lines.length, 0);
    if (held.length !== wanted) this.#fail('ONCE', `the store holds ${held.length} blocks, the log ${wanted}`);
    for (const { partition, incarnation, outSeq } of held) {
      if (!this.#isInLog(partition, incarnation, outSeq))
        this.#fail('FENCE', `the store shows a block of ${partition}/${incarnation}/${outSeq}, which the log has not`);
    }
  }

  fail(invariant: string, detail: string): void {
    this.#fail(invariant, detail);
  }
}

function ratedPartition(stream: string): number | undefined {
  return stream.startsWith('RATED_') ? Number(stream.slice('RATED_'.length)) : undefined;
}

function read({ seq, data }: LogMessage): Seen {
  const { header, blocks } = splitCommit(data);
  const samples: string[] = [];
  const rated = new Map<string, bigint>();
  const lines = Buffer.from(blocks).toString('utf8').split('\n').filter(Boolean);
  for (const line of lines) {
    const cells = line.split('\t');
    const cell = (name: string) => cells[column.get(name)!]!;
    const list = (name: string) => JSON.parse(cell(name)) as number[];
    const secondary = new Set(list('secondary'));
    const indexes = list('idx');
    const quantities = cell('quantities').slice(1, -1).split(',');
    indexes.forEach((index, position) => {
      if (secondary.has(position + 1)) return;
      samples.push(`${cell('tenant')} ${cell('producer')} ${cell('epoch')} ${cell('seq')} ${index}`);
    });
    // Of what was used, cut or not.
    if (!['usage', 'unpriced', 'unmetered'].includes(cell('kind'))) continue;
    const producer = cell('producer');
    const sum = quantities.reduce((total, text) => total + parseAmount(text)!, 0n);
    rated.set(producer, (rated.get(producer) ?? 0n) + sum);
  }
  return {
    seq,
    header: JSON.parse(Buffer.from(header).toString('utf8')) as CommitHeader,
    hash: sha256(data),
    samples,
    rated,
    lines,
  };
}
