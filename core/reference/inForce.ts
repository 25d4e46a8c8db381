/** SPEC §8.9: for how much of a tally's period its price is in force: stretch by stretch, or day by day. */
import type { PriceRecord } from '../messages/control.ts';
import { pricesAt } from './attribution.ts';
import type { Span } from './calendar.ts';
import { fraction, type Fraction } from './prices/fraction.ts';
import { prorated } from './prices/prorated.ts';
import type { Tally, Tenant } from './state.ts';
import { startOf } from './tallyPlace.ts';

type Place = Pick<Tally, 'account' | 'period'>;

/** The price with the figures that it has for that period of the account. */
export function priceFor(tenant: Tenant, price: PriceRecord, { account, period }: Place): PriceRecord {
  if (price.prorate === undefined) return price;
  const answers = given.get(tenant) ?? new Map<string, PriceRecord>();
  given.set(tenant, answers);
  const key = `${price.id} ${account} ${period.startMs}`;
  const known = answers.get(key) ?? prorated(price, shareInForce(tenant, price, account, period));
  answers.set(key, known);
  return known;
}

/** A tenant is never changed, each control message makes a new one. */
const given = new WeakMap<Tenant, Map<string, PriceRecord>>();

function shareInForce(tenant: Tenant, price: PriceRecord, account: number, period: Span): Fraction {
  const { timeZone } = tenant.accounts.get(account)!;
  const begins = (day: Temporal.PlainDate): number => day.toZonedDateTime({ timeZone }).epochMilliseconds;
  const start = startOf(tenant, account);
  const startMs = start === undefined ? 0 : begins(Temporal.PlainDate.from(start));
  const isInForce = (atMs: number): boolean =>
    (atMs >= startMs || startMs >= period.endMs) &&
    pricesAt(tenant, account, price.meter, atMs).some(({ id }) => id === price.id);

  if (price.prorate!.by === 'second') {
    const changes = [startMs, ...[...tenant.prices.values()].map(({ effectiveFromMs }) => effectiveFromMs)];
    const within = changes.filter((instant) => instant > period.startMs && instant < period.endMs);
    const edges = [period.startMs, ...within.sort((a, b) => a - b), period.endMs];
    const lengths = edges.slice(1).map((end, i) => (isInForce(edges[i]!) ? end - edges[i]! : 0));
    return fraction(BigInt(lengths.reduce((sum, length) => sum + length, 0)), BigInt(period.endMs - period.startMs));
  }
  let day = new Temporal.ZonedDateTime(BigInt(period.startMs) * 1_000_000n, timeZone).toPlainDate();
  if (begins(day.add({ days: 1 })) <= period.startMs) day = day.add({ days: 1 });
  const counted = { all: 0n, inForce: 0n };
  for (; begins(day) < period.endMs; day = day.add({ days: 1 })) {
    const lastMs = Math.min(begins(day.add({ days: 1 })), period.endMs) - 1;
    counted.all += 1n;
    if (isInForce(lastMs)) counted.inForce += 1n;
  }
  return fraction(counted.inForce, counted.all);
}
