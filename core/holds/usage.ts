/** What usage that may come would cost an account now: the charge that is really made, on the tallies as they stand (SPEC §15.6). */
import type { AskedUsage, ExplainedUsage } from '../messages/checks.ts';
import type { MeterRecord } from '../messages/control.ts';
import type { PriceRecord } from '../messages/price.ts';
import { batchLimits } from '../metering/batch.ts';
import { MeterlineError } from '../errors.ts';
import { divideRounded, formatAmount, parseDecimal, parseRational, pow10 } from '../money/fixed.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import { estimate } from '../pricing/estimate.ts';
import { pricesAt, Window } from '../rating/attribution.ts';
import { reached } from '../rating/measures.ts';
import { hasRoom } from '../rating/portions.ts';
import { cellOf, isOwnCell } from '../rating/rollover.ts';
import { tallyKey, type Account, type Tally, type Tenant } from '../rating/state.ts';
import { newTally, settle, takeOver } from '../rating/tally.ts';
import { periodOf, tallyAccountOf } from '../rating/tallyPlace.ts';
import { holdError } from './errors.ts';

export interface Cost {
  /** Pico, never negative: usage that makes what came before cheaper needs no room. */
  readonly amount: bigint;
  readonly currency: string;
  /** Absent where prices of several services charge it. */
  readonly service?: string;
  readonly priced: readonly ExplainedUsage[];
}

/** Changes nothing. Returns CHECK_METER_UNKNOWN or CHECK_USAGE_INVALID where it cannot be told. */
export function costOf(tenant: Tenant, account: Account, usage: AskedUsage, atMs: number): Cost | MeterlineError {
  const { master } = tenant;
  const meter = master.meters.get(usage.meter);
  if (meter === undefined) return holdError('CHECK_METER_UNKNOWN', `It is ${usage.meter}.`, { meter: usage.meter });
  const prices = pricesAt(master, meter.id, account, new Window(atMs));
  const parts: { readonly record: PriceRecord; readonly increment: bigint; readonly explained: ExplainedUsage }[] = [];
  for (const price of prices) {
    const part = partOf(tenant, account, { price, meter, usage, atMs });
    if (part instanceof MeterlineError) return part;
    if (part !== undefined) parts.push({ record: price.record, ...part });
  }
  if (parts.length === 0 && usage.unit === undefined && quantityOf(usage, meter) === undefined)
    return unreadable(usage, meter);
  const currencies = [...new Set(parts.map(({ record }) => record.currency))];
  if (currencies.length > 1)
    return invalid('meter', `${meter.id} is charged in ${currencies.join(' and ')} at once: ask for amounts`);
  const services = new Set(parts.map(({ record }) => record.service));
  const [service] = services;
  const sum = parts.reduce((all, { increment }) => all + increment, 0n);
  return {
    amount: sum > 0n ? sum : 0n,
    currency: currencies[0] ?? master.record.currency,
    ...(services.size === 1 ? { service: service! } : {}),
    priced: parts.map(({ explained }) => explained),
  };
}

interface Asked {
  readonly price: CompiledPrice;
  readonly meter: MeterRecord;
  readonly usage: AskedUsage;
  readonly atMs: number;
}

/** What one price would charge; undefined where it has no part or period for it. */
function partOf(tenant: Tenant, account: Account, { price, meter, usage, atMs }: Asked) {
  const { record } = price;
  const tallyAccount = tallyAccountOf(record, account);
  const { timeZone } = tallyAccount.record;
  const period = periodOf(record, tallyAccount, atMs);
  const cell = price.cellAt({ dims: usage.dims ?? {}, atMs, timeZone, boundary: () => undefined });
  if (period === undefined || cell === undefined) return undefined;
  const isOfResource = record.tallyScope === 'resource';
  if (isOfResource && usage.resource === undefined)
    return invalid('resource', `${record.key} counts each resource by itself: name one`);
  const quantity = quantityOf(usage, meter, record);
  if (quantity === undefined) return unreadable(usage, meter, record);
  const place = {
    account: tallyAccount.record.id,
    resource: isOfResource ? (tenant.resourcesByName.get(usage.resource!)?.id ?? 0) : 0,
    price: record.id,
    meter: meter.id,
    periodStartMs: period.startMs,
    ...(cell.key === '' ? {} : { cell: cell.key }),
  };
  const known = tenant.talliesByKey.get(tallyKey(place));
  const tally =
    known !== undefined && known.entry.id !== 0 ? known : begun(tenant, price, { ...place, periodEndMs: period.endMs });
  if (tally.entry.id === 0 && !hasRoom(tenant, price, tally.entry))
    return invalid('dims', `${record.key} has no room for another group`);
  settle(tally);
  const charging = (isOwnCell(price, tally) ? cellOf(tenant.master, tally) : undefined) ?? cell;
  const { increment, stepsBefore, stepsAfter } = estimate(charging, reached(tally), [{ quantity, events: 1 }]);
  const { service, component, key, version } = record;
  const amount = formatAmount(increment);
  return {
    increment,
    explained: { service, component, price: key, version, cell: cell.key, amount, stepsBefore, stepsAfter },
  };
}

/** As its first sample would find it, and kept nowhere. */
function begun(
  tenant: Tenant,
  price: CompiledPrice,
  place: Pick<Tally['entry'], 'account' | 'resource' | 'price' | 'meter' | 'periodStartMs' | 'periodEndMs' | 'cell'>,
): Tally {
  const tally = newTally({ id: 0, tenant: tenant.id, ...place, firstMs: 0, carried: '0' });
  takeOver(tenant, tally, price);
  return tally;
}

/** In tally units at the meter's scale; priced units become the nearest whole number of them, for no sample has parts of one. */
function quantityOf(
  { quantity: text, unit }: AskedUsage,
  { scale }: MeterRecord,
  price?: PriceRecord,
): bigint | undefined {
  const priced = parseRational(text);
  if (priced === undefined || priced.numerator < 0n || (unit !== undefined && unit !== price?.unit.name))
    return undefined;
  const quantity =
    unit === undefined
      ? parseDecimal(text, scale)
      : divideRounded(
          priced.numerator * BigInt(price!.unit.denominator) * pow10(scale),
          priced.denominator * BigInt(price!.unit.numerator),
          'halfEven',
        );
  return quantity !== undefined && quantity <= batchLimits.quantityMax ? quantity : undefined;
}

function unreadable({ quantity, unit }: AskedUsage, meter: MeterRecord, price?: PriceRecord): MeterlineError {
  if (unit !== undefined && price !== undefined && unit !== price.unit.name)
    return invalid('unit', `${price.key} charges ${price.unit.name}, not ${unit}`);
  return invalid(
    'quantity',
    `${quantity} is no number from 0 to 10^22 steps of ${meter.unit}, ${meter.scale} decimals`,
  );
}

const invalid = (path: string, what: string): MeterlineError =>
  holdError('CHECK_USAGE_INVALID', `${path}: ${what}.`, { faults: [`${path}: ${what}`] });
