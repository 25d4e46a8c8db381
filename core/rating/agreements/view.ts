/**
 * A settlement as agreements see it: lines that no agreement tells apart are one (SPEC §9.2.4), so that settling costs by
 * what was agreed on, and not by how many accounts and prices there are. Kept while lines move.
 */
import type { AgreementRecord } from '../../messages/agreement.ts';
import { isIn } from '../../spend/bounds.ts';
import { draws } from '../../spend/commitment.ts';
import { isTaken } from '../../spend/discounts.ts';
import { inPeriod, type InPeriod } from '../../spend/inPeriod.ts';
import { isWithin, type Parents, type SpendLine } from '../../spend/lines.ts';
import { divideRounded, pow10 } from '../../money/fixed.ts';
import { unitPeriodAt } from '../billingUnit.ts';
import type { AccountRecord, FeeRecord, MeterRecord, PriceRecord } from '../../messages/control.ts';
import type { Period } from '../../time/period.ts';
import type { Account, Master } from '../state.ts';
import { isNothing, type Line, type Settlement } from './settlement.ts';

export interface View {
  readonly agreements: readonly AgreementRecord[];
  readonly terms: InPeriod;
  readonly parents: Parents;
  /** By what covers them. */
  readonly merged: Map<string, Merged>;
  readonly places: Map<Line, Place>;
}

interface Place {
  readonly merged: Merged;
  /** Of the line, in priced units. */
  units: bigint;
  /** Priced units at 12 decimals = quantity × multiplier / divisor; undefined where it counts none. */
  readonly factor: { readonly multiplier: bigint; readonly divisor: bigint } | undefined;
}

type Merged = { -readonly [Field in keyof Omit<SpendLine, 'net'>]: SpendLine[Field] };

/** The view under what the unit has agreed on now and the accounts it has, made anew when either has changed. */
export function viewOf(settlement: Settlement, master: Master, agreements: readonly AgreementRecord[]): View {
  const known = settlement.view;
  if (known?.agreements === agreements && known.parents === parentsOf(master)) return known;
  const { unit, period, lines } = settlement;
  const view = makeView({ unit, period, lines: lines.values() }, master, agreements);
  settlement.view = view;
  return view;
}

/** What the lines of a period are charged by. */
export interface LineFacts {
  readonly accounts: ReadonlyMap<number, { readonly record: AccountRecord }>;
  readonly prices: ReadonlyMap<number, { readonly record: PriceRecord }>;
  readonly fees: ReadonlyMap<number, { readonly record: FeeRecord }>;
  readonly meters: ReadonlyMap<string, MeterRecord>;
}

/** The view of lines as they are. */
export function makeView(
  {
    unit,
    period,
    lines,
  }: { readonly unit: Pick<Account, 'record'>; readonly period: Period; readonly lines: Iterable<Line> },
  facts: LineFacts,
  agreements: readonly AgreementRecord[],
): View {
  const view: View = {
    agreements,
    terms: inPeriod(agreements, period, (atMs) => unitPeriodAt(unit, atMs)),
    parents: parentsOf(facts),
    merged: new Map(),
    places: new Map(),
  };
  for (const line of lines) if (!isNothing(line)) seen(view, line, facts);
  return view;
}

/** Counts in the view that a line has grown by `amount`, or is there for the first time. */
export function seen(view: View, line: Line, master: LineFacts, amount = line.list): void {
  let place = view.places.get(line);
  if (place === undefined) {
    amount = line.list;
    view.places.set(
      line,
      (place = { merged: mergedOf(view, line, master), units: 0n, factor: factorOf(line, master) }),
    );
  }
  const { merged, factor } = place;
  const units =
    factor === undefined ? 0n : divideRounded(line.quantity * factor.multiplier, factor.divisor, 'halfEven');
  merged.quantity += units - place.units;
  merged.list += amount;
  place.units = units;
}

function mergedOf(view: View, line: Line, master: LineFacts): Merged {
  const { key, plan = '', contract = '' } = (master.prices.get(line.price) ?? master.fees.get(line.price))!.record;
  const { id, account, service, component } = line;
  const facts = { id, account, service, component, price: key, plan, contract };
  const { discounts, commitments, bounds } = view.terms;
  const covered = [
    ...discounts.map((discount) => isTaken(facts, discount, view.parents)),
    ...commitments.map(({ commitment }) => draws(facts, commitment, view.parents)),
    ...bounds.map((bound) => isIn(facts, bound) && isWithin(account, bound.account, view.parents)),
  ];
  const name = covered.map(Number).join('');
  let merged = view.merged.get(name);
  if (merged === undefined) view.merged.set(name, (merged = { ...facts, quantity: 0n, list: 0n }));
  if (id < merged.id) merged.id = id;
  return merged;
}

/** What a fee counts is no quantity. */
function factorOf({ price }: Line, master: LineFacts): Place['factor'] {
  const record = master.prices.get(price)?.record;
  if (record === undefined) return undefined;
  const { numerator, denominator } = record.unit;
  const { scale } = master.meters.get(record.meter)!;
  return { multiplier: BigInt(numerator) * pow10(12), divisor: BigInt(denominator) * pow10(scale) };
}

/** Replaced with the accounts that it is of. */
const parentsOfMaster = new WeakMap<object, Parents>();

function parentsOf({ accounts }: LineFacts): Parents {
  let parents = parentsOfMaster.get(accounts);
  if (parents === undefined) {
    parents = new Map([...accounts.values()].map(({ record }) => [record.id, record.parent]));
    parentsOfMaster.set(accounts, parents);
  }
  return parents;
}
