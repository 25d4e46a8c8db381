/** Both engines side by side, and the log between them: what the fast one decides is stored, and the other judges it. */
import type { ControlChange, FeeRecord, MeterRecord, PriceRecord } from '../../messages/control.ts';
import { splitCommit, type CommitHeader } from '../../messages/rated.ts';
import { readBlocks } from '../../reference/audit/blocks.ts';
import { Auditor } from '../../reference/audit/auditor.ts';
import { Faults } from '../../reference/audit/faults.ts';
import type { Input, Ports } from '../../reference/engine.ts';
import { decideRequests } from '../../holds/decide.ts';
import type { CorrectedTally } from '../../messages/correction.ts';
import type { DeskRequest } from '../../messages/checks.ts';
import type { CommitPlace } from '../commit.ts';
import { inheritance, workLeft } from '../inherit.ts';
import { PartitionMachine } from '../machine.ts';
import { applyCommit } from '../replay.ts';
import { decodeState, encodeState } from '../snapshot.ts';
import { emptyState, emptyTenant, type PartitionState, type Tenant } from '../state.ts';
import { type Action } from './actions.ts';
import { foundation, monthsMs, startMs } from '../testing/ground.ts';
import { Batches, type Encoding } from './batches.ts';
import { changesOf, type ControlAction } from './changes.ts';
import { noneSeen, see } from './seen.ts';
import { attempted, Rebuildings } from './rebuilding.ts';
import { recipeOf } from '../corrections/recipe.ts';
import { Corrections, type CorrectAction } from './correcting.ts';
import type { SentBatch } from './rerating.ts';
import { budgetChanges } from '../testing/budgets.ts';
import { feeOfAction, type FeeAction } from '../testing/fees.ts';

const nobody = { id: '', name: '', currency: 'EUR', timeZone: 'UTC' };

export class World {
  readonly faults = new Faults();
  /** Of the partition that goes on; those before it are retired. */
  auditor: Auditor;
  #partition = 0;
  readonly #retired: Auditor[] = [];
  /** What has happened, so that a test can tell that it has looked at what it is about. */
  readonly seen = noneSeen();
  /** What happened to credits. */
  readonly paid = new Set<string>();
  readonly reasons = new Set<string>();
  /** Why there were rows of agreements. */
  readonly agreed = new Set<string>();
  readonly #ports: Ports & Encoding;
  readonly #batches: Batches;
  readonly #corrections = new Corrections(this.seen);
  readonly #rebuildings: Rebuildings;
  /** Tallies that the correction that goes on is still to rebuild. */
  readonly #rebuilding = new Map<string, CorrectedTally>();
  /** Of all partitions that there were: ids are never given twice. */
  readonly #names = new Map<number, string>();
  #commits: { readonly header: CommitHeader; readonly hash: string }[] = [];
  readonly #usage: Input[] = [];
  /** By partition and sequence. */
  readonly #sent = new Map<string, Uint8Array>();
  #usages = 0;
  /** How many of them tell what was inherited. */
  #inherited = 0;
  #machine: PartitionMachine;
  #pending: Input[] = [];
  #requests: DeskRequest[] = [];
  #controls = 0;
  #controlMark = 0;
  #prices = 0;
  /** Prices of each tenant, in the order published. */
  readonly #known = new Map<string, PriceRecord[]>();
  #months = 0;
  #nowMs: number;
  /** The newest fee of each tenant and key. */
  readonly #fees = new Map<string, FeeRecord>();

  constructor(ports: Ports & Encoding, nowMs = startMs) {
    this.#nowMs = nowMs;
    this.#ports = ports;
    this.#batches = new Batches(ports);
    this.#rebuildings = new Rebuildings((id) => this.#names.get(id) ?? '', ports.readText);
    this.auditor = new Auditor(0, ports, this.faults);
    this.#machine = this.#replayed();
    for (const id of ['t', 'u']) {
      const tenant: ControlChange = { kind: 'tenant', id, name: id, currency: 'EUR', timeZone: 'Europe/Berlin' };
      this.control(id, [tenant, ...foundation]);
    }
  }

