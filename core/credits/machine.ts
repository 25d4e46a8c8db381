/** The credits of a tenant as a state machine: events in log order, rows out. The same order gives the same rows in any batching. */
import { treeDepthMax } from '../spend/lines.ts';
import type { Problem } from '../fees/problems.ts';
import { burn, payers, refund } from './burn.ts';
import { checkGrant, type Charge, type CreditEvent, type CreditRow } from './records.ts';
import type { CreditState, PaidTally } from './state.ts';
import { addGrant, advance, voidGrant } from './time.ts';

export const grantsMax = 100_000;

export interface Applied {
  readonly rows: readonly CreditRow[];
  /** Why a grant or a void was not taken; then only time has moved. */
  readonly problems: readonly Problem[];
}

/** Applies one event. Throws RangeError for log time that falls and for a tally that changes its unit, service or account. */
export function apply(state: CreditState, event: CreditEvent): Applied {
  const rows = advance(state, event.atMs);
  switch (event.kind) {
    case 'tick':
      return { rows, problems: [] };
    case 'charge':
      return { rows: [...rows, ...charge(state, event)], problems: [] };
    case 'grant': {
      const problems = grantProblems(state, event);
      return problems.length > 0
        ? { rows, problems }
        : { rows: [...rows, ...addGrant(state, event.grant, event.atMs)], problems };
    }
    case 'void': {
      const held = state.grants.get(event.grant);
      if (held === undefined)
        return {
          rows,
          problems: [
            {
              path: 'grant',
              value: event.grant,
              code: 'NAME_UNKNOWN',
              expected: 'the id of a grant',
            },
          ],
        };
      return { rows: [...rows, ...voidGrant(state, held, event.atMs, event.owes === true)], problems: [] };
    }
  }
}

/** What credit would pay of a charge now, and what would be overage; without effect. Time is as of the last event. */
export function coverage(state: CreditState, charge: Charge): { readonly covered: bigint; readonly overage: bigint } {
  const owedBack = state.tallies.get(charge.of)?.overage ?? 0n;
  const offset = owedBack < 0n ? (-owedBack < charge.amount ? -owedBack : charge.amount) : 0n;
  const covered = payers(state, charge, charge.amount - offset).reduce((sum, { amount }) => sum + amount, 0n);
  return { covered, overage: charge.amount - covered };
}

function charge(state: CreditState, event: Charge): CreditRow[] {
  if (event.path.length === 0 || event.path.length > treeDepthMax)
    throw new RangeError(`the path of ${event.of} has ${event.path.length} accounts, not 1 to ${treeDepthMax}`);
  const { of, path, service, unit, amount } = event;
  let tally = state.tallies.get(of);
  if (tally === undefined) state.tallies.set(of, (tally = newTally(event)));
  if (tally.unit !== unit || tally.service !== service || tally.path[0] !== path[0])
    throw new RangeError(
      `tally ${of} is charged as ${unit}, ${service}, ${path[0]}, and was ${tally.unit}, ${tally.service}, ${tally.path[0]}`,
    );
  state.charges += 1;
  tally.chargedAt = state.charges;
  state.fresh.tallies.add(tally);
  return amount > 0n ? burn(state, tally, event) : amount < 0n ? refund(state, tally, event) : [];
}

const newTally = ({ of, path, periodMs, service, component, meter, unit }: Charge): PaidTally => ({
  of,
  path,
  periodMs,
  service,
  component,
  meter,
  unit,
  overage: 0n,
  overageSince: 0,
  chargedAt: 0,
  burns: [],
});

function grantProblems(state: CreditState, { grant, atMs }: Extract<CreditEvent, { kind: 'grant' }>): Problem[] {
  const problems = checkGrant(grant);
  if (problems.length > 0) return problems;
  if (state.grants.has(grant.id))
    problems.push({ path: 'id', value: grant.id, code: 'ID_TWICE', expected: 'an id that no grant in the books has' });
  if (grant.expiresAtMs !== null && grant.expiresAtMs + grant.graceMs <= atMs)
    problems.push({
      path: 'expiresAtMs',
      value: String(grant.expiresAtMs),
      code: 'ORDER_WRONG',
      expected: `an expiry, with its grace, after log time ${atMs}`,
    });
  if (state.grants.size >= grantsMax)
    problems.push({
      path: '',
      value: String(state.grants.size),
      code: 'LIMIT_EXCEEDED',
      expected: `at most ${grantsMax} grants`,
    });
  return problems;
}
