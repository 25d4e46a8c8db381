/**
 * Decides requests, the last step of a commit (SPEC §15.2): one after the other, each against all before it. What changes
 * something is recorded and applied; what does not is only answered.
 */
import { formatAmount, parseAmount } from '../money/fixed.ts';
import { MeterlineError } from '../errors.ts';
import type {
  CommitOrder, EndOutcome, HoldOrder, HoldOutcome, HoldRequest, RecordedRequest, ReleaseOrder,
} from '../messages/checks.ts'; // prettier-ignore
import type { Master, PartitionState, Tenant } from '../rating/state.ts';
import { verdictOn } from './caps.ts';
import { holdError } from './errors.ts';
import type { Hold } from './holds.ts';
import { holdLimits } from './limits.ts';

/** What whoever asked is told, once the commit is stored; an error changed nothing. */
export type Decided = HoldOutcome | EndOutcome | MeterlineError;

/**
 * Decides all of them in order, right before the machine is drained: the commit takes nothing after them. `atMs` is the owner's wall clock, from which lives are counted where log time is behind it.
 * Requests are well-formed (`readHoldRequest`). Returns what each is told; what the commit is to record is added to `recorded`.
 */
export function decideRequests(
  state: PartitionState,
  requests: readonly HoldRequest[],
  atMs: number,
  recorded: RecordedRequest[],
): Decided[] {
  state.holds.pass(state.logTimeMs);
  return requests.map((request): Decided => {
    const result = decide(state, request, atMs);
    if (!('request' in result)) return result;
    recorded.push(result);
    state.holds.apply(state.tenants.get(request.tenant)!, result);
    return result.outcome;
  });
}

function decide(state: PartitionState, request: HoldRequest, atMs: number): RecordedRequest | Decided {
  const known = state.tenants.get(request.tenant)?.holds.byKey.get(request.key);
  if (request.op === 'hold') return known === undefined ? grant(state, request, atMs) : repeated(known.first, request);
  if (known === undefined) return holdError('HOLD_UNKNOWN', request.key, { key: request.key });
  return request.op === 'commit' ? commit(state, known, request, atMs) : release(state, known, request, atMs);
}

function grant(state: PartitionState, request: HoldOrder, atMs: number): RecordedRequest | MeterlineError {
  const tenant = state.tenants.get(request.tenant);
  const account = tenant?.master.accounts.get(request.account);
  if (tenant === undefined || account === undefined)
    return holdError('CHECK_ACCOUNT_UNKNOWN', `It is ${request.account}.`, { account: request.account });
  const { currency, service } = request;
  if (!isChargedIn(tenant.master, currency))
    return holdError('CHECK_CURRENCY_UNKNOWN', `It is ${currency}.`, { currency });
  const full = fullOf(state, tenant, account.record.id);
  if (full !== undefined) return holdError('HOLDS_TOO_MANY', `The ${full}.`, { limit: full });
  const { partition, incarnation, outSeq, logTimeMs } = state;
  const verdict = verdictOn(tenant, logTimeMs, { account, currency, service, amount: parseAmount(request.amount)! });
  const endsMs = verdict.allowed ? Math.max(logTimeMs, atMs) + request.expiresInMs : 0;
  const watermark = { partition, incarnation, outSeq: outSeq + 1, logTimeMs };
  return { request, atMs, outcome: { ...verdict, endsMs, watermark } };
}

/** Which limit is reached. */
function fullOf({ holds }: PartitionState, tenant: Tenant, account: number): string | undefined {
  const { perAccountMax, perTenantMax, perPartitionMax } = holdLimits;
  if ((tenant.holds.counts.get(account) ?? 0) >= perAccountMax) return `account has ${perAccountMax}`;
  if (tenant.holds.byKey.size >= perTenantMax) return `tenant has ${perTenantMax}`;
  return holds.count >= perPartitionMax ? `partition has ${perPartitionMax}` : undefined;
}

function repeated(first: Hold['first'], request: HoldOrder): Decided {
  const isSame = (['account', 'amount', 'currency', 'service', 'expiresInMs'] as const).every(
    (field) => first.request[field] === request[field],
  );
  return isSame ? first.outcome : holdError('HOLD_KEY_REUSED', request.key, { key: request.key });
}

function commit(state: PartitionState, hold: Hold, request: CommitOrder, atMs: number): RecordedRequest | Decided {
  const { key, amount = formatAmount(parseAmount(hold.first.request.amount)!), keepForMs } = request;
  if (hold.committed !== undefined) {
    const before = hold.committed.request as CommitOrder;
    const isSame = before.amount === request.amount && before.keepForMs === keepForMs;
    return isSame ? hold.committed.outcome : holdError('HOLD_KEY_REUSED', key, { key });
  }
  if (hold.counted === 0n) return holdError('HOLD_ENDED', key, { key });
  if (parseAmount(amount)! > hold.counted)
    return holdError('HOLD_AMOUNT_EXCEEDED', `${formatAmount(hold.counted)} is held.`, { key, amount });
  return { request, atMs, outcome: { held: amount, endsMs: Math.max(state.logTimeMs, atMs) + keepForMs } };
}

function release(state: PartitionState, hold: Hold, request: ReleaseOrder, atMs: number): RecordedRequest | Decided {
  if (hold.released !== undefined) return hold.released.outcome;
  // What was refused or has expired holds nothing: there is nothing to record.
  if (hold.counted === 0n) return { held: '0', endsMs: hold.endsMs };
  return { request, atMs, outcome: { held: '0', endsMs: state.logTimeMs } };
}

const currencies = new WeakMap<Master, ReadonlySet<string>>();

/** Whether anything of the tenant is charged, or capped, in it: an amount in another would pass by every cap. */
export function isChargedIn(master: Master, currency: string): boolean {
  let known = currencies.get(master);
  if (known === undefined) {
    const records = [master.prices, master.fees].flatMap((all) =>
      [...all.values()].map(({ record }) => record.currency),
    );
    const budgets = [...master.budgets.values()].map((record) => record.currency);
    known = new Set([master.record.currency, ...master.pricingUnits.keys(), ...records, ...budgets]);
    currencies.set(master, known);
  }
  return known.has(currency);
}
