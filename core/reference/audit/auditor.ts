/**
 * The audit of one partition: commit by commit the inputs go through the reference engine, and everything that the commit
 * says is compared with what the engine finds. Memory grows with the state, not with the log.
 */
import type { ControlMessage } from '../../messages/control.ts';
import type { CreditEntry } from '../../messages/credit.ts';
import type { CommitHeader } from '../../messages/rated.ts';
import { ReferenceEngine, type Input, type Ports } from '../engine.ts';
import type { Outcome, State } from '../state.ts';
import { readBlocks, type Block } from './blocks.ts';
import { Chain, type StoredCommit } from './chain.ts';
import { CreditFold } from './credits.ts';
import { Decisions } from './decisions.ts';
import type { Faults } from './faults.ts';
import { byCodeUnit } from '../attribution.ts';
import { decideRequest, sayingOf } from '../holds.ts';
import { inherit } from '../inherit.ts';
import { Fold } from './fold.ts';
import { Names } from './names.ts';
import { Once } from './once.ts';
import { Originals } from './originals.ts';
import { compareRows } from './rows.ts';
import { Settlements } from './settlements.ts';
import { Sums } from './sums.ts';
import { checkConserve, checkTree } from './tree.ts';
import { checkTrace } from './trace.ts';
import { compareAll, compareTouched } from './values.ts';

export class Auditor {
  readonly partition: number;
  readonly faults: Faults;
  readonly chain = new Chain();
  readonly decisions = new Decisions();
  readonly fold = new Fold();
  /** Shared with the audits of partitions that inherit. */
  readonly originals: Originals;
  readonly sums = new Sums();
  /** Where its tenants go on, once it is retired. */
  heirs: NonNullable<CommitHeader['heirs']> = [];
  readonly #ports: Ports;
  readonly #engine: ReferenceEngine;
  readonly #names = new Names();
  readonly #once = new Once();
  readonly #settlements = new Settlements();
  readonly #credits = new CreditFold();

  constructor(partition: number, ports: Ports, faults: Faults, originals = new Originals()) {
    this.originals = originals;
    this.partition = partition;
    this.faults = faults;
    this.#ports = ports;
    this.#engine = new ReferenceEngine(partition, ports);
    this.state.history.meters = originals.rebuilt;
  }

  /** The reference's state after the last commit. */
  get state(): State {
    return this.#engine.state;
  }

  /** What this partition inherits from retired ones, whose audits are over: tenants, and what their rows add up to. */
  inherit({ from = [], partition }: CommitHeader, retired: readonly Auditor[]): void {
    const sources = from.map((place) => {
      const source = retired[place.partition];
      const where = `partition ${partition} inherits from ${place.partition}`;
      const end = source && { seq: source.chain.seq, hash: source.chain.hash };
      this.faults.same('FENCE', where, { seq: place.seq, hash: place.hash }, end);
      return source;
    });
    const heirs = sources.flatMap((source) =>
      (source?.heirs ?? []).filter(([, to]) => to === partition).map(([tenant]) => ({ source: source!, tenant })),
    );
    for (const { source, tenant } of heirs.sort((a, b) => byCodeUnit(a.tenant, b.tenant))) {
      inherit(this.state, source.state, tenant);
      this.sums.inherit(source.sums, tenant);
    }
  }

