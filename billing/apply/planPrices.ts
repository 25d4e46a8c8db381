import type { MeterRecord, PriceRecord } from '#core/messages/control.ts';
import type { SpotModel } from '#core/messages/price.ts';
import type { SeriesRecord } from '#core/messages/series.ts';
import { pricedUnit, pricedUnitNames, pricedUnitOfSlots, tallyUnit } from '#core/units/pricedUnits.ts';
import { billingLimits } from '../limits.ts';
import type { Faults } from './faults.ts';
import { compare, keeps, sameValue, type Item } from './item.ts';
import { locate } from './locate.ts';
import type { Organisation, Wanted, WantedPrice } from './organisation.ts';
import { refuseMisfits } from './priceProblems.ts';
import type { OwnershipContext } from './planOwnership.ts';

/** Usual rates by which a percentile of slots is priced, for messages. */
const rates = ['Mbit/s', 'Gbit/s', 'kW'];

export interface PriceContext extends OwnershipContext {
  /** Of the file; those of the database are in `present`. */
  readonly meters: readonly MeterRecord[];
  readonly series: readonly SeriesRecord[];
}

/** What all versions of a price share. */
const shared = ['service', 'component', 'meter', 'account', 'tallyScope', 'currency'] as const;

/** Everything but the id, which the database gives. */
const content = [
  'effectiveFromMs', 'unit', 'allowance', 'model', 'quantity', 'discountPercent', 'maximum', 'rollover', 'prorate', 'onVersion', 'plan', 'contract',
  'split', 'period', ...shared,
] as const; // prettier-ignore

export function planPrices(wanted: Organisation, context: PriceContext, faults: Faults): Item<PriceRecord>[] {
  const published = Map.groupBy(context.present.prices, (price) => price.key);
  const asked = Map.groupBy(wanted.prices, (price) => price.key);
  let lastId = context.present.lastPrice;
  const items = [...asked].flatMap(([key, versions]) => {
    const history = (published.get(key) ?? []).toSorted((a, b) => a.version - b.version);
    const known = [...history];
    return versions
      .toSorted((a, b) => a.version - b.version)
      .flatMap((price) => {
        const resolved = resolve(price, wanted.tenant.currency, context, faults);
        if (resolved === undefined) return [];
        const before = history.find(({ version }) => version === price.version);
        if (before !== undefined) {
          // The table of units may have grown better since: what was published stays as it was.
          const unit = before.unit.name === resolved.unit.name ? before.unit : resolved.unit;
          const after = { ...resolved, unit, id: before.id };
          keeps(before, after, content, { code: 'PRICE_FIXED', at: price.at, faults });
          return [compare(`${key} v${price.version}`, before, after)];
        }
        const after = { ...resolved, id: ++lastId };
        checkSuccession(price, after, { known, hasHistory: history.length > 0, nowMs: context.nowMs }, faults);
        known.push(after);
        return [compare<PriceRecord>(`${key} v${price.version}`, undefined, after)];
      });
  });
  checkRivals(wanted, items, context.present.prices, faults);
  checkComponents(wanted, items, context, faults);
  return items;
}

function resolve(
  price: Wanted<WantedPrice>,
  tenantCurrency: string,
  context: PriceContext,
  faults: Faults,
): Omit<PriceRecord, 'id'> | undefined {
  const { at: _, entry, chargedIn, meter: meterRef, per, account: accountRef, effectiveFromMs, ...rest } = price;
  const meter = [...context.meters, ...context.present.meters].find(({ id }) => id === meterRef.name);
  const account = accountRef === undefined ? 0 : context.accountIds.get(accountRef.name);
  if (account === undefined) faults.unknown(accountRef!, 'the slug of an account');
  if (meter === undefined) {
    faults.unknown(meterRef, 'the id of a meter');
    return undefined;
  }
  if (rest.model.kind === 'spot' && chargedIn !== undefined)
    faults.add('CURRENCY_FOREIGN', chargedIn.at, chargedIn.name, `${tenantCurrency}, as every reference series`);
  if (rest.model.kind === 'spot') checkSeries(rest.model, price, context, faults);
  const currency = chargedIn?.name ?? tenantCurrency;
  const tally = tallyUnit(meter.unit, meter.aggregation);
  const slotMs = meter.slots?.lengthMs;
  const unit =
    pricedUnit(tally, per.name) ?? (slotMs === undefined ? undefined : pricedUnitOfSlots(meter.unit, slotMs, per.name));
  if (unit === undefined) {
    const names = [
      ...pricedUnitNames(tally),
      ...(slotMs === undefined
        ? []
        : rates.filter((rate) => pricedUnitOfSlots(meter.unit, slotMs, rate) !== undefined)),
    ];
    faults.add(
      'UNIT_UNKNOWN',
      per.at,
      per.name,
      names.length > 0 ? `one of ${names.join(', ')}` : `a meter in another unit than ${tally}`,
    );
  }
  if (account === undefined || unit === undefined) return undefined;
  const record = { ...rest, meter: meter.id, currency, account, effectiveFromMs: effectiveFromMs ?? 0, unit };
  // Meters of the file were looked at when the price was read.
  if (!context.meters.includes(meter)) refuseMisfits({ ...record, id: 1 }, entry, meter, faults);
  return record;
}

