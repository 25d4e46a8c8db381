/**
 * The partition's state machine: fed inputs in the order of record, it changes its state and collects what a commit
 * must carry. It is speculative until the commit is acknowledged; whoever drives it drops it when a commit fails.
 */
import {
  budgetNow,
  evaluateBudget,
  evaluateMoved,
  rearmBudget,
  resetBudget,
  type Evaluation,
} from '../budgets/evaluate.ts';
import type { ControlMessage } from '../messages/control.ts';
import type { Alert } from '../messages/alert.ts';
import { epochText } from '../messages/rated.ts';
import { withoutRows } from '../messages/correction.ts';
import { Agenda } from './agenda.ts';
import { settleMoved, type SettleRun } from './agreements/settleUnit.ts';
import { beginLines, unsettle, unsettleUnit } from './agreements/unsettle.ts';
import { admit, type Admission, type BatchHead, type Input, type Ports } from './admit.ts';
import { compareText } from './attribution.ts';
import { Groups, officeSource, type BlockSource } from './block.ts';
import { Changes } from './changes.ts';
import { bookedFrom, Closings, type ClosingRun } from './closing.ts';
import { encodeCommit, type CommitPlace, type EncodedCommit } from './commit.ts';
import { reverse, takeMessage, type Reversal } from './corrections/reverse.ts';
import { Credits, raise, type CreditInput } from './credits/credits.ts';
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
import { newProducer, type Balance, type Master, type PartitionState, type Producer, type Tenant } from './state.ts';

export class PartitionMachine {
  readonly state: PartitionState;
  changes = new Changes();
  readonly #ports: Ports;
  readonly #groups = new Map<string, { readonly masterVersion: number; readonly groups: Groups }>();
  readonly #rows = new Rows();
  readonly #closings = new Closings();
  /** Months of budgets that end, and what else falls due. */
  readonly #months = new Agenda();
  readonly #dues: Dues;
  readonly #credits: Credits;

  constructor(state: PartitionState, ports: Ports) {
    this.state = state;
    this.#ports = ports;
    this.#dues = new Dues(state);
    this.#credits = new Credits(state);
    for (const [id, { budgetStates }] of state.tenants) {
      for (const budget of budgetStates.values()) this.#months.set('budget', id, budget.id, budget.period.endMs);
    }
  }

  /** Takes one control message (SPEC §1.3). */
  takeControl(input: Input): void {
    this.#apply(input);
    this.#settle(repricedPerInputMax, { stream: 'control', seq: input.seq });
  }

  #apply(input: Input): void {
    const { state, changes } = this;
    this.#advance(input.timeMs);
    this.#goOnClosing();
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
      const { tenant, reversal } = takeMessage(state, message);
      changes.control.push(withoutRows(message));
      this.#afterControl(tenant, message, before, reversal);
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
    this.#advance(input.timeMs);
    this.#goOnClosing();
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
    this.#advance(nowMs);
    if (this.#goOnClosing() || holdsEnd || state.repriced.length > 0) changes.timeMoved = true;
    this.#settle(repricedPerInputMax);
  }

