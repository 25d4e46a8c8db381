/** SPEC §16.6: a tally is worked out anew from all whose rows stand, whatever it is said to have kept. */
import type { ControlChange, MeterRecord } from '../../messages/control.ts';
import type { CorrectedTally, KeptSamples } from '../../messages/correction.ts';
import { addToBalances } from '../balances.ts';
import { bookingOf } from '../closes.ts';
import { chargeMax, powerOfTen, tallyMax, whole } from '../number.ts';
import { leafOf } from '../prices/cells.ts';
import { countsEvents, nothingNoted } from '../prices/noted.ts';
import { priced, withoutPrice } from '../rows.ts';
import type { Row, Source, State, Tally, Tenant } from '../state.ts';
import { addToMember, tallyKey } from '../tallies.ts';
import { chargeOfTally } from '../tallyCharge.ts';
import { keeps, reachedBy } from './history.ts';

/** Does what a message says of tallies; `undefined` where it cannot be done. */
export function rebuiltBy(state: State, tenant: Tenant, changes: readonly ControlChange[]): Row[] | undefined {
  const [change] = changes;
  if (change?.kind === 'correctionShadow') return shadow(state, tenant, change.tallies) ? [] : undefined;
  if (change?.kind !== 'correctionTally') return [];
  const key = keyOf(state, tenant, change.tally);
  if (key === undefined || !state.shadows.has(key)) return undefined;
  if (!isWhatIsKept(tenant.meters.get(change.tally.meter)!, change.kept)) return undefined;
  return change.isLast ? rebuild(state, tenant, key, change) : [];
}

export function endShadows({ shadows }: State, tenant: string): void {
  for (const key of shadows) if (key.startsWith(`${tenant} `)) shadows.delete(key);
}

function shadow(state: State, tenant: Tenant, tallies: readonly CorrectedTally[]): boolean {
  const keys = tallies.map((place) => keyOf(state, tenant, place));
  if (new Set(keys).size < keys.length || keys.some((key) => key === undefined || state.shadows.has(key))) return false;
  for (const key of keys) state.shadows.add(key!);
  return true;
}

/** Where there is a tally that keeps its samples and counts no events. */
function keyOf(state: State, tenant: Tenant, { account, price, meter, cell, periodStartMs, resource }: CorrectedTally): string | undefined {
  const key = tallyKey(tenant.record.id, account, price, meter, resource, periodStartMs, cell);
  const [record, terms] = [tenant.meters.get(meter), tenant.prices.get(price)];
  const isOfEvents = terms !== undefined && countsEvents(terms, leafOf(terms.model, cell));
  return state.tallies.has(key) && record !== undefined && keeps(record) && !isOfEvents ? key : undefined;
} // prettier-ignore

/** No more is looked at of what is said. */
function isWhatIsKept({ aggregation }: MeterRecord, { quantity, newest, ...lists }: KeptSamples): boolean {
  const { values, hashes, slots, samples } = lists;
  const isUnique = aggregation === 'unique';
  const others = [isUnique ? [] : [values, hashes], aggregation === 'percentile' ? [] : [slots], aggregation === 'samplePercentile' ? [] : [samples]].flat(); // prettier-ignore
  if (others.some((list) => (list?.length ?? 0) > 0) || (newest !== undefined && aggregation !== 'latest'))
    return false;
  return aggregation === 'max' || newest !== undefined || quantity === '0';
}

function rebuild(
  state: State,
  tenant: Tenant,
  key: string,
  { id, carried: said }: { readonly id: string; readonly carried: string },
): Row[] | undefined {
  const tally = state.tallies.get(key)!;
  const meter = tenant.meters.get(tally.meter)!;
  if (BigInt(said) !== 0n && tally.from === undefined) return undefined;
  const parts = (of: string, upTo?: number) => state.history.standing(state.tallies, of, upTo);
  const carried = tally.from && reachedBy(meter, tally, parts(tally.from.key, tally.from.order));
  const reached = reachedBy(meter, tally, parts(key));
  if (reached === undefined) return undefined;
  const { quantity, ...kept } = reached;
  const took = carried?.quantity ?? 0n;
  const figures = { carried: { ...nothingNoted, quantity: took }, noted: { ...nothingNoted, quantity } };
  const after: Tally = { ...tally, ...kept, ...figures, quantity: whole(quantity - took) };
  after.charged = chargeOfTally(tenant, after);
  const isBounded = whole(quantity).lt(tallyMax.times(powerOfTen(meter.scale))) && after.charged.abs().lt(chargeMax);
  if (!isBounded) return undefined;
  const more = { quantity: after.quantity.minus(tally.quantity), amount: after.charged.minus(tally.charged) };
  Object.assign(tally, after);
  state.shadows.delete(key);
  return more.quantity.isZero() && more.amount.isZero() ? [] : [difference(state, tenant, tally, id, more)];
}

/** What of a tally is no sample's row any more, as a row of its own. */
export function difference(
  state: State,
  tenant: Tenant,
  tally: Tally,
  correction: string,
  { quantity: units, amount }: Pick<Row, 'quantity' | 'amount'>,
): Row {
  const { account, resource, cell, period, firstMs, meter } = tally;
  const price = tenant.prices.get(tally.price);
  if (price?.tallyScope === 'subtree') addToMember(tally, account, { quantity: units, amount }, []);
  const source: Source = { producer: '', epoch: '', seq: 0, inputSeq: 0, logTimeMs: state.logTimeMs, trace: '' };
  const quantity = units.div(powerOfTen(tenant.meters.get(meter)!.scale));
  const terms =
    price === undefined ? withoutPrice('adjustment', meter, quantity) : priced(price, cell, { quantity, amount });
  if (price !== undefined) addToBalances(state, tenant, account, firstMs, price.currency, amount);
  return {
    tenant: tenant.record.id, account, resource, startMs: firstMs, durationMs: 0, period, ...bookingOf(tenant, account, firstMs),
    ...terms, kind: 'adjustment', primary: false, source, index: 0, correction,
  }; // prettier-ignore
}
