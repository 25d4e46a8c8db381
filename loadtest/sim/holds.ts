/**
 * What is known of holds from the log alone, and what services were told: worked out once more, in another way than the rater
 * does. A hold that is granted fits under every cap; what is told was stored; a key has one answer.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ControlChange } from '#core/messages/control.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import type { EndOutcome, HoldOrder, HoldOutcome, RecordedRequest } from '#core/messages/checks.ts';
import { holdLimits } from '#core/holds/limits.ts';
import { parseAmount } from '#core/money/fixed.ts';
import { octoberEndMs } from './decisions.ts';

interface Stored {
  readonly seq: number;
  readonly header: CommitHeader;
}

interface Known {
  readonly account: number;
  readonly outcome: HoldOutcome;
  counted: bigint;
  endsMs: number;
  readonly ends: Map<string, EndOutcome>;
}

/** Of one partition, after a commit. */
class Ledger {
  readonly #parents = new Map<string, number>();
  readonly #budgets = new Map<string, Extract<ControlChange, { readonly kind: 'budget' }>>();
  readonly #states = new Map<string, CommitHeader['budgets'][number]>();
  readonly #totals = new Map<string, bigint>();
  readonly keys = new Map<string, Known>();

  /** What is wrong with the commit. */
  take({ header, seq }: Stored): string | undefined {
    for (const { tenant, changes } of header.control)
      for (const change of changes) {
        if (change.kind === 'account') this.#parents.set(`${tenant} ${change.id}`, change.parent);
        if (change.kind === 'budget') this.#budgets.set(`${tenant} ${change.id}`, change);
      }
    for (const state of header.budgets) this.#states.set(`${state.tenant} ${state.budget}`, state);
    for (const { tenant, account, periodStartMs, total } of header.balances)
      this.#totals.set(`${tenant} ${account} ${periodStartMs}`, parseAmount(total)!);
    this.#pass(header.logTimeMs);
    for (const recorded of header.requests ?? []) {
      const wrong = this.#apply(header, recorded);
      if (wrong !== undefined) return `${wrong} (commit ${seq})`;
    }
    return undefined;
  }

  #pass(logTimeMs: number): void {
    for (const [key, known] of this.keys) {
      if (known.endsMs <= logTimeMs) known.counted = 0n;
      const from = Math.max(known.endsMs, known.outcome.watermark.logTimeMs);
      if (known.counted === 0n && from + holdLimits.rememberedMs <= logTimeMs) this.keys.delete(key);
    }
  }

  #apply(header: CommitHeader, { request, outcome }: RecordedRequest): string | undefined {
    const { tenant, key } = request;
    const known = this.keys.get(`${tenant} ${key}`);
    if (request.op !== 'hold') {
      if (known === undefined) return `${key} of ${tenant} ends, and is not known`;
      if (known.ends.has(request.op)) return `${key} of ${tenant} ends twice by ${request.op}`;
      const { held, endsMs } = outcome as EndOutcome;
      if (parseAmount(held)! > known.counted) return `${key} of ${tenant} holds more after its end`;
      known.ends.set(request.op, outcome as EndOutcome);
      known.counted = parseAmount(held)!;
      known.endsMs = endsMs;
      return undefined;
    }
    if (known !== undefined) return `${key} of ${tenant} is decided twice`;
    const decided = outcome as HoldOutcome;
    const counted = decided.allowed ? parseAmount(request.amount)! : 0n;
    const { account } = request;
    this.keys.set(`${tenant} ${key}`, { account, outcome: decided, counted, endsMs: decided.endsMs, ends: new Map() });
    return decided.allowed ? this.#overCap(header, request) : undefined;
  }

  /** Of all budgets above a hold that was granted, with it: spent + held ≤ cap. */
  #overCap({ logTimeMs }: CommitHeader, { tenant, account, amount }: HoldOrder): string | undefined {
    const path = this.#pathOf(tenant, account);
    const startMs = logTimeMs < octoberEndMs ? Date.UTC(2026, 8, 30, 22) : octoberEndMs;
    for (const [place, budget] of this.#budgets) {
      if (!place.startsWith(`${tenant} `) || !budget.enabled || !path.includes(budget.account)) continue;
      if (budget.thresholds.every(({ action }) => action !== 'block')) continue;
      const state = this.#states.get(place);
      const baseline = state?.periodStartMs === startMs ? parseAmount(state.baseline)! : 0n;
      const spent = (this.#totals.get(`${tenant} ${budget.account} ${startMs}`) ?? 0n) - baseline;
      let held = 0n;
      for (const [key, known] of this.keys)
        if (key.startsWith(`${tenant} `) && this.#pathOf(tenant, known.account).includes(budget.account))
          held += known.counted;
      if (spent + held > parseAmount(budget.amount)!)
        return `a hold of ${amount} is granted where ${budget.id} of ${tenant} has spent ${spent} and holds ${held} of ${budget.amount}`;
    }
    return undefined;
  }

  #pathOf(tenant: string, account: number): number[] {
    const path: number[] = [];
    for (let at = account; at > 0; at = this.#parents.get(`${tenant} ${at}`) ?? 0) path.push(at);
    return path;
  }
}

