import { derive } from './time.ts';
import { newCredits, type CreditState, type HeldGrant, type PaidTally } from './state.ts';

interface Saved {
  readonly logTimeMs: number;
  readonly charges: number;
  readonly grants: readonly (Pick<HeldGrant, 'grant' | 'status'> & Figures<'left' | 'ended' | 'givenBack'>)[];
  readonly tallies: readonly (Omit<PaidTally, 'overage' | 'burns'> &
    Figures<'overage'> & { readonly burns: readonly (readonly [string, string])[] })[];
}
type Figures<Name extends string> = Readonly<Record<Name, string>>;

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

/** The state as JSON text; equal states give equal texts. */
export function snapshot(state: CreditState): string {
  const saved: Saved = {
    logTimeMs: state.logTimeMs,
    charges: state.charges,
    grants: [...state.grants].sort(byKey).map(([, { grant, status, left, ended, givenBack }]) => ({
      grant,
      status,
      left: left.toString(),
      ended: ended.toString(),
      givenBack: givenBack.toString(),
    })),
    tallies: [...state.tallies].sort(byKey).map(([, { overage, burns, ...tally }]) => ({
      ...tally,
      overage: overage.toString(),
      burns: burns.map(({ grant, amount }) => [grant, amount.toString()] as const),
    })),
  };
  return JSON.stringify(saved);
}

/** The state of a text that `snapshot` wrote. */
export function restore(text: string): CreditState {
  const saved = JSON.parse(text) as Saved;
  const state = newCredits();
  state.logTimeMs = saved.logTimeMs;
  state.charges = saved.charges;
  for (const { grant, status, left, ended, givenBack } of saved.grants)
    state.grants.set(grant.id, {
      grant,
      status,
      left: BigInt(left),
      ended: BigInt(ended),
      givenBack: BigInt(givenBack),
    });
  for (const { overage, burns, ...tally } of saved.tallies)
    state.tallies.set(tally.of, {
      ...tally,
      overage: BigInt(overage),
      burns: burns.map(([grant, amount]) => ({ grant, amount: BigInt(amount) })),
    });
  derive(state);
  return state;
}
