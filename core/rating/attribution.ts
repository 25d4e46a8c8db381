/** Who owns a resource and which prices apply, at an instant, and until when that stays so (SPEC §4.1–4.3). */
import type { CompiledPrice } from '../pricing/compiled.ts';
import type { MeterRecord, PriceRecord } from '../messages/control.ts';
import { directionOf } from './slots.ts';
import type { Account, Master } from './state.ts';

/** Collects the instants at which an answer may change, and keeps the window around `atMs` that is free of them. */
export class Window {
  readonly atMs: number;
  fromMs = 0;
  toMs = Number.MAX_SAFE_INTEGER;

  constructor(atMs: number) {
    this.atMs = atMs;
  }

  boundary(instantMs: number): void {
    if (instantMs <= this.atMs) this.fromMs = Math.max(this.fromMs, instantMs);
    else this.toMs = Math.min(this.toMs, instantMs);
  }
}

/** The owner's account, the suspense account, or undefined when the tenant has neither. */
export function ownerAt(master: Master, resource: string, window: Window): Account | undefined {
  let owner: Account | undefined;
  for (const pattern of patternsOf(resource)) {
    const records = master.ownership.get(pattern);
    if (records === undefined) continue;
    for (const record of records) window.boundary(record.fromMs);
    if (owner !== undefined) continue;
    const current = records.findLast((record) => record.fromMs <= window.atMs);
    if (current !== undefined) owner = master.accounts.get(current.account);
  }
  return owner ?? master.suspense;
}

/** `a/b/c` is matched by itself, then `a/b/*`, then `a/*`. */
function* patternsOf(resource: string): Generator<string> {
  yield resource;
  for (let slash = resource.lastIndexOf('/'); slash > 0; slash = resource.lastIndexOf('/', slash - 1)) {
    yield `${resource.slice(0, slash)}/*`;
  }
}

/** Meters that take a sample of this metric with these dimensions, by id. */
export function metersOf(master: Master, metric: string, dims: Readonly<Record<string, string>>): MeterRecord[] {
  return (master.metersByMetric.get(metric) ?? []).filter(
    ({ filter, slots }) =>
      Object.entries(filter).every(([name, values]) => {
        const value = dims[name];
        return value !== undefined && values.includes(value);
      }) &&
      (slots?.directions === undefined || directionOf(slots.directions, dims) !== undefined),
  );
}

/** One price per (service, component): nearest scope with an effective version, newest effective first. */
export function pricesAt(master: Master, meter: string, account: Account, window: Window): CompiledPrice[] {
  const scopes = [...account.chain.map((node) => node.record.id), 0];
  const best = new Map<string, { price: CompiledPrice; rank: number }>();
  for (const price of master.pricesByMeter.get(meter) ?? []) {
    const { record } = price;
    const rank = scopes.indexOf(record.account);
    if (rank < 0) continue;
    window.boundary(record.effectiveFromMs);
    if (record.effectiveFromMs > window.atMs) continue;
    const key = `${record.service}\u0000${record.component}`;
    const known = best.get(key);
    if (known === undefined || rank < known.rank || (rank === known.rank && isNewer(record, known.price.record)))
      best.set(key, { price, rank });
  }
  return [...best.entries()].sort(([a], [b]) => compareText(a, b)).map(([, { price }]) => price);
}

/** Of two versions in one scope: whether the first goes before the other once it is effective. */
export function isNewer(a: PriceRecord, b: PriceRecord): boolean {
  const difference = a.effectiveFromMs - b.effectiveFromMs;
  return difference > 0 || (difference === 0 && a.id > b.id);
}

/** By code unit: the same order everywhere, whatever the locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
