/** The closed list of families. A new one is a file in families/ and a line here. */
import type { Area, Family } from './family.ts';
import type { Vector } from './vector.ts';
import { alert } from './families/alert.ts';
import { balances } from './families/balances.ts';
import { credits } from './families/credits.ts';
import { wallet } from './families/wallet.ts';
import { aggregation } from './families/aggregation.ts';
import { cap } from './families/cap.ts';
import { capacity } from './families/capacity.ts';
import { conversion } from './families/conversion.ts';
import { discount } from './families/discount.ts';
import { graduatedPercentage } from './families/graduatedPercentage.ts';
import { marginal } from './families/marginal.ts';
import { minimum } from './families/minimum.ts';
import { packageTiers } from './families/packageTiers.ts';
import { percentage } from './families/percentage.ts';
import { recurringLevel } from './families/recurringLevel.ts';
import { usageRollup } from './families/usageRollup.ts';
import { matrix } from './families/matrix.ts';
import { allocation } from './families/allocation.ts';
import { dynamic } from './families/dynamic.ts';
import { flat } from './families/flat.ts';
import { late } from './families/late.ts';
import { packages } from './families/package.ts';
import { period } from './families/period.ts';
import { proration } from './families/proration.ts';
import { rateIntervals } from './families/rateIntervals.ts';
import { rounding } from './families/rounding.ts';
import { graduated, volume } from './families/tiered.ts';
import { unit } from './families/unit.ts';

export const families: Readonly<Record<string, Family>> = {
  unit,
  flat,
  package: packages,
  dynamic,
  graduated,
  volume,
  late,
  matrix,
  aggregation,
  cap,
  capacity,
  conversion,
  discount,
  graduatedPercentage,
  marginal,
  minimum,
  packageTiers,
  percentage,
  recurringLevel,
  usageRollup,
  allocation,
  rounding,
  period,
  proration,
  rateIntervals,
  alert,
  credits,
  balances,
  wallet,
};

/** Families whose capability is not built yet: counted and told, never passed over. */
export const deferred: Readonly<Record<string, Area>> = {
  invoiceRepair: 'documents',
  progressiveBilling: 'documents',
  coupon: 'documents',
  creditNote: 'documents',
  costAllocation: 'cost',
  forecast: 'cost',
};

/** The area of a vector's family; of a family that is not known, the area that the vector says. */
export const areaOf = ({ family, area }: Vector): string =>
  (Object.hasOwn(families, family) ? families[family]!.area : undefined) ??
  (Object.hasOwn(deferred, family) ? deferred[family] : undefined) ??
  area ??
  'unknown';
