/**
 * The partition's state machine: fed inputs in the order of record, it changes its state and collects what a commit
 * must carry. It is speculative until the commit is acknowledged; whoever drives it drops it when a commit fails.
 */
import { budgetNow, evaluateBudget, rearmBudget, resetBudget, type Evaluation } from '../budgets/evaluate.ts';
import type { ControlMessage } from '../messages/control.ts';
import { epochText, type Alert, type RefusalReason } from '../messages/rated.ts';
import { admit, type Admission, type BatchHead, type Input, type Ports } from './admit.ts';
import { compareText } from './attribution.ts';
import { Groups, type BlockSource } from './block.ts';
import { Changes } from './changes.ts';
import { Closings, type ClosingRun } from './closing.ts';
import { encodeCommit, type CommitPlace, type EncodedCommit } from './commit.ts';
import { ControlFault, applyMaster } from './master.ts';
import { chargeUnpriced } from './priceArrival.ts';
import { rateBatch } from './rateBatch.ts';
import { officeSource, repricedPerInputMax, repriceNext } from './repricing.ts';
import { Rows } from './rows.ts';
import { dedupHashesMax, newProducer, type Balance, type PartitionState, type Producer, type Tenant } from './state.ts';

export class PartitionMachine {
  readonly state: PartitionState;
  changes = new Changes();
  readonly #ports: Ports;
  readonly #groups = new Map<string, Groups>();
  readonly #rows = new Rows();
  readonly #closings = new Closings();

  constructor(state: PartitionState, ports: Ports) {
    this.state = state;
    this.#ports = ports;
  }

  /** Takes one control message (SPEC §1.3). */
  takeControl(input: Input): void {
    this.#apply(input);
    this.#reprice(repricedPerInputMax);
  }

  #apply(input: Input): void {
    const { state, changes } = this;
    this.#advance(input.timeMs);
    this.#goOnClosing();
    changes.took('control', input.seq);
    state.control = { seq: input.seq, hash: this.#ports.hash(input.data) };
    const tenantId = input.subject.split('.')[2] ?? '';
    const message = this.#readControl(input, tenantId);
    if (typeof message === 'string') return this.#rejectControl(input, tenantId, message);
    if (message.seq <= state.controlMark) return;
    if (message.seq > state.controlMark + 1) {
      return this.#rejectControl(input, tenantId, `seq ${message.seq} after mark ${state.controlMark}`);
    }
    state.controlMark = message.seq;
    try {
      const tenant = applyMaster(state, message);
      changes.control.push(message);
      this.#afterControl(tenant, message);
    } catch (error) {
      if (!(error instanceof ControlFault)) throw error;
      this.#rejectControl(input, tenantId, error.message);
    }
  }

