/** Credits: what pays for charges before money does. Amounts of events and rows are pico of their unit. */
import { Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';

export interface Grant {
  readonly id: string;
  /** It covers charges of this account's subtree. */
  readonly account: number;
  readonly kind: 'prepaid' | 'promotional';
  /** A currency, or a custom pricing unit; only charges in the same unit are paid. */
  readonly unit: string;
  readonly amount: string;
  /** The lower burns first. */
  readonly priority: number;
  /** Restrictions; absent for none. `accounts`: these and what lies below them. */
  readonly scope: {
    readonly services?: readonly string[];
    readonly components?: readonly string[];
    readonly meters?: readonly string[];
    readonly accounts?: readonly number[];
  };
  readonly effectiveAtMs: number;
  /** null: never. Usage before it is still paid until `expiresAtMs + graceMs` of log time; then what is left expires. */
  readonly expiresAtMs: number | null;
  readonly graceMs: number;
  /** Whether it pays what was overage before it took effect, and usage before it. */
  readonly coversOverage: boolean;
  /** While it is in force and in scope, nothing after it in the order pays what it cannot. */
  readonly blocks: boolean;
  /** What becomes of the rest when it expires: up to `maximum` (null: all of it) goes on for `forMs`, at most `timesMax` times. */
  readonly rollover?: { readonly maximum: string | null; readonly forMs: number; readonly timesMax: number };
}

/** Events in log order; `atMs` is log time and never falls. */
export type CreditEvent =
  | { readonly kind: 'grant'; readonly atMs: number; readonly grant: Grant }
  /** `owes`: what it has paid is owed again, as when a payment is taken back. */
  | { readonly kind: 'void'; readonly atMs: number; readonly grant: string; readonly owes?: boolean }
  | Charge
  | { readonly kind: 'tick'; readonly atMs: number };

export interface Charge {
  readonly kind: 'charge';
  readonly atMs: number;
  /** Start of the usage: decides which grants were in force. */
  readonly usageMs: number;
  /** The tally that is charged, e.g. "17/compute-std/2026-11": a refund undoes burns of its own tally first. */
  readonly of: string;
  /** The account and its ancestors, itself first. */
  readonly path: readonly number[];
  /** Start of the billing period, UTC ms: what a refund finds no burn of in its own tally, it undoes in others of the period. */
  readonly periodMs: number;
  readonly service: string;
  readonly component: string;
  readonly meter: string;
  readonly unit: string;
  /** An increment of a charge; negative for a refund. */
  readonly amount: bigint;
}

export type CreditReason =
  /** On a grant: it came, it paid, it got back, its rest expired, went on as another, was taken away. */
  | 'granted'
  | 'burned'
  | 'refunded'
  | 'expired'
  | 'rolledOver'
  | 'voided'
  /** A refund of what a grant no longer in force had paid: lost (promotional), or the account's own (prepaid). */
  | 'lapsed'
  | 'returned'
  /** What a grant had paid and, voided so, has not paid after all. */
  | 'revoked'
  /** What no credit paid; negative when it is undone or paid later. */
  | 'overage';

export interface CreditRow {
  readonly atMs: number;
  readonly reason: CreditReason;
  /** "" where none is concerned. */
  readonly grant: string;
  readonly of: string;
  readonly unit: string;
  readonly account: number;
  /** Positive, but for overage. */
  readonly amount: bigint;
}

const grantShape: Shape = {
  record: {
    id: 'text',
    account: 'account',
    kind: { oneOf: ['prepaid', 'promotional'] },
    unit: 'text',
    amount: 'text',
    priority: 'number',
    scope: {
      record: {
        services: { optional: { list: 'text', max: 1000 } },
        components: { optional: { list: 'text', max: 1000 } },
        meters: { optional: { list: 'text', max: 1000 } },
        accounts: { optional: { list: 'account', max: 1000 } },
      },
    },
    effectiveAtMs: 'number',
    expiresAtMs: { nullable: 'number' },
    graceMs: 'number',
    coversOverage: 'boolean',
    blocks: 'boolean',
    rollover: { optional: { record: { maximum: { nullable: 'text' }, forMs: 'number', timesMax: 'number' } } },
  },
};

/** Every fault of a grant, which may be anything. Never throws. */
export function checkGrant(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, grantShape)) return check.problems;
  const grant = value as Grant;
  const isName = grant.id !== '' && grant.id.length <= 100 && !grant.id.includes('+');
  check.at('id').that(isName, grant.id, 'a name of 1 to 100 characters without +, which marks what has rolled over');
  check.at('unit').that(grant.unit !== '', grant.unit, 'a currency or the name of a pricing unit');
  check.at('amount').decimal(grant.amount, 'notNegative');
  const { priority, graceMs, expiresAtMs } = grant;
  const isWhole = Number.isInteger(priority) && priority >= 0 && priority <= 1_000_000;
  check.at('priority').that(isWhole, priority, 'a whole number from 0 to 1000000');
  check.at('effectiveAtMs').instant(grant.effectiveAtMs);
  if (expiresAtMs !== null && check.at('expiresAtMs').instant(expiresAtMs))
    check
      .at('expiresAtMs')
      .that(expiresAtMs > grant.effectiveAtMs, expiresAtMs, `an instant after ${grant.effectiveAtMs}`, 'ORDER_WRONG');
  check.at('graceMs').that(Number.isInteger(graceMs) && graceMs >= 0, graceMs, 'whole milliseconds, 0 or more');
  if (grant.rollover === undefined) return check.problems;
  const { maximum, forMs, timesMax } = grant.rollover;
  const here = check.at('rollover');
  here.that(expiresAtMs !== null, grant.id, 'absent from a grant that never expires');
  if (maximum !== null) here.at('maximum').decimal(maximum, 'notNegative');
  here
    .at('forMs')
    .that(Number.isInteger(forMs) && forMs > graceMs, forMs, `whole milliseconds, more than the grace of ${graceMs}`);
  here
    .at('timesMax')
    .that(Number.isInteger(timesMax) && timesMax >= 1 && timesMax <= 1200, timesMax, 'a whole number from 1 to 1200');
  return check.problems;
}

/** The order in which credits burn: priority, expiry, promotional before prepaid, effective date, id. */
export function burnOrder(a: Grant, b: Grant): number {
  const expiry = (grant: Grant): number => grant.expiresAtMs ?? Infinity;
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (expiry(a) !== expiry(b)) return expiry(a) < expiry(b) ? -1 : 1;
  if (a.kind !== b.kind) return a.kind === 'promotional' ? -1 : 1;
  if (a.effectiveAtMs !== b.effectiveAtMs) return a.effectiveAtMs - b.effectiveAtMs;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
