/** SPEC §4.5 and 8.5: where a sample is cut, and what share of it each part has. */
import type { MeterRecord, PriceRecord } from '../messages/control.ts';
import { ownerAt, patternsOf, pricesAt } from './attribution.ts';
import type { Span } from './calendar.ts';
import { monthAt, type Month } from './month.ts';
import { Exact, roundedQuotient } from './number.ts';
import { cellAt, nextCellChange } from './prices/cells.ts';
import type { Sample } from './rows.ts';
import { pathUp, type Tenant } from './state.ts';
import { tallyAccount, tallyPeriod } from './tallyPlace.ts';

/** A piece of a sample within which nothing changes. */
export interface Part {
  readonly startMs: number;
  readonly endMs: number;
  readonly account: number;
  readonly month: Month;
  /** Per meter, in the meters' order: the prices that have a cell for it. */
  readonly prices: readonly (readonly Priced[])[];
}

export interface Priced {
  readonly price: PriceRecord;
  readonly cell: string;
  /** Whose the tally is, and its period. */
  readonly account: number;
  readonly period: Span;
}

/** The parts of [startMs, endMs) in order, at least one; `undefined` when a part has no owner. */
export function partsOf(
  tenant: Tenant,
  { resource, dims, startMs, endMs }: Pick<Sample, 'resource' | 'dims' | 'startMs' | 'endMs'>,
  meters: readonly MeterRecord[],
): Part[] | undefined {
  const parts: Part[] = [];
  let fromMs = startMs;
  do {
    const account = ownerAt(tenant, resource, fromMs);
    if (account === undefined) return undefined;
    const { timeZone } = tenant.accounts.get(account)!;
    const month = monthAt(fromMs, timeZone);
    const inForce = meters.map((meter) => pricesAt(tenant, account, meter.id, fromMs));
    const changes: number[] = [];
    const prices = inForce.map((list) =>
      list.flatMap((price): Priced[] => {
        const whose = tallyAccount(price, account);
        const place = { dims, atMs: fromMs, timeZone: tenant.accounts.get(whose)!.timeZone, series: tenant.series };
        const { period, nextMs } = tallyPeriod(tenant, price, whose, fromMs);
        changes.push(nextMs, nextCellChange(price.model, place, endMs));
        const cell = cellAt(price.model, place);
        return cell === undefined || period === undefined ? [] : [{ price, cell, account: whose, period }];
      }),
    );
    for (const [position, { slots }] of meters.entries()) {
      const tallied = prices[position]!.map(({ period }) => period.startMs);
      for (const start of tallied.length === 0 ? [month.startMs] : tallied)
        if (slots !== undefined) changes.push(start + (Math.floor((fromMs - start) / slots.lengthMs) + 1) * slots.lengthMs); // prettier-ignore
    }
    const untilMs = Math.min(...changes, nextCut(tenant, resource, meters, account, fromMs, endMs));
    parts.push({ startMs: fromMs, endMs: untilMs, account, month, prices });
    fromMs = untilMs;
  } while (fromMs < endMs);
  return parts;
}

/** The first instant after `fromMs` at which a record, a price or a month begins, or the end. */
function nextCut(
  tenant: Tenant,
  resource: string,
  meters: readonly MeterRecord[],
  account: number,
  fromMs: number,
  endMs: number,
): number {
  const nodes = pathUp(tenant, account);
  const instants: number[] = nodes.map((node) => monthAt(fromMs, tenant.accounts.get(node)!.timeZone).endMs);
  for (const pattern of patternsOf(resource)) {
    for (const record of tenant.ownership.get(pattern) ?? []) instants.push(record.fromMs);
  }
  for (const price of tenant.prices.values()) {
    const isInScope = price.account === 0 || nodes.includes(price.account);
    if (isInScope && meters.some((meter) => meter.id === price.meter)) instants.push(price.effectiveFromMs);
  }
  return Math.min(endMs, ...instants.filter((instant) => instant > fromMs));
}

/** What of a delta falls before `untilMs`, in whole units; the parts' shares are differences of it and add up. */
function shareUntil(quantity: Exact, startMs: number, endMs: number, untilMs: number): Exact {
  if (untilMs === endMs) return quantity;
  return roundedQuotient(quantity.times(untilMs - startMs), new Exact(endMs - startMs), 0);
}

/** What of a sample came before an instant: of a delta its share, of a level the level times the milliseconds. */
export function begunBy(
  instantMs: number,
  kind: 'delta' | 'level',
  quantity: Exact,
  startMs: number,
  endMs: number,
): Exact {
  if (instantMs === startMs) return new Exact(0);
  return kind === 'level' ? quantity.times(instantMs - startMs) : shareUntil(quantity, startMs, endMs, instantMs);
}

/** The part's share of a delta, or the level that it had throughout. */
export function quantityOf(
  part: Part,
  kind: 'delta' | 'level',
  quantity: Exact,
  startMs: number,
  endMs: number,
): Exact {
  if (kind === 'level') return quantity;
  const after = shareUntil(quantity, startMs, endMs, part.endMs);
  return part.startMs === startMs ? after : after.minus(shareUntil(quantity, startMs, endMs, part.startMs));
}
