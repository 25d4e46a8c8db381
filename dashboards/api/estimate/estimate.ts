/** What hypothetical usage would cost on top of today's tally, explained and without any effect. */
import type { PriceEstimate } from '#core/messages/api.ts';
import type { AccountRecord, MeterRecord } from '#core/messages/control.ts';
import type { PriceRecord } from '#core/messages/price.ts';
import { divideRounded, formatAmount, formatDecimal, parseRational, pow10 } from '#core/money/fixed.ts';
import { compilePrice } from '#core/pricing/compile.ts';
import { estimate } from '#core/pricing/estimate.ts';
import { partInForce } from '#core/rating/inForce.ts';
import { periodAt } from '#core/time/period.ts';
import { tallyPeriodAt } from '#core/time/tallyPeriod.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { chainOf } from '../chain.ts';
import { tallyNow } from './tallyNow.ts';

export interface EstimateQuestion {
  /** Key of a price; of its versions the one in force then is asked. */
  readonly price: string;
  /** Of one event, in priced units, decimal text. */
  readonly quantity: string;
  readonly events: number;
  /** Slug; without it the account that the price is made for, or the root. */
  readonly account?: string | undefined;
  /** For a price whose tallies are per resource. */
  readonly resource?: string | undefined;
  /** Of the hypothetical samples. */
  readonly dims: Readonly<Record<string, string>>;
  /** UTC ms. */
  readonly atMs: number;
}

export interface EstimatePorts {
  readonly master: Pick<Ports['master'], 'accounts' | 'meter' | 'prices' | 'series' | 'tenants'>;
  readonly store: Pick<Ports['store'], 'tallyRows' | 'resourceId'>;
}

/** Throws ESTIMATE_INVALID for what no such price, account or part answers. */
export async function estimatePrice(
  ports: EstimatePorts,
  log: Log,
  tenant: string,
  question: EstimateQuestion,
): Promise<PriceEstimate> {
  const { atMs, dims, events } = question;
  const [accounts, prices, tenants] = await Promise.all([
    ports.master.accounts(tenant),
    ports.master.prices(tenant),
    ports.master.tenants(),
  ]);
  const price = versionAt(prices, question);
  const account = accountOf(accounts, price, question.account);
  const meter = await ports.master.meter(tenant, price.meter);
  if (meter === undefined) throw refuse(`Its meter ${price.meter} is not on record.`);
  const whose = price.tallyScope === 'subtree' ? accounts.find(({ id }) => id === price.account)! : account;
  const { timeZone } = whose;
  const { model } = price;
  const series = model.kind === 'spot' ? await ports.master.series(tenant, model.series, atMs) : undefined;
  const compiled = compilePrice(price, meter, () => series);
  const part = compiled.cellAt({ dims, atMs, timeZone, boundary: () => undefined });
  if (part === undefined)
    throw refuse(`${price.key} has no part for a sample with ${JSON.stringify(dims)}; name its dimensions.`);
  if (price.tallyScope === 'resource' && question.resource === undefined)
    throw refuse(`${price.key} counts each resource by itself; name one.`);
  const quantity = tallyQuantity(question.quantity, price, meter);

  const period =
    price.period === undefined
      ? periodAt(atMs, timeZone)
      : tallyPeriodAt(
          atMs,
          timeZone,
          price.period,
          chainOf(accounts, whose.id).find(({ startsOn }) => startsOn)?.startsOn,
        );
  if (period === undefined) throw refuse(`${price.key} has no period then, and does not price ${account.slug}.`);
  const { startMs: periodStartMs, endMs: periodEndMs } = period;
  const partition = tenants.find(({ id }) => id === tenant)?.partition ?? 0;
  // A resource that no row names has the number of none.
  const resource =
    price.tallyScope === 'resource' ? await ports.store.resourceId(tenant, question.resource!) : undefined;
  const place = {
    partition, account: whose.id, isPool: price.tallyScope === 'subtree', price: price.id, meter: price.meter, cell: part.key, periodStartMs,
    resource: price.tallyScope === 'resource' ? (resource ?? 0) : undefined,
  }; // prettier-ignore
  const now = await tallyNow(ports.store, log, tenant, place, { price, prices });
  const rivals = prices.filter(({ meter: counted }) => counted === price.meter);
  const inForce = price.prorate && partInForce(price, rivals, chainOf(accounts, whose.id), period);
  const cell = now.free === 0n && inForce === undefined ? part : compiled.cellWith(part.key, now.free, inForce)!;
  const result = estimate(cell, now.measures, [{ quantity, events }]);
  const carriedCharge = cell.charge(now.carried);
  const tally = (value: bigint): string => formatDecimal(value - now.carried.quantity, meter.scale);
  return {
    price,
    account: { id: account.id, slug: account.slug },
    atMs,
    periodStartMs,
    periodEndMs,
    cell: cell.key,
    standing: now.standing,
    quantity: question.quantity,
    events,
    tallyBefore: tally(now.measures.quantity),
    tallyAfter: tally(result.measuresAfter.quantity),
    chargeBefore: formatAmount(result.before - carriedCharge),
    chargeAfter: formatAmount(result.after - carriedCharge),
    increment: formatAmount(result.increment),
    stepsBefore: result.stepsBefore,
    stepsAfter: result.stepsAfter,
    isExact: meter.aggregation === 'sum' || meter.aggregation === 'count' || meter.aggregation === 'timeWeighted',
  };
}

function versionAt(
  prices: readonly PriceRecord[],
  { price: key, atMs }: Pick<EstimateQuestion, 'price' | 'atMs'>,
): PriceRecord {
  const versions = prices.filter((price) => price.key === key);
  if (versions.length === 0) throw refuse(`There is no price ${key}.`);
  const inForce = versions
    .filter((price) => price.effectiveFromMs <= atMs)
    .toSorted((a, b) => b.effectiveFromMs - a.effectiveFromMs || b.id - a.id)[0];
  if (inForce === undefined) throw refuse(`No version of ${key} is in force then.`);
  return inForce;
}

function accountOf(accounts: readonly AccountRecord[], price: PriceRecord, slug: string | undefined): AccountRecord {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const account =
    slug !== undefined
      ? accounts.find((candidate) => candidate.slug === slug)
      : (byId.get(price.account) ?? accounts.find(({ parent, type }) => parent === 0 && type !== 'suspense'));
  if (account === undefined) throw refuse(`There is no account ${slug ?? ''}.`);
  if (price.account === 0) return account;
  for (let node: AccountRecord | undefined = account; node !== undefined; node = byId.get(node.parent))
    if (node.id === price.account) return account;
  throw refuse(
    `${price.key} is the price of ${byId.get(price.account)?.slug ?? price.account}, not of ${account.slug}.`,
  );
}

/** Priced units as tally units: the nearest whole number of them, for no sample has parts of one. */
function tallyQuantity(text: string, { unit }: PriceRecord, { scale }: MeterRecord): bigint {
  const priced = parseRational(text);
  if (priced === undefined || priced.numerator < 0n) throw refuse(`"${text}" is no quantity.`);
  const top = priced.numerator * BigInt(unit.denominator) * pow10(scale);
  return divideRounded(top, priced.denominator * BigInt(unit.numerator), 'halfEven');
}

const refuse = (detail: string) => dashboardsError('ESTIMATE_INVALID', detail);