  /** Judges one commit; `inputs` are the messages of its `inputs.taken`, in that order. */
  check(commit: StoredCommit, inputs: readonly Input[]): void {
    const { faults, state } = this;
    const { header, seq } = commit;
    const where = `partition ${this.partition}, commit ${seq}`;
    const { outcome, control } = this.#rerate(header, inputs, where);
    this.#decideRequests(header, where);
    this.#names.learn(header, where, faults);
    this.fold.take(header, this.#names);
    const blocks = this.#readable(commit, where);
    compareRows(blocks, outcome.rows, { outSeq: seq, header }, this.#names, state, faults);
    checkTrace(blocks, outcome.rows, this.#names, state, where, faults);
    this.#once.check(blocks, seq, faults);
    this.originals.take(blocks, this.#names, where, faults);
    this.sums.take(blocks, seq, this.#names, state);
    this.decisions.check(commit, outcome, control, where, faults);
    this.#settlements.take(header);
    this.#credits.take(header);
    this.#credits.compareTouched(header, outcome, state, where, faults);
    this.#settlements.compareTouched(header, state, where, faults);
    compareTouched(header, this.fold, this.#names, state, where, faults);
    if (header.kind === 'retire') this.#retire(header.heirs ?? [], where);
    faults.same('CAP', `${where}: alerts so far`, header.totals.alerts, this.decisions.alerts);
  }

  /** Each tenant goes on somewhere, once. */
  #retire(heirs: NonNullable<CommitHeader['heirs']>, where: string): void {
    this.heirs = heirs;
    const named = heirs.map(([tenant]) => tenant).toSorted(byCodeUnit);
    this.faults.same(
      'FENCE',
      `${where}: tenants that go on elsewhere`,
      named,
      [...this.state.tenants.keys()].toSorted(byCodeUnit),
    );
  }

  /** The checks over the whole log; call once, after the last commit. Answers how much they looked at. */
  finish(): { readonly tallies: number; readonly nodes: number } {
    this.chain.finish(this.partition, this.faults);
    const where = `partition ${this.partition}, at the end`;
    compareAll(this.fold, this.state, where, this.faults);
    this.#settlements.compareAll(this.state, where, this.faults);
    this.#credits.compareAll(this.state, where, this.faults);
    checkConserve(this.fold, this.state, this.faults);
    return {
      tallies: this.sums.telescope(this.state, this.faults),
      nodes: checkTree(this.fold, this.state, this.faults),
    };
  }

  #rerate(header: CommitHeader, inputs: readonly Input[], where: string) {
    const outcome: Outcome = { rows: [], refusals: [], alerts: [], work: { done: 0 } };
    const control: ControlMessage[] = [];
    const entries: CreditEntry[] = [];
    const last = { usage: this.#last.usage, control: this.#last.control };
    for (const input of inputs) {
      const taken = this.#engine.take(input);
      outcome.rows.push(...taken.rows);
      outcome.refusals.push(...taken.refusals);
      outcome.alerts.push(...taken.alerts);
      entries.push(...(taken.entries ?? []));
      if (taken.control !== undefined) control.push(taken.control);
      if (input.stream === 'usage' || taken.control !== undefined)
        this.originals.signed.take(this.partition, input, taken, this.#ports, where, this.faults);
      last[input.stream] = { seq: input.seq, hash: this.#ports.sha256(input.data) };
    }
    if (inputs.length === 0) {
      const { rows, alerts, entries: told = [] } = this.#engine.tick(header.logTimeMs);
      entries.push(...told);
      outcome.rows.push(...rows);
      outcome.alerts.push(...alerts);
    }
    this.#last = last;
    for (const stream of ['usage', 'control'] as const) {
      this.faults.same('FENCE', `${where}: last input of ${stream}`, header.inputs[stream], last[stream]);
    }
    return { outcome: { ...outcome, entries }, control };
  }

  /** After all inputs, for so they were decided. */
  #decideRequests({ requests = [], prev }: CommitHeader, where: string): void {
    for (const recorded of requests) {
      const wanted = decideRequest(this.state, recorded, prev.seq + 1);
      const { op, tenant, key } = recorded.request;
      this.faults.same('CAP', `${where}: ${op} ${key} of ${tenant}`, sayingOf(recorded), wanted);
    }
  }

  #last = { usage: { seq: 0, hash: '' }, control: { seq: 0, hash: '' } };

  #readable(commit: StoredCommit, where: string): Block[] {
    const blocks = readBlocks(commit.blocks);
    this.faults.same('BLOCKS', `${where}: number of blocks`, blocks.length, commit.header.blocks);
    const readable = blocks.filter((block) => block !== undefined);
    if (readable.length < blocks.length)
      this.faults.add('BLOCKS', `${where}: a block has another number of columns than the contract`);
    return readable;
  }
}
