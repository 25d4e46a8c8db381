/** Opening tallies and moving them by rows (SPEC §5.1, §5.4). */
import type { CompiledPrice } from '../pricing/compile.ts';
import { AMOUNT_SCALE, pow10 } from '../money/fixed.ts';
import { tallyKey, type PartitionState, type Tally, type Tenant } from './state.ts';

/** Tallies stay below 10²⁶ base units and the charge of one below 10¹⁸ currency units (SPEC §3.5). */
const tallyUnitsMax = 10n ** 26n;
const chargeMax = 10n ** BigInt(18 + AMOUNT_SCALE);

/** Gives the tally its id and, for a new version of a price, the position carried over from the version before. */
export function openTally(
  state: PartitionState,
  tenant: Tenant,
  tally: Tally,
  price: CompiledPrice | undefined,
  firstMs: number,
): void {
  tally.carried = price === undefined ? 0n : carriedInto(tenant, tally, price);
  tally.carriedCharge = price?.charge(tally.carried) ?? 0n;
  tally.entry = { ...tally.entry, id: state.tallies.length + 1, firstMs, carried: tally.carried.toString() };
  state.tallies.push(tally);
}

/** Takes back the opening of the newest tally: the sample that opened it was refused after all. */
export function closeTally(state: PartitionState, tally: Tally): void {
  tally.entry = { ...tally.entry, id: 0 };
  state.tallies.pop();
}

/** What the charge grows by when `quantity` is added; undefined when a bound would be passed. */
export function incrementOf(
  tally: Tally,
  price: CompiledPrice | undefined,
  quantity: bigint,
  scale: number,
): bigint | undefined {
  const after = tally.quantity + quantity;
  if (after >= tallyUnitsMax * pow10(scale)) return undefined;
  if (price === undefined) return 0n;
  const charge = price.charge(tally.carried + after) - tally.carriedCharge;
  return charge >= chargeMax ? undefined : charge - tally.charge;
}

function carriedInto(tenant: Tenant, { entry }: Tally, { record }: CompiledPrice): bigint {
  let before: Tally | undefined;
  let version = 0;
  for (const { record: older } of tenant.master.prices.values()) {
    const isSame =
      older.key === record.key &&
      older.meter === record.meter &&
      older.model.kind === record.model.kind &&
      older.unit.name === record.unit.name &&
      older.tallyScope === record.tallyScope;
    if (!isSame || older.version >= record.version || older.version <= version) continue;
    const tally = tenant.talliesByKey.get(tallyKey({ ...entry, price: older.id }));
    if (tally === undefined || tally.entry.id === 0) continue;
    before = tally;
    version = older.version;
  }
  return before === undefined ? 0n : before.carried + before.quantity;
}