/** A point is for one of the priced units: a factor between the two would be a slip. */
function checkSeries(
  { series: id }: SpotModel,
  { entry, per }: Wanted<WantedPrice>,
  context: PriceContext,
  faults: Faults,
): void {
  const series = [...context.series, ...context.present.series].find((known) => known.id === id);
  if (series === undefined)
    faults.unknown({ name: id, at: locate(entry.node, 'model.series').at }, 'the id of a reference series');
  else if (series.unit !== per.name)
    faults.add('SERIES_UNIT_MISMATCH', per.at, per.name, `${series.unit}, as the series`);
}

/** Versions are gapless, take effect one after another, and share what makes them one price. */
function checkSuccession(
  price: Wanted<WantedPrice>,
  after: PriceRecord,
  history: { readonly known: readonly PriceRecord[]; readonly hasHistory: boolean; readonly nowMs: number },
  faults: Faults,
): void {
  const { at } = price;
  const previous = history.known.at(-1);
  const expectedVersion = (previous?.version ?? 0) + 1;
  if (price.version !== expectedVersion)
    faults.add('VERSION_GAP', at, `version ${price.version}`, `version ${expectedVersion}`);
  if (previous === undefined) return;
  if (price.effectiveFromMs === undefined) faults.add('KEY_MISSING', at, '', 'an effectiveFrom for a later version');
  else if (price.effectiveFromMs <= previous.effectiveFromMs) {
    faults.add(
      'EFFECTIVE_NOT_LATER',
      at,
      isoOf(price.effectiveFromMs),
      `a date after ${isoOf(previous.effectiveFromMs)}`,
    );
  } else if (history.hasHistory && price.effectiveFromMs <= history.nowMs) {
    faults.add('PRICE_IN_THE_PAST', at, isoOf(price.effectiveFromMs), `a date after ${isoOf(history.nowMs)}`);
  }
  for (const field of shared) {
    if (!sameValue(previous[field], after[field])) {
      faults.add(
        'VALUE_INVALID',
        at,
        `${field}: ${after[field]}`,
        `${field} of version ${previous.version}, ${previous[field]}`,
      );
    }
  }
}

/** Two prices of one component, meter and scope would hide one another. */
function checkRivals(
  wanted: Organisation,
  items: readonly Item<PriceRecord>[],
  published: readonly PriceRecord[],
  faults: Faults,
): void {
  const owner = new Map<string, string>();
  const place = ({ service, component, meter, account }: PriceRecord) =>
    JSON.stringify([service, component, meter, account]);
  for (const price of published) owner.set(place(price), price.key);
  for (const { after } of items) {
    const rival = owner.get(place(after));
    if (rival === undefined) owner.set(place(after), after.key);
    else if (rival !== after.key) {
      const at = wanted.prices.find((price) => price.key === after.key && price.version === after.version)!.at;
      faults.add('DUPLICATE', at, after.key, `another component, meter or account than ${rival} has`);
    }
  }
}

/** A sample is charged by every component of its metric, and all of a batch's charges must fit into one commit. */
function checkComponents(
  wanted: Organisation,
  items: readonly Item<PriceRecord>[],
  { meters, present }: PriceContext,
  faults: Faults,
): void {
  const metricOf = new Map([...present.meters, ...meters].map(({ id, metric }) => [id, metric]));
  const components = new Map<string, Set<string>>();
  const count = ({ meter, service, component }: PriceRecord): number => {
    const metric = metricOf.get(meter)!;
    const known = components.get(metric) ?? new Set();
    components.set(metric, known.add(JSON.stringify([meter, service, component])));
    return known.size;
  };
  for (const price of present.prices) count(price);
  for (const { after, status } of items) {
    if (count(after) <= billingLimits.componentsPerMetricMax || status === 'unchanged') continue;
    const { at } = wanted.prices.find(({ key, version }) => key === after.key && version === after.version)!;
    faults.add('COMPONENTS_TOO_MANY', at, after.key, `at most ${billingLimits.componentsPerMetricMax} for one metric`);
  }
}

const isoOf = (ms: number): string => new Date(ms).toISOString();
