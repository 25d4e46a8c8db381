/** Whether an amount fits under every cap above an account (SPEC §15.3). */
import { ruleOf } from '../budgets/rule.ts';
import { limitOf, spentOf } from '../budgets/spent.ts';
import { divideRounded, formatAmount, parseAmount, parseRational, type Rational } from '../money/fixed.ts';
import type { Cause, DesiredAction, Verdict } from '../messages/checks.ts';
import type { BudgetRecord, BudgetStateName } from '../messages/budget.ts';
import type { WalletRecord, WalletStateName } from '../messages/credit.ts';
import { creditsLeft, walletsAbove } from '../rating/credits/left.ts';
import type { Account, Master, Tenant } from '../rating/state.ts';
import { countsAs, heldIn, heldUnder, isOfService } from './held.ts';
import { holdLimits } from './limits.ts';

export interface Asked {
  readonly account: Account;
  readonly currency: string;
  readonly service?: string | undefined;
  /** Pico; 0 asks how things stand. */
  readonly amount: bigint;
}

interface Cap {
  readonly kind: Cause['kind'];
  readonly id: string;
  readonly account: number;
  readonly state: DesiredAction;
  readonly spent: bigint;
  readonly held: bigint;
  /** Undefined where nothing of the amount counts. */
  readonly cap: bigint | undefined;
  readonly refuses: boolean;
  /** Whether what was spent is not known yet. */
  readonly isWarming?: boolean;
}

export function verdictOn(tenant: Tenant, logTimeMs: number, asked: Asked): Verdict {
  const budgets = asked.account.chain.flatMap((account) =>
    (budgetsAt(tenant.master, account.record.id) ?? []).flatMap((record) => capOf(tenant, record, logTimeMs, asked)),
  );
  const wallets = walletsAbove(tenant, asked.account.record.id, asked.currency).sort((a, b) =>
    a.record.id < b.record.id ? -1 : 1,
  );
  const caps = [...budgets, ...wallets.flatMap((one) => capOfWallet(tenant, one, asked))];
  const tightest = caps.reduce<Cap | undefined>((best, one) => (leftOf(one) < leftOf(best) ? one : best), undefined);
  const refusing = caps.filter(({ refuses }) => refuses);
  const holding = caps.filter(({ state }) => state !== 'none');
  const text = (value: bigint | undefined) => (value === undefined ? null : formatAmount(value));
  return {
    allowed: refusing.length === 0,
    state: strongest(caps.map(({ state }) => state)),
    why: (refusing.length > 0 ? refusing : holding).slice(0, holdLimits.causesMax).map(causeOf),
    left: tightest?.cap === undefined ? null : formatAmount(tightest.cap - tightest.spent - tightest.held),
    cap: text(tightest?.cap),
    spent: tightest?.cap === undefined ? null : formatAmount(tightest.spent),
    held: tightest?.cap === undefined ? null : formatAmount(tightest.held),
    currency: asked.currency,
  };
}

/** In words: of those that are named alone, for there may be thousands above an account. */
function causeOf({ kind, id, account, state, cap, spent, held, isWarming }: Cap): Cause {
  const figures = cap === undefined ? {} : { cap: formatAmount(cap), left: formatAmount(cap - spent - held) };
  return { kind, id, account, state, ...(isWarming === true ? { reason: 'warming' } : {}), ...figures };
}

/** Without a cap there is no end of it. */
const leftOf = (one: Cap | undefined): bigint | number =>
  one?.cap === undefined ? Infinity : one.cap - one.spent - one.held;

const actions: Readonly<Record<BudgetStateName, DesiredAction>> = {
  within: 'none',
  released: 'none',
  warned: 'none',
  throttled: 'throttle',
  blocked: 'block',
};

export const actionOf = (state: BudgetStateName): DesiredAction => actions[state];

const strength: Readonly<Record<DesiredAction, number>> = { none: 0, throttle: 1, block: 2 };
export const strongest = (states: readonly DesiredAction[]): DesiredAction =>
  states.reduce<DesiredAction>((best, one) => (strength[one] > strength[best] ? one : best), 'none');

