/**
 * The partition's state machine: fed inputs in the order of record, it changes its state and collects what a commit
 * must carry. It is speculative until the commit is acknowledged; whoever drives it drops it when a commit fails.
 */
import { BudgetLooks } from '../budgets/looks.ts';
import type { ControlMessage } from '../messages/control.ts';
import type { AlertCommon } from '../messages/alert.ts';
import { epochText } from '../messages/rated.ts';
import { withoutRows } from '../messages/correction.ts';
import { settleMoved, type SettleRun } from './agreements/settleUnit.ts';
import { beginLines, unsettle, unsettleUnit } from './agreements/unsettle.ts';
import { admit, type Admission, type BatchHead, type Input, type Ports } from './admit.ts';
import { compareText } from './attribution.ts';
import { Groups, officeSource, type BlockSource } from './block.ts';
import { Changes } from './changes.ts';
import { bookedFrom, Closings, type ClosingRun } from './closing.ts';
import { encodeCommit, type CommitPlace, type EncodedCommit } from './commit.ts';
import { takeMessage, type Booking } from './corrections/take.ts';
import { Credits, type CreditInput } from './credits/credits.ts';
import { Dues } from './dues.ts';
import { bookedUntil, feeRowsPerInputMax, replaceFee } from './fees.ts';
import { bookDueLevels } from './held.ts';
import { moveMark } from './mark.ts';
import { ControlFault } from './controlFault.ts';
import { count, refusalOf, type Refused } from './outcomes.ts';
import { chargeUnpriced, type ArrivalRun } from './priceArrival.ts';
import { rateBatch } from './rateBatch.ts';
import { repricedPerInputMax, repriceNext } from './repricing.ts';
import { readControl } from './readControl.ts';
import { Rows } from './rows.ts';
import { newProducer, type Master, type PartitionState, type Producer, type Tenant } from './state.ts';

export class PartitionMachine {
  readonly state: PartitionState;
  changes = new Changes();
  readonly #ports: Ports;
  readonly #groups = new Map<string, { readonly masterVersion: number; readonly groups: Groups }>();
  readonly #rows = new Rows();
  readonly #closings = new Closings();
  readonly #budgets: BudgetLooks;
  readonly #dues: Dues;
  readonly #credits: Credits;

  constructor(state: PartitionState, ports: Ports) {
    this.state = state;
    this.#ports = ports;
    this.#dues = new Dues(state);
    this.#credits = new Credits(state);
    this.#budgets = new BudgetLooks(state, () => this.changes);
  }

  /** Takes one control message (SPEC §1.3). */
  takeControl(input: Input): void {
    this.#apply(input);
    this.#settle(repricedPerInputMax, { stream: 'control', seq: input.seq });
  }

