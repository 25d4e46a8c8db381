/**
 * The holds of a partition: what was asked under each key, what became of it, and what that adds up to. Requests are
 * applied as recorded, live and on replay alike; that a hold ends by time follows from log time and is recorded nowhere.
 */
import { parseAmount } from '../money/fixed.ts';
import type {
  CommitOrder,
  EndOutcome,
  HoldEntry,
  HoldOrder,
  RecordedRequest,
  ReleaseOrder,
} from '../messages/checks.ts';
import type { Account, Tenant } from '../rating/state.ts';
import { DueQueue } from './due.ts';
import { holdLimits } from './limits.ts';

type Ended = Extract<RecordedRequest, { readonly request: CommitOrder | ReleaseOrder }>;

export interface Hold {
  readonly tenant: Tenant;
  readonly first: Extract<RecordedRequest, { readonly request: HoldOrder }>;
  readonly committed: Ended | undefined;
  readonly released: Ended | undefined;
  readonly account: Account;
  /** What counts until `endsMs`, pico; 0 where it was refused or released. */
  readonly counted: bigint;
  readonly endsMs: number;
}

/** All that is known of a key; applied in order it makes the hold again. */
export const holdEntry = ({ first, committed, released }: Hold): HoldEntry =>
  [first, committed, released].filter((recorded) => recorded !== undefined);

/** Of one tenant. */
export class TenantHolds {
  readonly byKey = new Map<string, Hold>();
  /** What is held below each account, by currency and service ("" for any): pico. */
  readonly sums = new Map<number, Map<string, bigint>>();
  /** Keys known, by account. */
  readonly counts = new Map<number, number>();
}

export class Holds {
  /** Keys known in the whole partition. */
  count = 0;
  readonly #ends = new DueQueue<Hold>((hold, atMs) => this.#isNow(hold) && hold.counted > 0n && hold.endsMs === atMs);
  readonly #forgets = new DueQueue<Hold>((hold) => this.#isNow(hold));

  /** Log time at which an idle partition lets the next hold end; Infinity for never. */
  get nextMs(): number {
    return Math.ceil(this.#ends.nextMs / holdLimits.tickMs) * holdLimits.tickMs;
  }

  /** Lets go of what has ended by that log time, and forgets what is not remembered any more. */
  pass(logTimeMs: number): void {
    for (const hold of this.#ends.take(logTimeMs)) {
      this.#count(hold, -hold.counted);
      this.#replace({ ...hold, counted: 0n });
    }
    for (const hold of this.#forgets.take(logTimeMs)) {
      hold.tenant.holds.byKey.delete(hold.first.request.key);
      this.#known(hold, -1);
    }
  }

  /** A request that was decided, and recorded so. */
  apply(tenant: Tenant, recorded: RecordedRequest): void {
    const { request, outcome } = recorded;
    if (request.op === 'hold') {
      const account = tenant.master.accounts.get(request.account)!;
      const first = recorded as Hold['first'];
      const { allowed, endsMs } = first.outcome;
      const counted = allowed ? parseAmount(request.amount)! : 0n;
      const hold = { tenant, first, committed: undefined, released: undefined, account, counted, endsMs };
      this.#known(hold, 1);
      this.#count(hold, counted);
      this.#replace(hold);
      return;
    }
    const before = tenant.holds.byKey.get(request.key)!;
    const counted = parseAmount((outcome as EndOutcome).held)!;
    this.#count(before, counted - before.counted);
    const ended = { [request.op === 'commit' ? 'committed' : 'released']: recorded };
    this.#replace({ ...before, ...ended, counted, endsMs: outcome.endsMs });
  }

  #isNow(hold: Hold): boolean {
    return hold.tenant.holds.byKey.get(hold.first.request.key) === hold;
  }

  #replace(hold: Hold): void {
    hold.tenant.holds.byKey.set(hold.first.request.key, hold);
    if (hold.counted > 0n) this.#ends.add(hold.endsMs, hold);
    else
      this.#forgets.add(Math.max(hold.endsMs, hold.first.outcome.watermark.logTimeMs) + holdLimits.rememberedMs, hold);
  }

  #known({ tenant: { holds }, account: { record } }: Hold, by: 1 | -1): void {
    this.count += by;
    const count = (holds.counts.get(record.id) ?? 0) + by;
    if (count === 0) holds.counts.delete(record.id);
    else holds.counts.set(record.id, count);
  }

  #count({ tenant, account, first: { request } }: Hold, by: bigint): void {
    if (by === 0n) return;
    const { sums } = tenant.holds;
    const scope = `${request.currency}|${request.service ?? ''}`;
    for (const { record } of account.chain) {
      let scopes = sums.get(record.id);
      if (scopes === undefined) sums.set(record.id, (scopes = new Map()));
      const sum = (scopes.get(scope) ?? 0n) + by;
      if (sum === 0n) scopes.delete(scope);
      else scopes.set(scope, sum);
      if (scopes.size === 0) sums.delete(record.id);
    }
  }
}
