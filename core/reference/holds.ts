/** SPEC §15, recomputed plainly: every sum is taken anew over all holds that there are. */
import type { CommitOrder, HoldOrder, RecordedRequest } from '../messages/checks.ts';
import type { BudgetRecord } from '../messages/control.ts';
import { isBalance } from './budgets/count.ts';
import { limitOf, seenNow, spentOf } from './budgets/figures.ts';
import { leftOf } from './credits/book.ts';
import { bookOf } from './credits/pay.ts';
import { decimal, Exact, text, zero } from './number.ts';
import { pathUp, type State, type Tenant } from './state.ts';
import { costOf } from './usage.ts';

/** What is known of one key of a tenant. */
export interface HoldTrack {
  readonly order: HoldOrder;
  held: Exact;
  endsMs: number;
  isCommitted: boolean;
  isReleased: boolean;
  /** Granted, and costs nothing. */
  readonly isFree: boolean;
}

/** What the commit should say became of the request, in the words that count; the state goes on with it. */
export function decideRequest(state: State, { request, atMs }: RecordedRequest, outSeq: number): object {
  const key = `${request.tenant} ${request.key}`;
  const { logTimeMs } = state;
  const fromMs = Math.max(logTimeMs, atMs);
  const known = state.holds.get(key);
  if (request.op === 'hold') {
    if (known !== undefined && !isForgotten(known, logTimeMs)) return { error: 'the key is in use' };
    const { state: action, why, ...verdict } = verdictOn(state, request);
    const cost = request.usage && costOf(state, state.tenants.get(request.tenant)!, request.account, request.usage);
    if (cost !== undefined && !isOrderOf(request, cost)) return { error: 'it would cost something else', ...cost };
    const made = cost === undefined ? {} : { amount: cost.amount, priced: cost.priced };
    const endsMs = verdict.allowed ? fromMs + request.expiresInMs : 0;
    const held = verdict.allowed ? decimal(request.amount) : zero;
    // What was refused ends when it was decided.
    state.holds.set(key, {
      order: request,
      held,
      endsMs: endsMs === 0 ? logTimeMs : endsMs,
      isCommitted: false,
      isReleased: false,
      isFree: verdict.allowed && held.isZero(),
    });
    return { ...verdict, ...made, state: action, why, endsMs, outSeq, logTimeMs };
  }
  if (known === undefined || !isOpen(known, logTimeMs)) return { error: 'nothing is held' };
  if (request.op === 'commit') return commit(known, request, fromMs);
  Object.assign(known, { held: zero, endsMs: logTimeMs, isReleased: true });
  return { held: '0', endsMs: logTimeMs };
}

/** What the commit says, likewise. */
export function sayingOf({ outcome }: RecordedRequest): object {
  if (!('watermark' in outcome)) return outcome;
  const { allowed, left, cap, spent, held, currency, state, why, amount, priced, endsMs, watermark } = outcome;
  const made = amount === undefined ? {} : { amount, priced };
  const { outSeq, logTimeMs } = watermark;
  return { allowed, left, cap, spent, held, currency, ...made, state, why, endsMs, outSeq, logTimeMs };
}

function commit(known: HoldTrack, { amount, keepForMs }: CommitOrder, fromMs: number): object {
  const held = amount === undefined ? known.held : decimal(amount);
  if (known.isCommitted || held.gt(known.held)) return { error: 'it cannot be committed so' };
  Object.assign(known, { held, endsMs: fromMs + keepForMs, isCommitted: true });
  return { held: text(held), endsMs: known.endsMs };
}

const isOrderOf = (order: HoldOrder, cost: Pick<HoldOrder, 'amount' | 'currency' | 'service'>): boolean =>
  (['amount', 'currency', 'service'] as const).every((field) => order[field] === cost[field]);

/** Whether something is held, or what costs nothing was granted and goes on. */
const isOpen = (known: HoldTrack, logTimeMs: number): boolean =>
  !heldNow(known, logTimeMs).isZero() || (known.isFree && !known.isReleased && known.endsMs > logTimeMs);

const rememberedMs = 60_000;
const isForgotten = ({ endsMs }: HoldTrack, logTimeMs: number): boolean => endsMs + rememberedMs <= logTimeMs;

const heldNow = ({ held, endsMs }: HoldTrack, logTimeMs: number): Exact => (endsMs > logTimeMs ? held : zero);

/** 15.3: every budget on the way up that blocks, and what it has left. */
function verdictOn(state: State, order: HoldOrder) {
  const tenant = state.tenants.get(order.tenant)!;
  const caps = pathUp(tenant, order.account).flatMap((account) => {
    const budgets = [...tenant.budgets.values()].filter(
      (budget) => budget.enabled && budget.account === account && isOfService(budget, order),
    );
    return budgets.sort((a, b) => (a.id < b.id ? -1 : 1)).flatMap((budget) => standing(state, tenant, budget, order));
  });
  const wallets = pathUp(tenant, order.account).flatMap((account) => walletsOf(state, tenant, account, order));
  caps.push(...wallets.sort((a, b) => (a.id < b.id ? -1 : 1)));
  const limited = caps.filter(({ cap }) => cap !== undefined);
  const [tightest] = limited.toSorted((a, b) => a.left!.cmp(b.left!));
  const refusing = caps.filter(({ action, isOver }) => action === 'block' || isOver === true);
  const named = refusing.length > 0 ? refusing : caps.filter(({ action }) => action !== 'none');
  const some = (value: Exact | undefined): string | null => (value === undefined ? null : text(value));
  return {
    allowed: refusing.length === 0,
    state: (['block', 'throttle'] as const).find((action) => caps.some((cap) => cap.action === action)) ?? 'none',
    why: named.slice(0, 16).map(({ kind, id, account, action, isUntold, cap, left }) => ({
      kind, id, account, state: action, ...(isUntold ? { reason: 'warming' } : {}), ...(cap && left ? { cap: text(cap), left: text(left) } : {}),
    })), // prettier-ignore
    left: some(tightest?.left),
    cap: some(tightest?.cap),
    spent: some(tightest?.spent),
    held: some(tightest?.held),
    currency: order.currency,
  };
}