  #apply(input: Input): void {
    const { state, changes } = this;
    this.#begin(input.timeMs);
    changes.took('control', input.seq);
    state.control = { seq: input.seq, hash: this.#ports.hash(input.data) };
    const tenantId = input.subject.split('.')[2] ?? '';
    const message = readControl(this.#ports, input.data, tenantId);
    if (typeof message === 'string') return this.#rejectControl(input, tenantId, message);
    if (message.seq <= state.controlMark) return;
    if (message.seq > state.controlMark + 1) {
      return this.#rejectControl(input, tenantId, `seq ${message.seq} after mark ${state.controlMark}`);
    }
    state.controlMark = message.seq;
    try {
      const before = state.tenants.get(message.tenant)?.master;
      const { tenant, book } = takeMessage(state, changes, message);
      changes.control.push(withoutRows(message));
      this.#afterControl(tenant, message, before, book);
    } catch (error) {
      if (!(error instanceof ControlFault)) throw error;
      this.#rejectControl(input, tenantId, error.message);
    }
  }

  /** Takes one usage message: rates it, drops it as a duplicate, or refuses it with a reason. */
  takeUsage(input: Input): void {
    this.#admit(input);
    this.#settle(repricedPerInputMax, { stream: 'usage', seq: input.seq });
  }

  #admit(input: Input): void {
    const { state, changes } = this;
    this.#begin(input.timeMs);
    changes.took('usage', input.seq);
    state.usage = { seq: input.seq, hash: this.#ports.hash(input.data) };
    const admission = admit(state, this.#ports, input);
    switch (admission.kind) {
      case 'taken':
        return this.#rate(admission, input);
      case 'duplicate':
        return this.#countDuplicate(admission);
      case 'refused':
        return this.#refuseBatch(admission, input);
    }
  }

  /** Lets time act without an input: months end, budgets reset, the work of closes and what is still to be charged anew go on. */
  tick(nowMs: number): void {
    const { state, changes } = this;
    if (nowMs <= state.logTimeMs) return;
    const holdsEnd = state.holds.nextMs <= nowMs;
    if (this.#begin(nowMs) || holdsEnd || state.repriced.length > 0) changes.timeMoved = true;
    this.#settle(repricedPerInputMax);
  }

  /** Does at once what inputs to come would go on with: for who rates a log without one. */
  finish(): void {
    this.#actDue(Infinity);
    while (this.#goOnClosing());
    this.#settle(Infinity);
    for (this.#budgets.begin(); this.#budgets.goOn();) this.#budgets.begin();
  }

  /** Writes what has changed since the last call as the commit at that place. */
  drain(place: CommitPlace): EncodedCommit {
    const { changes } = this;
    const encoded = encodeCommit(this.state, changes, place);
    this.changes = new Changes(changes.text);
    return encoded;
  }

  /** Instant at which time alone next changes the state, or undefined. */
  nextDueMs(): number | undefined {
    const { closings, repriced, budgetsWaiting, feesTo, logTimeMs, holds } = this.state;
    const isBusy = closings.length > 0 || repriced.length > 0 || budgetsWaiting.length > 0;
    if (isBusy || feesTo !== undefined) return logTimeMs + 1;
    const nextMs = Math.min(this.#nextMs(), holds.nextMs);
    return nextMs === Infinity ? undefined : nextMs;
  }

  #nextMs(): number {
    return Math.min(this.#budgets.nextMs, this.#dues.nextMs, this.#credits.nextMs, this.state.levelsDueMs);
  }

  /** What comes before an input: time, and the work that earlier ones left. Whether there was any of that. */
  #begin(timeMs: number): boolean {
    this.#budgets.begin();
    this.#advance(timeMs);
    const hasClosed = this.#goOnClosing();
    return this.#budgets.goOn() || hasClosed;
  }

  /** Log time moves: fees and levels, in this order; what of them had to wait goes on with any input. */
  #advance(timeMs: number): void {
    const { state, changes } = this;
    const isLater = timeMs > state.logTimeMs;
    if (isLater) state.logTimeMs = timeMs;
    if (state.feesTo === undefined && (!isLater || this.#nextMs() > timeMs)) return;
    changes.timeMoved = true;
    this.#credits.passTime(changes);
    this.#budgets.noteDue();
    this.#actDue(feeRowsPerInputMax);
    const runOf = (tenant: Tenant): ClosingRun => this.#runOf(tenant);
    if (isLater) bookDueLevels(state, runOf, (tenant) => this.#look(tenant));
  }

  /** Books the next of what is due (SPEC §9.1.11). */
  #actDue(most: number): void {
    for (const [tenant] of this.#dues.act(this.state, (one) => this.#runOf(one), most)) this.#look(tenant);
  }

  #rejectControl(input: Input, tenant: string, detail: string): void {
    const why = { index: -1, reason: 'control_rejected', detail, samples: 0 } as const;
    const who = { tenant, producer: '', head: undefined };
    this.changes.refusals.push(refusalOf(this.state, who, 'control', input.seq, why));
  }

  #afterControl(tenant: Tenant, message: ControlMessage, before: Master | undefined, book?: Booking): void {
    const run = this.#runOf(tenant);
    this.#credits.change(tenant, message, before, this.changes);
    if (book !== undefined) {
      book(run);
      return this.#look(tenant, null, message.trace);
    }
    beginLines(run, before);
    const prices = new Set(message.changes.flatMap((change) => (change.kind === 'price' ? [change.id] : [])));
    chargeUnpriced(run, prices);
    for (const key of new Set(message.changes.flatMap((change) => (change.kind === 'fee' ? [change.key] : [])))) {
      const fee = tenant.master.feesByKey.get(key)!;
      replaceFee(run, before?.feesByKey.get(key), fee);
      this.#dues.setFee(tenant, key, bookedUntil(this.state, tenant.id, key));
    }
    settleMoved(run, unsettle(run, before));
    this.#dues.setAgreements(tenant, this.state.logTimeMs);
    this.#budgets.take(tenant, message, before);
    this.#beginClosings(run, message, before);
  }

  #beginClosings(run: ClosingRun, { changes }: ControlMessage, before: Master | undefined): void {
    const closed = new Map(before?.closes);
    for (const change of changes) {
      if (change.kind === 'close') {
        this.#closings.begin(run, change, closed.get(change.account) ?? 0);
        closed.set(change.account, change.untilMs);
      } else if (change.kind === 'reopen') closed.set(change.account, change.fromMs);
    }
    if (changes.some(({ kind }) => kind === 'close')) this.#goOnClosing();
  }

  /** A piece of the work of closes, before each input (SPEC §12.6); false when there is none. */
  #goOnClosing(): boolean {
    const [closing] = this.state.closings;
    if (closing === undefined) return false;
    const tenant = this.state.tenants.get(closing.tenant)!;
    const run = this.#runOf(tenant);
    this.#closings.goOn(run);
    unsettleUnit(run, closing.account);
    settleMoved(run, new Map([[closing.account, bookedFrom(tenant, closing)]]));
    this.#budgets.look(tenant);
    return true;
  }

  /** What charges without a sample is handed. */
  #runOf(tenant: Tenant): SettleRun & ArrivalRun & ClosingRun {
    const { state, changes } = this;
    const source = officeSource(tenant.id, state.logTimeMs);
    return { state, tenant, changes, source, groups: this.#groupsOf(tenant), rows: this.#rows };
  }

  /** What follows an input or tick: tallies that new points of series charge anew (SPEC §8.8), then credits pay all of it (§14.3). */
  #settle(most: number, input?: CreditInput): void {
    const moved =
      this.state.repriced.length === 0 ? [] : repriceNext(this.state, (tenant) => this.#runOf(tenant), most);
    for (const [tenant] of [...moved].sort(([a], [b]) => compareText(a.id, b.id))) this.#look(tenant);
    this.#credits.pay(this.changes, input);
  }

  #rate({ tenant, body, hash }: Extract<Admission, { kind: 'taken' }>, input: Input): void {
    const { state, changes } = this;
    const producer = this.#producerOf(tenant, body.producer);
    const record = tenant.master.producers.get(producer.id)!;
    const epoch = epochText(body.epoch);
    moveMark(producer, body, hash);
    const source: BlockSource = {
      tenant: tenant.id,
      producer: producer.id,
      epoch,
      seq: body.seq,
      usageSeq: input.seq,
      logTimeMs: state.logTimeMs,
    };
    const { rated, refused } = rateBatch({
      state, tenant, producer, changes, body, source,
      groups: this.#groupsOf(tenant), rows: this.#rows,
      guardsOverlap: record.type === 'agent',
      refuse: (index, [reason, detail]) =>
        this.#refusal(tenant.id, producer.id, body, { index, reason, detail, samples: 1 }, input),
    }); // prettier-ignore
    count(state, producer, 'samples', 'rated', rated);
    count(state, producer, 'samples', 'refused', refused);
    count(state, producer, 'batches', 'rated', 1);
    for (const note of body.notes ?? []) {
      producer.notes[note.kind] = (producer.notes[note.kind] ?? 0) + 1;
      if (note.coalesced === undefined || note.kind !== 'coalesced') continue;
      const { fromMs, toMs, readings, sliceMs } = note.coalesced;
      producer.coalesced = { fromMs, toMs, readings, sliceMs };
    }
    if (body.spool !== undefined) producer.spool = { batches: body.spool.batches, bytes: body.spool.bytes };
    if (body.completeUntilMs !== undefined) {
      const untilMs = Math.min(body.completeUntilMs, state.logTimeMs);
      producer.completeUntilMs = Math.max(producer.completeUntilMs ?? 0, untilMs);
    }
    const cause = { producer: producer.id, epoch, seq: body.seq };
    this.#credits.because = { tenant: tenant.id, cause, trace: body.trace };
    this.#look(tenant, cause, body.trace);
  }

  /** Settles agreements whose lines have moved, then looks at the budgets of all nodes whose balances have. */
  #look(tenant: Tenant, cause: AlertCommon['cause'] = null, trace = ''): void {
    if (tenant.unsettled.size > 0) settleMoved(this.#runOf(tenant));
    this.#budgets.look(tenant, cause, trace);
  }

  #countDuplicate({ tenant, head, samples }: Extract<Admission, { kind: 'duplicate' }>): void {
    const { state } = this;
    const producer = this.#producerOf(tenant, head.producer);
    count(state, producer, 'samples', 'duplicates', samples);
    count(state, producer, 'batches', 'duplicates', 1);
  }

  #refuseBatch(admission: Extract<Admission, { kind: 'refused' }>, input: Input): void {
    const { state } = this;
    const { tenant, head, samples, hash } = admission;
    const isEnrolled = tenant?.master.producers.has(admission.producer) === true;
    const producer = isEnrolled ? this.#producerOf(tenant, admission.producer) : undefined;
    if (producer !== undefined && hash !== undefined && head !== undefined) moveMark(producer, head, hash);
    count(state, producer, 'samples', 'refused', samples);
    count(state, producer, 'batches', 'refused', 1);
    const tenantId = input.subject.split('.')[2] ?? '';
    const { reason, detail } = admission;
    this.#refusal(tenantId, admission.producer, head, { index: -1, reason, detail, samples }, input);
  }

  #refusal(tenant: string, producer: string, head: BatchHead | undefined, why: Refused, input: Input): void {
    this.changes.refusals.push(refusalOf(this.state, { tenant, producer, head }, 'usage', input.seq, why));
  }

  #producerOf(tenant: Tenant, id: string): Producer {
    let producer = tenant.producers.get(id);
    if (producer === undefined) {
      producer = newProducer(id);
      tenant.producers.set(id, producer);
    }
    producer.lastSeenMs = this.state.logTimeMs;
    this.changes.producer(tenant.id, producer);
    return producer;
  }

  /** With a new version of the master data all is resolved anew, so that what is of months gone by does not stay for ever. */
  #groupsOf({ id, master: { version } }: Tenant): Groups {
    const known = this.#groups.get(id);
    if (known?.masterVersion === version) return known.groups;
    const groups = new Groups();
    this.#groups.set(id, { masterVersion: version, groups });
    return groups;
  }
}
