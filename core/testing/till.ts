/** A partition with one price of 1 EUR for a unit of `m`, to which tests say what is used and published. */
import { createHash } from 'node:crypto';
import { isOfBudget, type BudgetAlert } from '../messages/alert.ts';
import { decideRequests, type Decided } from '../holds/decide.ts';
import type { DeskRequest } from '../messages/checks.ts';
import type { BudgetRecord } from '../messages/budget.ts';
import type { ControlChange } from '../messages/control.ts';
import { PartitionMachine } from '../rating/machine.ts';
import { applyCommit } from '../rating/replay.ts';
import { decodeState, encodeState } from '../rating/snapshot.ts';
import { emptyState, type PartitionState } from '../rating/state.ts';
import type { CommitHeader } from '../messages/rated.ts';
import { splitCommit } from '../messages/rated.ts';
import { limitOf, spentOf } from '../budgets/spent.ts';

export const at = (text: string): number => Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`).epochMilliseconds;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url');
const ports = {
  hash: sha256,
  verify: () => true,
  text: (bytes: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(bytes),
};

/** Root 1, below it 2 and, below that, 3; resource x belongs to 3, x/* to 3, y to 2. */
const ground: readonly ControlChange[] = [
  { kind: 'tenant', id: 't', name: 'T', currency: 'EUR', timeZone: 'Europe/Berlin' },
  ...[1, 2, 3].map((id): ControlChange => ({ kind: 'account', id, slug: `a${id}`, name: '', parent: id - 1, type: 'project', timeZone: 'Europe/Berlin' })),
  ...[['x', 3], ['x/*', 3], ['y', 2]].map(([resource, account]) => ({ kind: 'ownership', resource, account, fromMs: 0 }) as ControlChange),
  { kind: 'producer', id: 'p', type: 'gateway', simulated: false, enabled: true, keys: [{ id: 'k', publicKey: 'k' }] },
  ...['m', 'n'].map((id): ControlChange => ({ kind: 'meter', id, metric: id, unit: '1', scale: 0, aggregation: 'sum', filter: {} })),
  ...[['m', 1, 'EUR', 'cpu'], ['n', 2, 'USD', 'gpu']].map(([meter, id, currency, component]) => ({
    kind: 'price', id, key: `${meter}-price`, version: 1, service: 's', component, meter, currency, account: 0, effectiveFromMs: 0, tallyScope: 'account',
    unit: { name: 'u', numerator: '1', denominator: '1' }, allowance: '0', model: { kind: 'perUnit', unitPrice: '1' },
  }) as ControlChange),
]; // prettier-ignore

export class Till {
  #machine = new PartitionMachine(emptyState(0), ports);
  nowMs: number;
  readonly #seq = { usage: 0, control: 0 };
  #epoch = 0;
  readonly #commits: CommitHeader[] = [];

  constructor(now: string, ...changes: readonly ControlChange[]) {
    this.nowMs = at(now);
    this.control(...ground, ...changes);
  }

  get state(): PartitionState {
    return this.#machine.state;
  }

  /** Publishes; returns what was told, in short. */
  control(...changes: readonly ControlChange[]): string[] {
    this.#seq.control += 1;
    const message = { v: 1, tenant: 't', seq: this.#seq.control, auditId: '', trace: '', changes };
    this.#machine.takeControl(this.#input('control', `control.0.t`, JSON.stringify(message)));
    return this.#told();
  }

  /** Uses so much at an instant, now when none is given. */
  use(
    quantity: number,
    when: { readonly atMs?: number; readonly resource?: string; readonly metric?: string } = {},
  ): string[] {
    const { atMs = this.nowMs, resource = 'x', metric = 'm' } = when;
    this.#epoch += 1;
    const body = {
      v: 1, tenant: 't', producer: 'p', epoch: { startedAtMs: this.#epoch, nonce: '00000000000000ff' }, seq: 1, prev: '', trace: '', resources: [resource],
      metrics: [{ name: metric, unit: '1', scale: 0, kind: 'delta' }], dims: [{}], baseMs: atMs, ticks: [[0, 0, 0]], series: [[0, 0, -1]], s: [0], k: [0],
      q: [quantity], raw: [null],
    }; // prettier-ignore
    this.#machine.takeUsage(this.#input('usage', 'usage.0.t.p', `${'s'.repeat(86)}\nk\n${JSON.stringify(body)}`));
    return this.#told();
  }

  /** Log time goes on, and whatever is due by then is done, tick by tick. */
  until(now: string | number): string[] {
    this.nowMs = typeof now === 'string' ? at(now) : now;
    const told: string[] = [];
    for (let due = this.#machine.nextDueMs(); due !== undefined && due <= this.nowMs; due = this.#machine.nextDueMs()) {
      this.#machine.tick(Math.max(due, this.state.logTimeMs + 1));
      told.push(...this.#told());
    }
    return told;
  }

  /** Decides requests, the last step of a commit. */
  ask(...requests: readonly DeskRequest[]): Decided[] {
    const decided = decideRequests(this.state, requests, this.nowMs, this.#machine.changes.requests);
    this.#told();
    return decided;
  }

  /** Another owner: from the commits alone, or from a snapshot. */
  takeOver(from: 'commits' | 'snapshot'): void {
    let state = decodeState(encodeState(this.state));
    if (from === 'commits') {
      state = emptyState(0);
      this.#commits.forEach((header, i) => applyCommit(state, header, i + 1, ''));
    }
    this.#machine = new PartitionMachine(state, ports);
  }

  spent(budget: BudgetRecord): bigint {
    return spentOf(this.state.tenants.get('t')!, budget, this.state.logTimeMs) / 10n ** 12n;
  }

  limit(budget: BudgetRecord): bigint {
    return limitOf(this.state.tenants.get('t')!, budget, this.state.logTimeMs) / 10n ** 12n;
  }

  /** Alerts of the last input. */
  alerts: readonly BudgetAlert[] = [];

  get refused(): string {
    return this.#commits
      .at(-1)!
      .refusals.map(({ detail }) => detail)
      .join();
  }

  #input(stream: 'usage' | 'control', subject: string, text: string) {
    if (stream === 'usage') this.#seq.usage += 1;
    return { stream, subject, seq: this.#seq[stream], timeMs: this.nowMs, data: Buffer.from(text) };
  }

  /** "80 throttle throttled", "released release released fell". */
  #told(): string[] {
    const place = { kind: 'commit', incarnation: 1, nonce: '', n: this.#commits.length, prev: { seq: this.#commits.length, hash: '' } } as const; // prettier-ignore
    const { bytes } = this.#machine.drain(place);
    const header = JSON.parse(Buffer.from(splitCommit(bytes).header).toString()) as CommitHeader;
    this.#commits.push(header);
    this.alerts = header.alerts.filter(isOfBudget);
    return this.alerts.map(({ threshold, action, state, released }) =>
      threshold === '' ? `released ${action} ${state} ${released}` : `${threshold} ${action} ${state}`,
    );
  }
}

/** A budget of 100 EUR a month of account 2 that warns at 50, throttles at 80 and blocks at 100 percent. */
export const budgetOf = (over: Partial<BudgetRecord> = {}): { readonly kind: 'budget' } & BudgetRecord => ({
  kind: 'budget',
  id: 'b',
  account: 2,
  name: 'B',
  amount: '100',
  currency: 'EUR',
  period: 'month',
  thresholds: [
    { percent: '50', action: 'notify' },
    { percent: '80', action: 'throttle' },
    { percent: '100', action: 'block' },
  ],
  targets: ['hook'],
  enabled: true,
  ...over,
});

/** Tells a budget that warms what came before it. */
export const seedOf = (till: Till, id: string, periods: readonly (readonly [number, string, string])[], hours = periods): ControlChange => ({
  kind: 'budgetSeed',
  budget: id,
  sinceMs: till.state.tenants.get('t')!.budgetStates.get(id)!.sinceMs,
  periods,
  hours,
}); // prettier-ignore