/** What the log holds, and who was told what. */
export interface HoldsParts {
  readonly commitsOf: (partition: number) => readonly Stored[];
  readonly placeOf: (tenant: string) => number;
  readonly wasCut: (partition: number) => boolean;
  readonly fail: (detail: string) => void;
}

export class HoldsWatch {
  readonly #parts: HoldsParts;
  readonly #ledgers = new Map<number, Ledger>();
  /** Every request ever recorded, by what names it, with the outcomes of it. */
  readonly #recorded = new Map<string, (HoldOutcome | EndOutcome)[]>();
  readonly #told = new Map<string, object>();
  answers = 0;

  constructor(parts: HoldsParts) {
    this.#parts = parts;
  }

  stored(partition: number, stored: Stored): void {
    for (const { request, outcome } of stored.header.requests ?? []) {
      const name = `${request.tenant} ${request.op} ${request.key}`;
      this.#recorded.set(name, [...(this.#recorded.get(name) ?? []), outcome]);
    }
    const wrong = this.#ledgerOf(partition).take(stored);
    if (wrong !== undefined) this.#parts.fail(wrong);
  }

  /** The log has lost commits: what is known follows from those that are left. */
  cut(partition: number): void {
    const ledger = new Ledger();
    for (const commit of this.#parts.commitsOf(partition)) ledger.take(commit);
    this.#ledgers.set(partition, ledger);
  }

  /** A service was told. Only once it is stored, and the same as before. */
  answered(
    tenant: string,
    verb: string,
    key: string,
    { status, body }: { readonly status: number; readonly body: object },
  ): void {
    const partition = this.#parts.placeOf(tenant);
    if (this.#parts.wasCut(partition)) return;
    const name = `${tenant} ${verb} ${key}`;
    const { code, hold: _, ...outcome } = body as { readonly code?: string; readonly hold?: string };
    if (code === 'HOLD_KEY_REUSED') return this.#parts.fail(`${name} is said to be another request than before`);
    if (status >= 400) return;
    this.answers += 1;
    const isNothing = verb === 'release' && (outcome as EndOutcome).held === '0';
    if (!isNothing && this.#recorded.get(name)?.some((known) => isDeepStrictEqual(known, outcome)) !== true)
      return this.#parts.fail(`${name} is told and was not stored: ${JSON.stringify(outcome)}`);
    const told = this.#told.get(name) ?? outcome;
    if (!isNothing && !isDeepStrictEqual(told, outcome) && !this.#isAnew(name))
      this.#parts.fail(`${name} is told ${JSON.stringify(outcome)} after ${JSON.stringify(told)}`);
    this.#told.set(name, outcome);
  }

  /** An owner answers from these holds, as of a commit: what was told is in them, as long as it lasts. */
  believed(partition: number, seq: number, countedOf: (tenant: string, key: string) => bigint): void {
    if (this.#parts.commitsOf(partition).at(-1)?.seq !== seq) return;
    for (const [place, { counted }] of this.#ledgerOf(partition).keys) {
      const [tenant, key] = place.split(' ') as [string, string];
      const held = countedOf(tenant, key);
      if (held !== counted) this.#parts.fail(`an owner holds ${held} under ${key} of ${tenant}, the log ${counted}`);
    }
  }

  /** A key that was forgotten, a minute after it ended, may be asked for anew. */
  #isAnew(name: string): boolean {
    return (this.#recorded.get(name)?.length ?? 0) > 1;
  }

  #ledgerOf(partition: number): Ledger {
    let ledger = this.#ledgers.get(partition);
    if (ledger === undefined) this.#ledgers.set(partition, (ledger = new Ledger()));
    return ledger;
  }
}