  /** Takes one usage message: rates it, drops it as a duplicate, or refuses it with a reason. */
  takeUsage(input: Input): void {
    this.#admit(input);
    this.#reprice(repricedPerInputMax);
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
    this.#advance(nowMs);
    if (this.#goOnClosing() || state.repriced.length > 0) changes.timeMoved = true;
    this.#reprice(repricedPerInputMax);
  }

  /** Does at once what inputs to come would go on with: for who rates a log without one. */
  finish(): void {
    while (this.#goOnClosing());
    this.#reprice(Infinity);
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
    const { closings, repriced, logTimeMs } = this.state;
    return closings.length > 0 || repriced.length > 0 ? logTimeMs + 1 : this.#monthEndMs();
  }

  #monthEndMs(): number | undefined {
    let due: number | undefined;
    for (const tenant of this.state.tenants.values()) {
      for (const { period } of tenant.budgetStates.values()) due = Math.min(due ?? period.endMs, period.endMs);
    }
    return due;
  }

  #advance(timeMs: number): void {
    const { state, changes } = this;
    if (timeMs <= state.logTimeMs) return;
    state.logTimeMs = timeMs;
    if ((this.#monthEndMs() ?? Infinity) > timeMs) return;
    const ended = [...state.tenants.values()].flatMap((tenant) =>
      [...tenant.budgetStates.values()]
        .filter(({ period }) => timeMs >= period.endMs)
        .map(({ id }) => ({ tenant, id })),
    );
    changes.timeMoved = true;
    // Maps remember who came first, snapshots do not.
    ended.sort((a, b) => compareText(a.tenant.id, b.tenant.id) || compareText(a.id, b.id));
    for (const { tenant, id } of ended) {
      const record = tenant.master.budgets.get(id)!;
      budgetNow(this.#evaluation(tenant, null, ''), record);
      evaluateBudget(this.#evaluation(tenant, null, ''), record);
    }
  }

  #readControl(input: Input, tenantId: string): ControlMessage | string {
    const text = this.#ports.text(input.data);
    try {
      const message = JSON.parse(text ?? '') as ControlMessage;
      if (message.v !== 1 || !Number.isSafeInteger(message.seq) || !Array.isArray(message.changes))
        return 'not a control message of version 1';
      return message.tenant === tenantId ? message : `the message names tenant ${message.tenant}`;
    } catch {
      return 'the message is not JSON';
    }
  }

  #rejectControl(input: Input, tenant: string, detail: string): void {
    const { logTimeMs } = this.state;
    this.changes.refusals.push({
      tenant, producer: '', epoch: '', seq: 0, index: -1, reason: 'control_rejected', detail, samples: 0,
      stream: 'control', inputSeq: input.seq, logTimeMs,
    }); // prettier-ignore
  }

  #afterControl(tenant: Tenant, message: ControlMessage): void {
    const { state, changes } = this;
    const run = this.#runOf(tenant);
    const prices = new Set(message.changes.flatMap((change) => (change.kind === 'price' ? [change.id] : [])));
    const moved = chargeUnpriced(run, prices);
    const evaluation = this.#evaluation(tenant, null, message.trace);
    for (const change of message.changes) {
      if (change.kind === 'budget') rearmBudget(evaluation, tenant.master.budgets.get(change.id)!);
      if (change.kind === 'budgetReset') resetBudget(evaluation, tenant.master.budgets.get(change.budget)!);
    }
    this.#evaluate(evaluation, moved);
    const closes = message.changes.filter((change) => change.kind === 'close');
    for (const close of closes) this.#closings.begin(run, close);
    if (closes.length > 0) this.#goOnClosing();
  }

  /** A piece of the work of closes, before each input (SPEC §12.6); false when there is none. */
  #goOnClosing(): boolean {
    const [closing] = this.state.closings;
    if (closing === undefined) return false;
    const tenant = this.state.tenants.get(closing.tenant)!;
    this.#evaluate(this.#evaluation(tenant, null, ''), this.#closings.goOn(this.#runOf(tenant)));
    return true;
  }

  /** What charges without a sample is handed. */
  #runOf(tenant: Tenant): ClosingRun {
    const { state, changes } = this;
    const source = officeSource(tenant.id, state.logTimeMs);
    return { state, tenant, changes, source, groups: this.#groupsOf(tenant), rows: this.#rows };
  }