const actionOf = { within: 'none', released: 'none', warned: 'none', throttled: 'throttle', blocked: 'block' } as const;

interface Standing {
  readonly kind: 'budget' | 'wallet';
  readonly id: string;
  readonly account: number;
  readonly action: 'none' | 'throttle' | 'block';
  readonly cap?: Exact;
  readonly spent?: Exact;
  readonly held?: Exact;
  readonly left?: Exact;
  readonly isOver?: boolean;
  /** It adds up by itself, and was not told yet what came before. */
  readonly isUntold?: boolean;
}

function standing(state: State, tenant: Tenant, budget: BudgetRecord, order: HoldOrder): Standing[] {
  const track = state.budgets.get(`${tenant.record.id} ${budget.id}`)!;
  const facts = { kind: 'budget' as const, id: budget.id, account: budget.account, action: actionOf[track.state] };
  const now = seenNow(state, tenant, budget, track);
  const limit = limitOf(state, budget, now);
  const caps = budget.thresholds.flatMap(({ action, percent, absolute }) => {
    if (action !== 'block') return [];
    if (absolute !== undefined) return [decimal(absolute)];
    return percent === undefined ? [] : [limit.times(decimal(percent)).div(100)];
  });
  if (caps.length === 0 || !mayCount(budget, order)) return facts.action === 'none' ? [] : [facts];
  if (track.warming && !isBalance(budget)) return [{ ...facts, isOver: true, isUntold: true }];
  const cap = caps.reduce((least, one) => (one.lt(least) ? one : least)).toDecimalPlaces(12, Exact.ROUND_FLOOR);
  const spent = spentOf(state, budget, now);
  const below = [...state.holds.values()].filter(
    (hold) => hold.order.tenant === tenant.record.id && pathUp(tenant, hold.order.account).includes(budget.account),
  );
  // Holds of one currency and service are converted together, and rounded once.
  const kinds = Map.groupBy(below, ({ order: { currency, service } }) => `${currency} ${service ?? ''}`);
  const sums = [...kinds.values()].map((holds) => {
    const sum = holds.reduce((all, hold) => all.plus(heldNow(hold, state.logTimeMs)), zero);
    return worth(budget, holds[0]!.order, sum);
  });
  const held = sums.reduce((all, sum) => all.plus(sum), zero);
  const left = cap.minus(spent).minus(held);
  return [{ ...facts, cap, spent, held, left, isOver: worth(budget, order, decimal(order.amount)).gt(left) }];
}

/** 15.3: wallets of one account in the currency of the order. */
function walletsOf(state: State, tenant: Tenant, account: number, order: HoldOrder): Standing[] {
  const wallets = [...tenant.wallets.values()].filter(
    (wallet) => wallet.account === account && wallet.currency === order.currency,
  );
  if (wallets.length === 0) return [];
  const book = bookOf(state, tenant.record.id);
  const path = pathUp(tenant, account);
  const free = [...book.given.values()].filter(
    ({ record, status }) =>
      status === 'active' &&
      path.includes(record.account) &&
      record.currency === order.currency &&
      Object.keys(record.scope ?? {}).length === 0,
  );
  const cap = free.reduce((sum, given) => sum.plus(leftOf(given)), zero);
  const below = [...state.holds.values()].filter(
    (hold) =>
      hold.order.tenant === tenant.record.id &&
      hold.order.currency === order.currency &&
      pathUp(tenant, hold.order.account).includes(account),
  );
  const held = below.reduce((sum, hold) => sum.plus(heldNow(hold, state.logTimeMs)), zero);
  const left = cap.minus(held);
  return wallets.flatMap(({ id, action: asks }): Standing[] => {
    const isEmpty = book.wallets.get(id)!.state === 'empty';
    const action = isEmpty && asks !== 'notify' ? asks : ('none' as const);
    const facts = { kind: 'wallet' as const, id, account, action };
    if (asks !== 'block') return action === 'none' ? [] : [facts];
    return [{ ...facts, cap, spent: zero, held, left, isOver: decimal(order.amount).gt(left) }];
  });
}

const isOfService = ({ scope }: Pick<BudgetRecord, 'scope'>, { service }: HoldOrder): boolean =>
  service === undefined || scope?.services?.includes(service) !== false;

function mayCount(budget: BudgetRecord, order: HoldOrder): boolean {
  const { meter, currency, fx = [] } = budget;
  return (
    meter === undefined &&
    isOfService(budget, order) &&
    [currency, ...fx.map((rate) => rate.currency)].includes(order.currency)
  );
}

/** What of an amount of the order may count in the budget, in its currency. */
function worth(budget: BudgetRecord, order: HoldOrder, amount: Exact): Exact {
  if (!mayCount(budget, order)) return zero;
  const rate =
    budget.currency === order.currency ? undefined : budget.fx!.find(({ currency }) => currency === order.currency);
  return rate === undefined ? amount : amount.times(decimal(rate.rate)).toDecimalPlaces(12, Exact.ROUND_CEIL);
}