  /** Does at once what inputs to come would go on with: for who rates a log without one. */
  finish(): void {
    this.#actDue(Infinity);
    while (this.#goOnClosing());
    this.#settle(Infinity);
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
    const { closings, repriced, feesTo, logTimeMs, holds } = this.state;
    if (closings.length > 0 || repriced.length > 0 || feesTo !== undefined) return logTimeMs + 1;
    const nextMs = Math.min(this.#nextMs(), holds.nextMs);
    return nextMs === Infinity ? undefined : nextMs;
  }

  #nextMs(): number {
    return Math.min(this.#months.nextMs, this.#dues.nextMs, this.#credits.nextMs, this.state.levelsDueMs);
  }

  /** Log time moves: months of budgets, fees and levels, in this order; what of them had to wait goes on with any input. */
  #advance(timeMs: number): void {
    const { state, changes } = this;
    const isLater = timeMs > state.logTimeMs;
    if (isLater) state.logTimeMs = timeMs;
    if (state.feesTo === undefined && (!isLater || this.#nextMs() > timeMs)) return;
    changes.timeMoved = true;
    this.#credits.passTime(changes);
    this.#beginMonths();
    this.#actDue(feeRowsPerInputMax);
    const runOf = (tenant: Tenant): ClosingRun => this.#runOf(tenant);
    if (isLater)
      bookDueLevels(state, runOf, (tenant, balances) => this.#evaluate(this.#evaluation(tenant, null, ''), balances));
  }

  #beginMonths(): void {
    const ended = this.#months.take(this.state.logTimeMs);
    ended.sort((a, b) => compareText(a.tenant, b.tenant) || compareText(a.id, b.id));
    for (const { tenant: name, id } of ended) {
      const tenant = this.state.tenants.get(name)!;
      const record = tenant.master.budgets.get(id)!;
      budgetNow(this.#evaluation(tenant, null, ''), record);
      evaluateBudget(this.#evaluation(tenant, null, ''), record);
    }
  }

  /** Books the next of what is due (SPEC §9.1.11). */
  #actDue(most: number): void {
    for (const [tenant, balances] of this.#dues.act(this.state, (one) => this.#runOf(one), most))
      this.#evaluate(this.#evaluation(tenant, null, ''), balances);
  }

  #rejectControl(input: Input, tenant: string, detail: string): void {
    const why = { index: -1, reason: 'control_rejected', detail, samples: 0 } as const;
    const who = { tenant, producer: '', head: undefined };
    this.changes.refusals.push(refusalOf(this.state, who, 'control', input.seq, why));
  }

  #afterControl(tenant: Tenant, message: ControlMessage, before: Master | undefined, reversal?: Reversal): void {
    const run = this.#runOf(tenant);
    const evaluation = this.#evaluation(tenant, null, message.trace);
    this.#credits.change(tenant, message, before, this.changes);
    if (reversal !== undefined) return this.#evaluate(evaluation, reverse(run, reversal));
    beginLines(run, before);
    const prices = new Set(message.changes.flatMap((change) => (change.kind === 'price' ? [change.id] : [])));
    let moved = chargeUnpriced(run, prices);
    for (const key of new Set(message.changes.flatMap((change) => (change.kind === 'fee' ? [change.key] : [])))) {
      const fee = tenant.master.feesByKey.get(key)!;
      moved = moved.union(replaceFee(run, before?.feesByKey.get(key), fee));
      this.#dues.setFee(tenant, key, bookedUntil(this.state, tenant.id, key));
    }
    moved = moved.union(settleMoved(run, unsettle(run, before)));
    this.#dues.setAgreements(tenant, this.state.logTimeMs);
    for (const change of message.changes) {
      if (change.kind === 'budget') rearmBudget(evaluation, tenant.master.budgets.get(change.id)!);
      if (change.kind === 'budgetReset') resetBudget(evaluation, tenant.master.budgets.get(change.budget)!);
    }
    evaluateMoved(evaluation, moved);
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
    const moved = this.#closings.goOn(run);
    unsettleUnit(run, closing.account);
    const settled = settleMoved(run, new Map([[closing.account, bookedFrom(tenant, closing)]]));
    evaluateMoved(this.#evaluation(tenant, null, ''), moved.union(settled));
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
    for (const [tenant, balances] of [...moved].sort(([a], [b]) => compareText(a.id, b.id)))
      this.#evaluate(this.#evaluation(tenant, null, ''), balances);
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
    const { rated, refused, balances } = rateBatch({
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
    const cause = { producer: producer.id, epoch, seq: body.seq };
    this.#credits.because = { tenant: tenant.id, cause, trace: body.trace };
    this.#evaluate(this.#evaluation(tenant, cause, body.trace), balances);
  }

  /** Settles agreements whose lines have moved, then looks at the budgets of all nodes whose balances have. */
  #evaluate(evaluation: Evaluation, charged: ReadonlySet<Balance>): void {
    const { tenant } = evaluation;
    evaluateMoved(evaluation, tenant.unsettled.size === 0 ? charged : charged.union(settleMoved(this.#runOf(tenant))));
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

  #evaluation(tenant: Tenant, cause: Alert['cause'], trace: string): Evaluation {
    return {
      tenant,
      logTimeMs: this.state.logTimeMs,
      cause,
      trace,
      alert: (alert) => raise(this.state, this.changes, alert),
      changed: (budget) => {
        this.changes.budget(tenant.id, budget);
        this.#months.set('budget', tenant.id, budget.id, budget.period.endMs);
      },
    };
  }
}