function capOf(tenant: Tenant, record: BudgetRecord, logTimeMs: number, asked: Asked): Cap[] {
  const { currency, service = '', amount } = asked;
  if (!record.enabled || !isOfService(record, service)) return [];
  const budget = tenant.budgetStates.get(record.id);
  const state = actionOf(budget?.state ?? 'within');
  const mayCount = countsAs(record, currency, service, 1n) > 0n;
  const cap = mayCount ? blockingOf(record, limitOf(tenant, record, logTimeMs)) : undefined;
  const head = { kind: 'budget', id: record.id, account: record.account, state } as const;
  if (cap === undefined)
    return state === 'none' ? [] : [{ ...head, spent: 0n, held: 0n, cap, refuses: state === 'block' }];
  // Until it is told what came before, nobody knows what is left: room that may not be there is not given.
  if (budget?.warming === true && !ruleOf(tenant.master, record).isPlain)
    return [{ ...head, spent: 0n, held: 0n, cap: undefined, refuses: true, isWarming: true }];
  const spent = spentOf(tenant, record, logTimeMs);
  const held = heldUnder(tenant, record);
  const left = cap - spent - held;
  const refuses = state === 'block' || countsAs(record, currency, service, amount) > left;
  return [{ ...head, spent, held, cap, refuses }];
}

/** What is left on it and above it is the cap of a wallet that blocks; grants further below it do not count. */
function capOfWallet(tenant: Tenant, { record, wallet }: ReturnType<typeof walletsAbove>[number], asked: Asked): Cap[] {
  const { id, account, currency } = record;
  const state = walletAction(record, wallet.state);
  const head = { kind: 'wallet', id, account, state } as const;
  if (record.action !== 'block')
    return state === 'none' ? [] : [{ ...head, spent: 0n, held: 0n, cap: undefined, refuses: false }];
  const cap = creditsLeft(tenant, account, currency) ?? 0n;
  const held = heldIn(tenant, account, currency);
  return [{ ...head, spent: 0n, held, cap, refuses: state === 'block' || held + asked.amount > cap }];
}

/** An empty wallet asks for its action. */
export const walletAction = ({ action }: Pick<WalletRecord, 'action'>, state: WalletStateName): DesiredAction =>
  state === 'empty' && action !== 'notify' ? action : 'none';

interface Blocking {
  /** The least absolute threshold, pico, and the least share of the limit. */
  readonly absolute: bigint | undefined;
  readonly share: Rational | undefined;
}

const blockings = new WeakMap<BudgetRecord, Blocking>();

/** The least that any of its thresholds of an amount that block lets be spent; those of a rate or a forecast block by the state alone. */
function blockingOf(record: BudgetRecord, limit: bigint): bigint | undefined {
  let known = blockings.get(record);
  if (known === undefined) blockings.set(record, (known = readBlocking(record)));
  const { absolute, share } = known;
  if (share === undefined) return absolute;
  const cap = divideRounded(limit * share.numerator, share.denominator * 100n, 'floor');
  return absolute !== undefined && absolute < cap ? absolute : cap;
}

function readBlocking({ thresholds }: BudgetRecord): Blocking {
  const blocks = thresholds.filter(({ action }) => action === 'block');
  const absolutes = blocks.flatMap(({ absolute }) => (absolute === undefined ? [] : [parseAmount(absolute)!]));
  const shares = blocks.flatMap(({ percent }) => (percent === undefined ? [] : [parseRational(percent)!]));
  return {
    absolute: absolutes.sort((a, b) => (a < b ? -1 : 1))[0],
    share: shares.sort((a, b) => (a.numerator * b.denominator < b.numerator * a.denominator ? -1 : 1))[0],
  };
}

const byAccount = new WeakMap<Master, Map<number, BudgetRecord[]>>();

/** Budgets of one node, by id; found once for each version of the master data. */
export function budgetsAt(master: Master, account: number): readonly BudgetRecord[] | undefined {
  let found = byAccount.get(master);
  if (found === undefined) {
    found = Map.groupBy(
      [...master.budgets.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      (record) => record.account,
    );
    byAccount.set(master, found);
  }
  return found.get(account);
}