  act(step: Action): void {
    switch (step.kind) {
      case 'batch':
        return this.#take(this.#batches.write(step, this.#months));
      case 'resend': {
        const earlier = this.#usage[step.which % Math.max(this.#usage.length, 1)];
        return earlier && this.#take(earlier);
      }
      case 'badControl':
        return this.#badControl(step.how);
      case 'time':
        return this.#goTo(this.#nowMs + step.byMs, step.ticks);
      case 'month':
        this.#months = Math.min(this.#months + 1, monthsMs.length - 1);
        return this.#goTo(Math.max(this.#nowMs, monthsMs[this.#months]!), step.ticks);
      case 'commit':
        return this.commit();
      case 'fee':
        return this.#publishFee(step);
      case 'inherit':
        return this.#inherit(new Set(step.tenants));
      case 'request':
        this.#requests.push(step.request);
        return;
      case 'correct':
        return this.#correct(step);
      case 'restart':
        this.commit();
        return this.#restart();
      case 'budget':
      case 'reset':
      case 'release':
      case 'seed':
      case 'crowd':
      case 'tags':
        return this.control(
          step.tenant,
          budgetChanges(step, this.state.tenants.get(step.tenant) ?? emptyTenant(nobody)),
        );
      default:
        return this.control(step.tenant, this.#changes(step));
    }
  }

  #correct(step: CorrectAction): void {
    this.commit();
    const meters = this.state.tenants.get(step.tenant)?.master.meters ?? new Map<string, MeterRecord>();
    const names = {
      nameOf: (id: number): string => this.#names.get(id)!,
      isReversed: (meter: string): boolean => meters.get(meter)?.aggregation !== 'recurring',
      batchAt: (partition: number, usageSeq: number): SentBatch => this.#batchAt(partition, usageSeq),
    };
    if (step.which % 4 > 0) this.#endCorrection(step.tenant);
    for (const change of this.#corrections.messages(step, names)) this.control(step.tenant, [change]);
    this.commit();
    this.#beginRebuilding(step.tenant);
    if (step.ends) this.#endCorrection(step.tenant);
  }

  #batchAt(partition: number, usageSeq: number): SentBatch {
    const text = this.#ports.readText(this.#sent.get(`${partition}-${usageSeq}`)!)!;
    return { partition, usageSeq, body: JSON.parse(text.slice(text.indexOf('{'))) as SentBatch['body'] };
  }

