/** What a plan allows, answered by `check`: a switch, a value, or a metered limit. */
import { parseAmount } from '../money/fixed.ts';
import { Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';

export type Entitlement =
  | { readonly feature: string; readonly kind: 'boolean'; readonly isOn: boolean }
  | { readonly feature: string; readonly kind: 'static'; readonly value: string }
  /** `limit` units a period, null without limit. `soft`: beyond it access goes on and is overage. */
  | { readonly feature: string; readonly kind: 'metered'; readonly limit: string | null; readonly soft: boolean };

export interface EntitlementAnswer {
  readonly has: boolean;
  readonly reason: 'granted' | 'unlimited' | 'within' | 'overage' | 'off' | 'absent' | 'exhausted';
  /** Of a static entitlement. */
  readonly value?: string;
  /** Of a metered one, at 12 decimals: what is left after the request, and what of it would be overage. */
  readonly left?: bigint;
  readonly overage?: bigint;
}

export const entitlementsMax = 1000;

const entitlementShape: Shape = {
  kinds: {
    boolean: { feature: 'text', isOn: 'boolean' },
    static: { feature: 'text', value: 'text' },
    metered: { feature: 'text', limit: { nullable: 'text' }, soft: 'boolean' },
  },
};

/** Every fault of the entitlements of a plan, which may be anything. Never throws. */
export function checkEntitlements(given: unknown): Problem[] {
  const check = new Check();
  const list = check.at('entitlements');
  if (!list.shape(given, { list: entitlementShape, max: entitlementsMax })) return check.problems;
  const entitlements = given as readonly Entitlement[];
  list.unique(
    entitlements.map(({ feature }) => feature),
    'feature',
  );
  entitlements.forEach((one, index) => {
    if (one.kind === 'metered' && one.limit !== null) list.at(index).at('limit').decimal(one.limit, 'notNegative');
    if (one.kind === 'static')
      list
        .at(index)
        .at('value')
        .that(one.value !== '', one.value, 'a value that is not empty');
  });
  return check.problems;
}

/** Whether `request` more units may be used after `used` in the period; a request of 0 asks whether anything is left. */
export function entitled(
  entitlements: readonly Entitlement[],
  feature: string,
  used = 0n,
  request = 0n,
): EntitlementAnswer {
  if (used < 0n || request < 0n) throw new RangeError(`used ${used} and request ${request} are 0 or more`);
  const one = entitlements.find((entitlement) => entitlement.feature === feature);
  if (one === undefined) return { has: false, reason: 'absent' };
  if (one.kind === 'boolean') return one.isOn ? { has: true, reason: 'granted' } : { has: false, reason: 'off' };
  if (one.kind === 'static') return { has: true, reason: 'granted', value: one.value };
  if (one.limit === null) return { has: true, reason: 'unlimited' };
  const room = parseAmount(one.limit)! - used;
  const isWithin = request === 0n ? room > 0n : request <= room;
  const left = room - request > 0n ? room - request : 0n;
  const free = room > 0n ? room : 0n;
  const overage = request > free ? request - free : 0n;
  if (isWithin) return { has: true, reason: 'within', left, overage };
  return one.soft
    ? { has: true, reason: 'overage', left, overage }
    : { has: false, reason: 'exhausted', left: free, overage };
}
