/** What a period leaves of its allowance goes on into later ones (SPEC §12.5): what a tally is carried over, and from where. */
import { carryOver } from '../credits/allowance.ts';
import { parseRational } from '../money/fixed.ts';
import { toScaled } from '../money/rational.ts';
import type { Cell, CompiledPrice } from '../pricing/compiled.ts';
import { proratedTerms, type Part } from '../pricing/prorate.ts';
import { closedUntil } from './billingUnit.ts';
import { versionsBefore } from './carry.ts';
import { partOf } from './inForce.ts';
import { reached } from './measures.ts';
import type { Master, PartitionState, Tally, Tenant } from './state.ts';
import { periodOf } from './tallyPlace.ts';

/** The oldest first: how many periods ago it was given, and what is left of it, in 10⁻¹² priced units, above 0. */
export type RolledOver = readonly (readonly [age: number, left: bigint])[];

export const nothingRolled: RolledOver = [];

/** The cell of a tally, with all that is free in it, for the part of its period in which its price is in force. */
export function cellOf(master: Master, { entry, rolled }: Tally): Cell | undefined {
  const price = master.prices.get(entry.price);
  const key = entry.cell ?? '';
  const part = partOf(master, entry);
  if (rolled.length === 0 && part === undefined) return price?.cell(key);
  return price?.cellWith(
    key,
    rolled.reduce((sum, [, left]) => sum + left, 0n),
    part,
  );
}

/** Whether a tally may be charged by another cell than its price has for all. */
export const isOwnCell = (price: CompiledPrice | undefined, { rolled }: Tally): boolean =>
  rolled.length > 0 || price?.record.prorate !== undefined;

/** Tells the lineage of a tally that it has begun (1), or that it has not after all (-1). */
export function enlist({ master, lineages }: Tenant, tally: Tally, change: 1 | -1): void {
  const price = master.prices.get(tally.entry.price);
  if (price === undefined || !master.rollingKeys.has(price.record.key)) return;
  const key = lineageKey(price, tally);
  const known = lineages.get(key);
  if (change === -1) known?.splice(known.indexOf(tally), 1);
  else if (known === undefined) lineages.set(key, [tally]);
  else known.push(tally);
}

/** A version may be the first of its key to let allowances go on: what its key has tallied so far is in the lineages, too. */
export function enlistBegun({ tallies }: PartitionState, tenant: Tenant, before: Master): void {
  const { rollingKeys, prices } = tenant.master;
  const begun = new Set([...rollingKeys].filter((key) => !before.rollingKeys.has(key)));
  if (begun.size === 0) return;
  for (const tally of tallies)
    if (tally.entry.tenant === tenant.id && begun.has(prices.get(tally.entry.price)?.record.key ?? ''))
      enlist(tenant, tally, 1);
}

const lineageKey = ({ record }: CompiledPrice, { entry }: Tally): string =>
  `${entry.account}|${entry.resource}|${entry.cell ?? ''}|${record.key}`;

/**
 * What a tally is carried over from the periods before it: nothing while the one before is open. A period without usage gives its
 * allowance, too, by the version that was used last.
 */
export function rolledInto({ master, lineages }: Tenant, tally: Tally, price: CompiledPrice): RolledOver {
  const { entry } = tally;
  const account = master.accounts.get(entry.account)!;
  if (price.record.rollover === undefined || closedUntil(master, account) < entry.periodStartMs) return nothingRolled;
  const versions = followedBy(master, price, entry.cell ?? '');
  let last: Tally | undefined;
  for (const known of lineages.get(lineageKey(price, tally)) ?? []) {
    if (!versions.has(known.entry.price) || known.entry.periodStartMs >= entry.periodStartMs) continue;
    if (last === undefined || isLater(master.prices, known, last)) last = known;
  }
  if (last === undefined) return nothingRolled;
  const from = master.prices.get(last.entry.price)!;
  const used = cellOf(master, last)!.used(reached(last, BigInt(last.cursor?.quantity ?? 0)));
  let rolled = passedOn(from, partOf(master, last.entry), last.rolled, used);
  for (let startMs = last.entry.periodEndMs; startMs < entry.periodStartMs;) {
    const { endMs } = periodOf(from.record, account, startMs)!;
    const unused = { ...last.entry, periodStartMs: startMs, periodEndMs: endMs };
    rolled = passedOn(from, partOf(master, unused), rolled, 0n);
    startMs = endMs;
  }
  return rolled;
}

/** Of one version of the master data, by price and cell: a close asks of every tally. */
const followed = new WeakMap<Master, Map<string, ReadonlySet<number>>>();

/** Its own version and those whose position it goes on from. */
function followedBy(master: Master, { record }: CompiledPrice, cell: string): ReadonlySet<number> {
  let known = followed.get(master);
  if (known === undefined) followed.set(master, (known = new Map()));
  const key = `${record.id} ${cell}`;
  let versions = known.get(key);
  if (versions === undefined) {
    const earlier = versionsBefore(master.versionsByKey.get(record.key) ?? [], record, cell);
    versions = new Set([record, ...earlier].map(({ id }) => id));
    known.set(key, versions);
  }
  return versions;
}

/** Of two tallies that one may follow: the later period counts, then the higher version. */
function isLater(prices: ReadonlyMap<number, CompiledPrice>, { entry: a }: Tally, { entry: b }: Tally): boolean {
  if (a.periodStartMs !== b.periodStartMs) return a.periodStartMs > b.periodStartMs;
  return prices.get(a.price)!.record.version > prices.get(b.price)!.record.version;
}

/** What is left for the next period when a period with so much carried over has used so much. */
function passedOn({ record }: CompiledPrice, part: Part | undefined, rolled: RolledOver, used: bigint): RolledOver {
  const { rollover, allowance } = proratedTerms(record, part);
  if (rollover === undefined) return nothingRolled;
  const own = toScaled(parseRational(allowance)!, 12, 'down');
  const held = [...rolled.map(([age, left]) => ({ from: -age, left })), { from: 0, left: own }];
  const rule = { carryMaximum: rollover.maximum ?? null, carryPeriods: rollover.periods };
  return carryOver(rule, held, used, 1).map(({ from, left }) => [1 - from, left]);
}
