import { derive } from './time.ts';
import type { Grant } from './records.ts';
import { newCredits, type CreditState, type GrantStatus } from './state.ts';

interface Saved {
  readonly logTimeMs: number;
  readonly charges: number;
  readonly grants: readonly { readonly grant: Grant; readonly left: string; readonly status: GrantStatus }[];
  readonly tallies: readonly {
    readonly of: string;
    readonly path: readonly number[];
    readonly service: string;
    readonly unit: string;
    readonly overage: string;
    readonly overageSince: number;
    readonly burns: readonly (readonly [string, string])[];
  }[];
  readonly returned: readonly (readonly [string, string])[];
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

/** The state as JSON text; equal states give equal texts. */
export function snapshot(state: CreditState): string {
  const saved: Saved = {
    logTimeMs: state.logTimeMs,
    charges: state.charges,
    grants: [...state.grants]
      .sort(byKey)
      .map(([, { grant, left, status }]) => ({ grant, left: left.toString(), status })),
    tallies: [...state.tallies].sort(byKey).map(([of, { path, service, unit, overage, overageSince, burns }]) => ({
      of,
      path,
      service,
      unit,
      overage: overage.toString(),
      overageSince,
      burns: burns.map(({ grant, amount }) => [grant, amount.toString()] as const),
    })),
    returned: [...state.returned].sort(byKey).map(([key, amount]) => [key, amount.toString()] as const),
  };
  return JSON.stringify(saved);
}

/** The state of a text that `snapshot` wrote. */
export function restore(text: string): CreditState {
  const saved = JSON.parse(text) as Saved;
  const state = newCredits();
  state.logTimeMs = saved.logTimeMs;
  state.charges = saved.charges;
  for (const { grant, left, status } of saved.grants)
    state.grants.set(grant.id, { grant, left: BigInt(left), status, entries: 0 });
  for (const { of, path, service, unit, overage, overageSince, burns } of saved.tallies)
    state.tallies.set(of, {
      path,
      service,
      unit,
      overage: BigInt(overage),
      overageSince,
      burns: burns.map(([grant, amount]) => ({ grant, amount: BigInt(amount) })),
    });
  for (const { burns } of state.tallies.values()) for (const { grant } of burns) state.grants.get(grant)!.entries += 1;
  for (const [key, amount] of saved.returned) state.returned.set(key, BigInt(amount));
  derive(state);
  return state;
}
