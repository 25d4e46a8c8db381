/** For how much of a tally's period its price is in force (SPEC §8.9): what the figures that a price prorates are multiplied by. */
import type { AccountRecord } from '../messages/control.ts';
import type { PriceRecord } from '../messages/price.ts';
import type { TallyEntry } from '../messages/rated.ts';
import type { Part } from '../pricing/prorate.ts';
import { dayBegunBy, daysBetween, requireDate, startOfDayMs } from '../time/dates.ts';
import type { Period } from '../time/period.ts';
import { isNewer } from './attribution.ts';
import type { Master } from './state.ts';

export type TallyPeriod = Pick<TallyEntry, 'account' | 'price' | 'periodStartMs' | 'periodEndMs'>;

/** Of one version of the master data: a sample asks of every tally. */
const known = new WeakMap<Master, Map<string, Part | undefined>>();

/** Undefined for all of the period, and for a price that prorates nothing. */
export function partOf(master: Master, tally: TallyPeriod): Part | undefined {
  const record = master.prices.get(tally.price)?.record;
  if (record?.prorate === undefined) return undefined;
  let parts = known.get(master);
  if (parts === undefined) known.set(master, (parts = new Map()));
  const key = `${tally.price} ${tally.account} ${tally.periodStartMs}`;
  if (!parts.has(key)) {
    const chain = master.accounts.get(tally.account)!.chain.map((node) => node.record);
    const rivals = (master.pricesByMeter.get(record.meter) ?? []).map((price) => price.record);
    const whole = { startMs: tally.periodStartMs, endMs: tally.periodEndMs };
    parts.set(key, partInForce(record, rivals, chain, whole));
  }
  return parts.get(key);
}

/** `rivals` are the prices of its meter, itself among them; `chain` is the tally's account, then those above it. */
export function partInForce(
  record: PriceRecord,
  rivals: Iterable<PriceRecord>,
  chain: readonly AccountRecord[],
  whole: Period,
): Part | undefined {
  const { timeZone } = chain[0]!;
  let { startMs, endMs } = whole;
  const cut = (fromMs: number, toMs: number) => {
    startMs = Math.min(Math.max(startMs, fromMs), whole.endMs);
    endMs = Math.min(endMs, toMs);
  };
  cut(record.effectiveFromMs, whole.endMs);
  const start = chain.find(({ startsOn }) => startsOn !== undefined)?.startsOn;
  const beganMs = start === undefined ? whole.startMs : startOfDayMs(requireDate(start), timeZone);
  if (beganMs < whole.endMs) cut(beganMs, whole.endMs);
  const scopes = [...chain.map(({ id }) => id), 0];
  const rank = scopes.indexOf(record.account);
  for (const rival of rivals) {
    const isRival = rival.service === record.service && rival.component === record.component;
    const rivalRank = isRival ? scopes.indexOf(rival.account) : -1;
    // A nearer scope always goes before, and in the same one what is newer.
    const takesOver = rivalRank >= 0 && (rivalRank < rank || (rivalRank === rank && isNewer(rival, record)));
    if (takesOver) cut(whole.startMs, rival.effectiveFromMs);
  }
  const untilMs = Math.max(startMs, endMs);
  const measure = record.prorate!.by === 'day' ? daysBy(whole, timeZone) : (ms: number) => BigInt(ms - whole.startMs);
  const part = { inForce: measure(untilMs) - measure(startMs), of: measure(whole.endMs) };
  return part.inForce === part.of ? undefined : part;
}

/** Days of the zone that have ended by an instant of the period, the last one with the period: each is its part's in whose time it ends. */
function daysBy({ startMs, endMs }: Period, timeZone: string): (instantMs: number) => bigint {
  const first = dayBegunBy(startMs, timeZone);
  const ended = (instantMs: number) => daysBetween(first, dayBegunBy(instantMs, timeZone));
  return (instantMs) => BigInt(instantMs === endMs ? ended(endMs - 1) + 1 : ended(instantMs));
}

export const isSamePart = (a: Part | undefined, b: Part | undefined): boolean =>
  a?.inForce === b?.inForce && a?.of === b?.of;