  /** Goes on with what new points of reference series charge anew (SPEC §8.8). */
  #reprice(most: number): void {
    const { state, changes } = this;
    if (state.repriced.length === 0) return;
    const runOf = (tenant: Tenant) => ({ state, tenant, changes, groups: this.#groupsOf(tenant), rows: this.#rows });
    const moved = [...repriceNext(state, runOf, most)].sort(([a], [b]) => compareText(a.id, b.id));
    for (const [tenant, balances] of moved) this.#evaluate(this.#evaluation(tenant, null, ''), balances);
  }

  #rate({ tenant, body, hash }: Extract<Admission, { kind: 'taken' }>, input: Input): void {
    const { state, changes } = this;
    const producer = this.#producerOf(tenant, body.producer);
    const record = tenant.master.producers.get(producer.id)!;
    const epoch = epochText(body.epoch);
    this.#moveMark(producer, body, hash);
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
      refuse: (index, [reason, detail]) => this.#refusal(tenant.id, producer.id, body, index, reason, detail, 1, input),
    }); // prettier-ignore
    for (const counts of [producer.samples, state.totals.samples]) {
      counts.received += rated + refused;
      counts.rated += rated;
      counts.refused += refused;
    }
    for (const counts of [producer.batches, state.totals.batches]) {
      counts.received += 1;
      counts.rated += 1;
    }
    for (const note of body.notes ?? []) producer.notes[note.kind] = (producer.notes[note.kind] ?? 0) + 1;
    if (body.spool !== undefined) producer.spool = { batches: body.spool.batches, bytes: body.spool.bytes };
    this.#evaluate(this.#evaluation(tenant, { producer: producer.id, epoch, seq: body.seq }, body.trace), balances);
  }

  #countDuplicate({ tenant, head, samples }: Extract<Admission, { kind: 'duplicate' }>): void {
    const producer = this.#producerOf(tenant, head.producer);
    for (const counts of [producer.samples, this.state.totals.samples]) {
      counts.received += samples;
      counts.duplicates += samples;
    }
    for (const counts of [producer.batches, this.state.totals.batches]) {
      counts.received += 1;
      counts.duplicates += 1;
    }
  }

  #refuseBatch(admission: Extract<Admission, { kind: 'refused' }>, input: Input): void {
    const { tenant, head, samples, hash } = admission;
    const { totals } = this.state;
    const isEnrolled = tenant?.master.producers.has(admission.producer) === true;
    const producer = isEnrolled ? this.#producerOf(tenant, admission.producer) : undefined;
    if (producer !== undefined && hash !== undefined && head !== undefined) this.#moveMark(producer, head, hash);
    for (const counts of producer === undefined ? [totals.samples] : [producer.samples, totals.samples]) {
      counts.received += samples;
      counts.refused += samples;
    }
    for (const counts of producer === undefined ? [totals.batches] : [producer.batches, totals.batches]) {
      counts.received += 1;
      counts.refused += 1;
    }
    const tenantId = input.subject.split('.')[2] ?? '';
    this.#refusal(tenantId, admission.producer, head, -1, admission.reason, admission.detail, samples, input);
  }

  #refusal(
    tenant: string,
    producer: string,
    head: BatchHead | undefined,
    index: number,
    reason: RefusalReason,
    detail: string,
    samples: number,
    input: Input,
  ): void {
    this.changes.refusals.push({
      tenant, producer, epoch: head === undefined ? '' : epochText(head.epoch), seq: head?.seq ?? 0, index, reason, detail, samples,
      stream: 'usage', inputSeq: input.seq, logTimeMs: this.state.logTimeMs,
    }); // prettier-ignore
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

  #moveMark(producer: Producer, { epoch, seq }: BatchHead, hash: string): void {
    if (producer.epoch?.nonce !== epoch.nonce || producer.epoch.startedAtMs !== epoch.startedAtMs) {
      producer.hashes = [];
      producer.freshHashes = 0;
    }
    producer.epoch = { startedAtMs: epoch.startedAtMs, nonce: epoch.nonce };
    producer.mark = seq;
    producer.hashes.push([seq, hash]);
    producer.freshHashes = Math.min(producer.freshHashes + 1, dedupHashesMax);
    if (producer.hashes.length > dedupHashesMax) producer.hashes.shift();
  }

  #groupsOf(tenant: Tenant): Groups {
    let groups = this.#groups.get(tenant.id);
    if (groups === undefined) this.#groups.set(tenant.id, (groups = new Groups()));
    return groups;
  }

  #evaluation(tenant: Tenant, cause: Alert['cause'], trace: string): Evaluation {
    return {
      tenant,
      logTimeMs: this.state.logTimeMs,
      cause,
      trace,
      alert: (alert) => {
        this.changes.alerts.push(alert);
        this.state.totals.alerts += 1;
      },
      changed: (budget) => this.changes.budget(tenant.id, budget),
    };
  }

  /** Evaluates the budgets of the nodes whose balance moved, in order of budget id. */
  #evaluate(evaluation: Evaluation, moved: ReadonlySet<Balance>): void {
    if (moved.size === 0 || evaluation.tenant.master.budgets.size === 0) return;
    const accounts = new Set([...moved].map((balance) => balance.account.record.id));
    const budgets = [...evaluation.tenant.master.budgets.values()].filter((record) => accounts.has(record.account));
    budgets.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const record of budgets) evaluateBudget(evaluation, record);
  }
}
