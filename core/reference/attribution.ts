/** SPEC §4.1–4.3: whose a resource is, what counts a sample, and at which prices. */
import type { MeterRecord, PriceRecord } from '../messages/control.ts';
import { pathUp, type Tenant } from './state.ts';

/** The account that owns a resource at an instant; the suspense account for none; `undefined` without either. */
export function ownerAt(tenant: Tenant, resource: string, instantMs: number): number | undefined {
  for (const pattern of patternsOf(resource)) {
    const records = (tenant.ownership.get(pattern) ?? []).filter((record) => record.fromMs <= instantMs);
    const newest = Math.max(...records.map((record) => record.fromMs));
    const record = records.findLast((candidate) => candidate.fromMs === newest);
    if (record !== undefined) return record.account;
  }
  return suspenseOf(tenant);
}

/** Itself, then `x/*` of everything above it, longest first. */
export function patternsOf(resource: string): string[] {
  const patterns = [resource];
  for (let end = resource.lastIndexOf('/'); end > 0; end = resource.lastIndexOf('/', end - 1)) {
    patterns.push(`${resource.slice(0, end)}/*`);
  }
  return patterns;
}

function suspenseOf(tenant: Tenant): number | undefined {
  return [...tenant.accounts.values()].find((account) => account.type === 'suspense')?.id;
}

/** The meters that take a sample, by id. */
export function metersOf(tenant: Tenant, metric: string, dims: Readonly<Record<string, string>>): MeterRecord[] {
  return [...tenant.meters.values()]
    .filter((meter) => meter.metric === metric)
    .filter((meter) => Object.entries(meter.filter).every(([name, values]) => hasOneOf(dims, name, values)))
    .filter((meter) => meter.slots?.directions === undefined || directionOf(meter, dims) !== undefined)
    .sort((a, b) => byCodeUnit(a.id, b.id));
}

/** Which way a sample goes, of a meter that looks at that; an absent dimension counts as "". */
export function directionOf({ slots }: MeterRecord, dims: Readonly<Record<string, string>>): 'in' | 'out' | undefined {
  const { directions } = slots ?? {};
  if (directions === undefined) return undefined;
  const value = Object.hasOwn(dims, directions.dimension) ? dims[directions.dimension]! : '';
  return (['in', 'out'] as const).find((way) => directions[way].includes(value));
}

function hasOneOf(dims: Readonly<Record<string, string>>, name: string, values: readonly string[]): boolean {
  const value = Object.hasOwn(dims, name) ? dims[name] : undefined;
  return value !== undefined && values.includes(value);
}

/** The price versions that a meter's usage pays at an instant: one per service and component, in that order. */
export function pricesAt(tenant: Tenant, account: number, meter: string, instantMs: number): readonly PriceRecord[] {
  const answers = given.get(tenant) ?? new Map<string, Answer>();
  given.set(tenant, answers);
  const key = `${account} ${meter}`;
  const last = answers.get(key);
  if (last !== undefined && last.fromMs <= instantMs && instantMs < last.untilMs) return last.prices;
  const prices = [...tenant.prices.values()].filter((price) => price.meter === meter);
  const instants = prices.map((price) => price.effectiveFromMs);
  const answer = {
    fromMs: Math.max(0, ...instants.filter((instant) => instant <= instantMs)),
    untilMs: Math.min(Number.MAX_SAFE_INTEGER, ...instants.filter((instant) => instant > instantMs)),
    prices: inForce(prices, [...pathUp(tenant, account), 0], instantMs),
  };
  answers.set(key, answer);
  return answer.prices;
}

/** Holds from one instant at which a price of the meter takes effect to the next. */
interface Answer {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly prices: readonly PriceRecord[];
}

/** The last answers, for logs of millions of samples. A tenant is never changed, each control message makes a new one. */
const given = new WeakMap<Tenant, Map<string, Answer>>();

function inForce(prices: readonly PriceRecord[], scopes: readonly number[], instantMs: number): PriceRecord[] {
  const components = new Map(prices.map((price) => [JSON.stringify([price.service, price.component]), price]));
  return [...components.values()]
    .sort((a, b) => byCodeUnit(a.service, b.service) || byCodeUnit(a.component, b.component))
    .flatMap(({ service, component }) => {
      const versions = prices.filter((price) => price.service === service && price.component === component);
      return nearest(versions, scopes, instantMs);
    });
}

/** The version in force in the nearest scope that has one. */
function nearest(versions: readonly PriceRecord[], scopes: readonly number[], instantMs: number): PriceRecord[] {
  for (const scope of scopes) {
    const inForce = versions.filter((price) => price.account === scope && price.effectiveFromMs <= instantMs);
    inForce.sort((a, b) => b.effectiveFromMs - a.effectiveFromMs || b.id - a.id);
    if (inForce[0] !== undefined) return [inForce[0]];
  }
  return [];
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