  /** Tallies that keep something get their shadows; what comes until the correction ends counts in those. */
  #beginRebuilding(id: string): void {
    const tenant = this.state.tenants.get(id);
    const correction = tenant?.master.correction;
    if (tenant === undefined || correction === undefined) return;
    const touched = this.#rebuildings.touched(tenant, correction.id);
    this.#shadow(tenant, correction.id, touched);
  }

  /** Of those that can be rebuilt, and of versions that took over from them. */
  #shadow(tenant: Tenant, id: string, places: readonly CorrectedTally[]): void {
    const heirs = (place: CorrectedTally): CorrectedTally[] => {
      const recipe = attempted(() => recipeOf(this.state, tenant, place));
      return recipe === undefined ? [] : [place, ...recipe.heirs.flatMap(heirs)];
    };
    const all = new Map(places.flatMap(heirs).map((place) => [JSON.stringify(place), place]));
    const isFresh = (key: string): boolean => !this.#rebuilding.has(key);
    const tallies = [...all].filter(([key, place]) => isFresh(key) && !this.#rebuildings.hasMoved(this.state, tenant, place)); // prettier-ignore
    for (const [key, place] of tallies) this.#rebuilding.set(key, place);
    const n = (tenant.master.correction?.pieces ?? 0) + 1;
    if (tallies.length > 0)
      this.control(tenant.id, [{ kind: 'correctionShadow', id, n, tallies: tallies.map(([, place]) => place) }]);
  }

  #endCorrection(id: string): void {
    const tenant = this.state.tenants.get(id);
    const correction = tenant?.master.correction;
    if (tenant === undefined || correction === undefined) return;
    for (let done = 0; done < this.#rebuilding.size;) {
      this.commit();
      const places = [...this.#rebuilding.values()].slice(done);
      done = this.#rebuilding.size;
      for (const place of places) this.#rebuild(tenant, correction.id, place);
      // Versions that took over while their predecessors had shadows.
      this.#shadow(tenant, correction.id, places);
    }
    this.#rebuilding.clear();
    this.control(id, [{ kind: 'correctionEnd', id: correction.id, pieces: tenant.master.correction!.pieces ?? 0 }]);
  }

  #rebuild(tenant: Tenant, id: string, place: CorrectedTally): void {
    if (attempted(() => recipeOf(this.state, tenant, place))?.shadowSeq == null) return;
    for (const message of attempted(() => this.#rebuildings.messages(this.state, tenant, place)) ?? []) {
      const n = (tenant.master.correction!.pieces ?? 0) + 1;
      this.control(tenant.id, [{ ...message, id, n }]);
    }
  }

  #goTo(nowMs: number, ticks: boolean): void {
    this.#nowMs = nowMs;
    if (!ticks) return;
    this.commit();
    this.#machine.tick(nowMs);
    this.commit();
  }

  /** The partition retires, and one of a new generation goes on with some of its tenants. */
  #inherit(tenants: ReadonlySet<string>): void {
    for (const tenant of this.state.tenants.keys()) this.#endCorrection(tenant);
    for (this.commit(); workLeft(this.state) !== undefined; this.commit()) this.#machine.tick((this.#nowMs += 1));
    const from = this.#partition;
    const heirs = [...this.state.tenants.keys()].map((tenant) => [tenant, tenants.has(tenant) ? from + 1 : 9] as const);
    this.commit({ kind: 'retire', heirs });
    this.auditor.finish();
    const retired = this.state;
    this.#retired[from] = this.auditor;
    this.#partition += 1;
    this.auditor = new Auditor(this.#partition, this.#ports, this.faults, this.auditor.originals);
    [this.#commits, this.#inherited, this.#controls, this.#controlMark, this.#usages] = [[], 0, 0, 0, 0];
    for (const bytes of inheritance([retired], this.#partition, tenants, this.#ports.sha256)) this.#store(bytes);
    this.#machine = this.#replayed();
    this.seen.inherited += this.state.tallies.length;
  }

  get state(): PartitionState {
    return this.#machine.state;
  }

  #changes(step: ControlAction): ControlChange[] {
    const known = this.#known.get(step.tenant) ?? [];
    const changes = changesOf(step, () => (this.#prices += 1), known);
    this.#known.set(step.tenant, [...known, ...changes.filter((change) => change.kind === 'price')]);
    return changes;
  }

  /** From the commits alone, or from a snapshot: both are what the machine had. */
  #restart(): void {
    const snapshot = encodeState(this.#machine.state);
    const replayed = this.#replayed();
    this.faults.same('RERATE', 'the state that commits rebuild', encodeState(replayed.state), snapshot);
    this.#machine = this.#commits.length % 2 === 0 ? replayed : this.#machineOf(decodeState(snapshot));
  }

  /** A machine whose state is that of the commits alone. */
  #replayed(): PartitionMachine {
    const state = emptyState(this.#partition);
    for (const [i, { header, hash }] of this.#commits.entries()) applyCommit(state, header, i + 1, hash);
    return this.#machineOf(state);
  }

  #machineOf(state: PartitionState): PartitionMachine {
    const { sha256, verifySignature, readText } = this.#ports;
    return new PartitionMachine(state, { hash: sha256, verify: verifySignature, text: readText });
  }

  #publishFee(step: FeeAction): void {
    const key = `${step.tenant} ${step.key}`;
    const fee = feeOfAction(step, (this.#prices += 1), this.#fees.get(key));
    this.#fees.set(key, fee);
    this.control(step.tenant, [{ kind: 'fee', ...fee }]);
  }

  /** Details of control messages that were rejected. */
  readonly rejections: string[] = [];

  /** One control message. */
  control(tenant: string, changes: readonly ControlChange[]): void {
    this.#controlMark += 1;
    this.#takeControl(tenant, { v: 1, tenant, seq: this.#controlMark, auditId: '', trace: 'trace', changes });
  }

  #badControl(how: string): void {
    const unknown: ControlChange = { kind: 'ownership', resource: 'a', account: 77, fromMs: 0 };
    if (how === 'account')
      return this.control('t', [{ kind: 'ownership', resource: 'd', account: 1, fromMs: 0 }, unknown]);
    if (how === 'json') return this.#takeControl('t', 'no message');
    const seq = this.#controlMark + (how === 'seq' ? 2 : how === 'old' ? 0 : 1);
    this.#takeControl('t', { v: 1, tenant: how === 'tenant' ? 'u' : 't', seq, auditId: '', trace: '', changes: [] });
  }

  #takeControl(tenant: string, message: unknown): void {
    this.#controls += 1;
    const data = this.#ports.bytes(JSON.stringify(message));
    const input: Input = {
      stream: 'control',
      subject: `control.${this.#partition}.${tenant}`,
      seq: this.#controls,
      timeMs: this.#nowMs,
      data,
    };
    this.#pending.push(input);
    this.#machine.takeControl(input);
  }

  #take({ subject, data }: Pick<Input, 'subject' | 'data'>): void {
    this.take(subject, data);
  }

  /** One message of `USAGE`, whatever it is. */
  take(subject: string, data: Uint8Array): void {
    const input: Input = { stream: 'usage', subject, seq: (this.#usages += 1), timeMs: this.#nowMs, data };
    this.#usage.push(input);
    this.#sent.set(`${this.#partition}-${input.seq}`, data);
    this.#rebuildings.take(this.#partition, input.seq, data);
    this.#pending.push(input);
    this.#machine.takeUsage(input);
  }

  commit(kind: Pick<CommitPlace, 'kind' | 'heirs'> = { kind: 'commit' }): void {
    const { state, changes } = this.#machine;
    decideRequests(state, this.#requests.splice(0), this.#nowMs + 10, changes.requests);
    const prev = { seq: this.#commits.length, hash: state.outHash };
    const owner = { incarnation: 1, nonce: 'n', n: prev.seq - this.#inherited, prev };
    const place =
      owner.n === 0
        ? ({ ...owner, kind: 'takeover', base: { incarnation: 0, outSeq: prev.seq, hash: prev.hash } } as const)
        : { ...owner, ...kind };
    this.#store(this.#machine.drain(place).bytes);
  }

  #store(bytes: Uint8Array): void {
    const parts = splitCommit(bytes);
    const header = JSON.parse(this.#ports.readText(parts.header)!) as CommitHeader;
    const commit = {
      seq: this.#commits.length + 1,
      hash: this.#ports.sha256(bytes),
      header,
      blocks: this.#ports.readText(parts.blocks)!,
    };
    this.#commits.push(commit);
    if (header.kind === 'inherit') this.#inherited = commit.seq;
    else Object.assign(this.state, { outSeq: commit.seq, outHash: commit.hash, incarnation: 1 });
    this.auditor.chain.follow(commit, this.#partition, this.faults);
    if (header.kind === 'inherit' && header.n === 0) this.auditor.inherit(header, this.#retired);
    this.auditor.check(commit, this.#pending);
    this.#pending = [];
    for (const { id, name } of header.resources) this.#names.set(id, name);
    this.#corrections.store({ partition: this.#partition, text: commit.blocks });
    this.#rebuildings.store(readBlocks(commit.blocks).map((block) => block!));
    see(this, header, commit.blocks);
  }
}
