/**
 * Decides requests, the last step of a commit (SPEC §15.2): one after the other, each against all before it. What changes
 * something is recorded and applied; what does not is only answered.
 */
import { formatAmount, parseAmount } from '../money/fixed.ts';
import { MeterlineError } from '../errors.ts';
import type {
  CommitOrder, DeskRequest, EndOutcome, HoldOrder, HoldOutcome, RecordedRequest, ReleaseOrder, UsageCheckOrder, UsageHoldOrder, UsageVerdict,
} from '../messages/checks.ts'; // prettier-ignore
import type { Master, PartitionState, Tenant } from '../rating/state.ts';
import { verdictOn } from './caps.ts';
import { holdError } from './errors.ts';
import type { Hold } from './holds.ts';
import { holdLimits } from './limits.ts';
import { costOf, type Cost } from './usage.ts';

/** What whoever asked is told, once the commit is stored; an error changed nothing. */
export type Decided = HoldOutcome | EndOutcome | UsageVerdict | MeterlineError;

/**
 * Decides all of them in order, right before the machine is drained: the commit takes nothing after them. `atMs` is the owner's wall clock, from which lives are counted where log time is behind it.
 * Requests are well-formed. Returns what each is told; what the commit is to record is added to `recorded`.
 */
export function decideRequests(
  state: PartitionState,
  requests: readonly DeskRequest[],
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

function decide(state: PartitionState, request: DeskRequest, atMs: number): RecordedRequest | Decided {
  if (request.op === 'check') return checkUsage(state, request);
  const known = state.tenants.get(request.tenant)?.holds.byKey.get(request.key);
  if (request.op === 'hold') return known === undefined ? grant(state, request, atMs) : repeated(known.first, request);
  if (known === undefined) return holdError('HOLD_UNKNOWN', request.key, { key: request.key });
  return request.op === 'commit' ? commit(state, known, request, atMs) : release(state, known, request, atMs);
}

/** What usage would cost, and whether that fits: as the rest of the commit leaves things. */
function checkUsage(state: PartitionState, request: UsageCheckOrder): UsageVerdict | MeterlineError {
  const at = placeOf(state, request);
  if (at instanceof MeterlineError) return at;
  const { tenant, account } = at;
  const cost = costOf(tenant, account, request.usage, state.logTimeMs);
  if (cost instanceof MeterlineError) return cost;
  const verdict = verdictOn(tenant, state.logTimeMs, { account, ...cost });
  return { ...verdict, amount: formatAmount(cost.amount), priced: cost.priced };
}

function grant(
  state: PartitionState,
  request: HoldOrder | UsageHoldOrder,
  atMs: number,
): RecordedRequest | MeterlineError {
  const at = placeOf(state, request);
  if (at instanceof MeterlineError) return at;
  const { tenant, account } = at;
  const { partition, incarnation, outSeq, logTimeMs } = state;
  const cost = 'amount' in request ? undefined : costOf(tenant, account, request.usage, logTimeMs);
  if (cost instanceof MeterlineError) return cost;
  const order = 'amount' in request ? request : orderOf(request, cost!);
  const { currency, service } = order;
  if (!isChargedIn(tenant.master, currency))
    return holdError('CHECK_CURRENCY_UNKNOWN', `It is ${currency}.`, { currency });
  const full = fullOf(state, tenant, account.record.id);
  if (full !== undefined) return holdError('HOLDS_TOO_MANY', `The ${full}.`, { limit: full });
  const verdict = verdictOn(tenant, logTimeMs, { account, currency, service, amount: parseAmount(order.amount)! });
  const endsMs = verdict.allowed ? Math.max(logTimeMs, atMs) + request.expiresInMs : 0;
  const watermark = { partition, incarnation, outSeq: outSeq + 1, logTimeMs };
  const priced = cost?.priced.map(({ price, version, amount }) => ({ price, version, amount }));
  const made = priced === undefined ? {} : { amount: order.amount, priced: priced.slice(0, holdLimits.pricedMax) };
  return { request: order, atMs, outcome: { ...verdict, ...made, endsMs, watermark } };
}

const orderOf = (request: UsageHoldOrder, { amount, currency, service }: Cost): HoldOrder => ({
  ...request,
  amount: formatAmount(amount),
  currency,
  ...(service === undefined ? {} : { service }),
});

function placeOf({ tenants }: PartitionState, asked: Pick<HoldOrder, 'tenant' | 'account'>) {
  const tenant = tenants.get(asked.tenant);
  const account = tenant?.master.accounts.get(asked.account);
  if (tenant !== undefined && account !== undefined) return { tenant, account };
  return holdError('CHECK_ACCOUNT_UNKNOWN', `It is ${asked.account}.`, { account: asked.account });
}

/** Which limit is reached. */
function fullOf({ holds }: PartitionState, tenant: Tenant, account: number): string | undefined {
  const { perAccountMax, perTenantMax, perPartitionMax } = holdLimits;
  if ((tenant.holds.counts.get(account) ?? 0) >= perAccountMax) return `account has ${perAccountMax}`;
  if (tenant.holds.byKey.size >= perTenantMax) return `tenant has ${perTenantMax}`;
  return holds.count >= perPartitionMax ? `partition has ${perPartitionMax}` : undefined;
}

/** Of usage what was asked must be the same, not what it would cost by now. */
function repeated(first: Hold['first'], request: HoldOrder | UsageHoldOrder): Decided {
  const asked = ({ account, expiresInMs, usage, ...rest }: HoldOrder | UsageHoldOrder) => {
    const { amount, currency, service } = { amount: '', currency: '', service: '', ...rest };
    return JSON.stringify([account, expiresInMs, usage === undefined ? [amount, currency, service] : usage]);
  };
  return asked(first.request) === asked(request)
    ? first.outcome
    : holdError('HOLD_KEY_REUSED', request.key, { key: request.key });
}

function commit(state: PartitionState, hold: Hold, request: CommitOrder, atMs: number): RecordedRequest | Decided {
  const { key, amount = formatAmount(parseAmount(hold.first.request.amount)!), keepForMs } = request;
  if (hold.committed !== undefined) {
    const before = hold.committed.request as CommitOrder;
    const isSame = before.amount === request.amount && before.keepForMs === keepForMs;
    return isSame ? hold.committed.outcome : holdError('HOLD_KEY_REUSED', key, { key });
  }
  if (hold.counted === 0n && !isFree(hold, state.logTimeMs)) return holdError('HOLD_ENDED', key, { key });
  if (parseAmount(amount)! > hold.counted)
    return holdError('HOLD_AMOUNT_EXCEEDED', `${formatAmount(hold.counted)} is held.`, { key, amount });
  return { request, atMs, outcome: { held: amount, endsMs: Math.max(state.logTimeMs, atMs) + keepForMs } };
}

/** Usage that costs nothing is held all the same: what is rendered of it can be committed. */
const isFree = ({ first, released, endsMs }: Hold, logTimeMs: number): boolean =>
  first.outcome.allowed && parseAmount(first.request.amount) === 0n && released === undefined && endsMs > logTimeMs;

function release(state: PartitionState, hold: Hold, request: ReleaseOrder, atMs: number): RecordedRequest | Decided {
  if (hold.released !== undefined) return hold.released.outcome;
  // What was refused or has expired holds nothing: there is nothing to record.
  if (hold.counted === 0n && !isFree(hold, state.logTimeMs)) return { held: '0', endsMs: hold.endsMs };
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
