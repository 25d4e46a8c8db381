/** Codes that grant a discount, and how often they may. */
import { Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';

export interface DiscountCode {
  readonly code: string;
  readonly discount: string;
  readonly fromMs: number;
  readonly toMs: number | null;
  /** null: without limit. */
  readonly redemptionsMax: number | null;
  readonly redemptionsPerAccountMax: number | null;
}

/** Redemptions so far, by account, in the order of the log. */
export type Redemptions = ReadonlyMap<number, number>;

const codeShape: Shape = {
  record: {
    code: 'text',
    discount: 'text',
    fromMs: 'number',
    toMs: { nullable: 'number' },
    redemptionsMax: { nullable: 'number' },
    redemptionsPerAccountMax: { nullable: 'number' },
  },
};

/** Every fault of a code, which may be anything. Never throws. */
export function checkCode(given: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(given, codeShape)) return check.problems;
  const code = given as DiscountCode;
  check.at('code').that(/^[A-Z0-9-]{3,40}$/.test(code.code), code.code, '3 to 40 of A–Z, 0–9 and -');
  check.span(code);
  for (const limit of ['redemptionsMax', 'redemptionsPerAccountMax'] as const) {
    const value = code[limit];
    check
      .at(limit)
      .that(value === null || (Number.isInteger(value) && value >= 1), value, 'a whole number, 1 or more, or null');
  }
  return check.problems;
}

export type Redemption =
  | { readonly taken: true; readonly redemptions: Redemptions }
  | { readonly taken: false; readonly reason: 'notYet' | 'over' | 'usedUp' | 'usedUpByAccount' };

/** Redeems a code once, or says why not; the earlier in the log wins the last one. */
export function redeem(code: DiscountCode, redemptions: Redemptions, account: number, atMs: number): Redemption {
  const used = [...redemptions.values()].reduce((sum, count) => sum + count, 0);
  const own = redemptions.get(account) ?? 0;
  if (atMs < code.fromMs) return { taken: false, reason: 'notYet' };
  if (code.toMs !== null && atMs >= code.toMs) return { taken: false, reason: 'over' };
  if (code.redemptionsMax !== null && used >= code.redemptionsMax) return { taken: false, reason: 'usedUp' };
  if (code.redemptionsPerAccountMax !== null && own >= code.redemptionsPerAccountMax)
    return { taken: false, reason: 'usedUpByAccount' };
  return { taken: true, redemptions: new Map(redemptions).set(account, own + 1) };
}
