/** What a control change must look like before it is applied (SPEC §1.3): a list of fields with a test each, per kind. */
import { minorDigits } from '../money/currency.ts';
import { checkBudget } from '../budgets/check.ts';
import { budgetLimits } from '../budgets/limits.ts';
import { checkFeeRecord } from '../fees/feeRecord.ts';
import { checkCreditGrant, checkCreditVoid, checkWallet } from '../credits/creditRecords.ts';
import { checkPricingUnit } from '../credits/units.ts';
import {
  aggregations,
  type ControlChange,
  type Directions,
  type FeeRecord,
  type MeterRecord,
  type PriceRecord,
} from '../messages/control.ts';
import { correctableKinds, correctionKinds } from '../messages/correction.ts';
import { idPattern } from '../messages/names.ts';
import { toldOf, type Problem } from '../fees/problems.ts';
import { checkAgreement } from '../spend/agreements.ts';
import { pricingUnitPattern } from '../messages/pricingUnit.ts';
import { seriesIntervals } from '../messages/series.ts';
import { parseAmount, parseRational } from '../money/fixed.ts';
import { priceLimits, seriesLimits } from '../pricing/limits.ts';
import { isDate } from '../time/dates.ts';
import { isTimeZone } from '../time/period.ts';
import { instantMsMax } from './batch.ts';
import { priceShape, scopeFault } from './priceShape.ts';
import { exactLimits } from './distinct.ts';
import { samplesMax } from './ranked.ts';
import { slotLimits } from './slots.ts';
import { decimal, faultIn, flag, id, like, listOf, natural, oneOf, optional, record, text, type Shape, type Test } from './shape.ts'; // prettier-ignore

const zone: Test = (value) => text(value) && isTimeZone(value as string);
const currency: Test = (value) => text(value) && minorDigits(value as string) !== undefined;
/** Or a pricing unit: whether it is there, the tenant's master data say. */
const chargedIn: Test = (value) => currency(value) || (text(value) && pricingUnitPattern.test(value as string));

const from = (least: number, most: number): Test => (value) =>
  natural(value) && (value as number) >= least && (value as number) <= most; // prettier-ignore
const discardPercent: Test = (value) =>
  decimal(value) && parseRational(value as string)!.numerator < 100n * parseRational(value as string)!.denominator;
const texts: Test = (value) => listOf(text)(value) && (value as readonly string[]).length > 0;
const directions: Test = (value) => {
  if (!like({ dimension: text, in: texts, out: texts, take: oneOf('max', 'sum'), of: oneOf('percentiles', 'slots') })(value)) return false;
  const { in: inward, out } = value as Directions;
  return !inward.some((one) => out.includes(one));
}; // prettier-ignore

const meter: Shape = {
  id: text, metric: text, unit: text, scale: oneOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), aggregation: oneOf(...aggregations), distinct: optional(text),
  exact: optional(like({ upTo: from(exactLimits.upToMin, exactLimits.upToMax), beyond: oneOf('refuse', 'approximate') })),
  slots: optional(like({ lengthMs: from(slotLimits.lengthMsMin, slotLimits.lengthMsMax), discardPercent, directions: optional(directions) })),
  samples: optional(like({ discardPercent, countMax: from(1, samplesMax) })), recurs: optional(like({ by: oneOf('second', 'day') })), filter: record(listOf(text)),
}; // prettier-ignore

const stepSize: Test = (value) => id(value) && (value as number) <= 1000;
const short: Test = (value) => text(value) && (value as string).length <= seriesLimits.textMax;
const revision: Test = (value) => id(value) && (value as number) <= seriesLimits.revisionMax;
const value: Test = (point) => {
  const pico = text(point) ? parseAmount(point as string) : undefined;
  return pico !== undefined && pico <= valueMax && pico >= -valueMax;
};
const valueMax = parseAmount(priceLimits.unitPriceMax)!;
const instant: Test = (value) => natural(value) && (value as number) <= instantMsMax;
const seriesPoints: Test = (points) =>
  listOf(like({ fromMs: instant, value, revision, source: short }))(points) &&
  (points as readonly unknown[]).length <= seriesLimits.pointsPerChangeMax;

const correctionId: Test = (value) => text(value) && idPattern.test(value as string);
const correctedBlocks = listOf(
  like({
    ref: (value) => text(value) && /^\d{1,5}(-\d{1,16}){3}$/.test(value as string), kind: oneOf(...correctableKinds), account: id, price: natural, meter: text, cell: text,
    periodStartMs: natural, producer: text, epoch: text, seq: natural, usageSeq: natural, firstMs: natural, resources: listOf((name) => text(name) && name !== ''),
    rows: (value) => listOf(correctedRow)(value) && (value as readonly unknown[]).length > 0,
  }),
); // prettier-ignore

const againBatches = listOf(
  like({
    partition: natural, usageSeq: id, producer: text, epoch: text, seq: id, resources: listOf(text), metrics: listOf(like({ name: text, unit: text, scale: natural, kind: oneOf('delta', 'level') })),
    dims: listOf(record(text)), samples: listOf(againSample),
  }),
); // prettier-ignore

function againSample(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 7 || !/^\d{1,25}$/.test(String(value[6])) || !text(value[6])) return false;
  return (value[3] === -1 || natural(value[3])) && [0, 1, 2, 4, 5].every((at) => natural(value[at]));
} // prettier-ignore

function correctedRow(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 6) return false;
  const [quantity, amount] = value.slice(4) as unknown[];
  return value.slice(0, 4).every(natural) && text(quantity) && text(amount);
}
const small = (most: bigint): Test => (value) => text(value) && /^\d{1,40}$/.test(value as string) && BigInt(value as string) < most; // prettier-ignore
const correctedTally = like({ account: id, price: natural, meter: text, cell: text, periodStartMs: natural, resource: text }); // prettier-ignore
const place: Test = (value) =>
  Array.isArray(value) && value.length === 5 && natural(value[0]) && text(value[1]) && text(value[2]) && natural(value[3]) && natural(value[4]); // prettier-ignore
const slotSum: Test = (value) =>
  Array.isArray(value) && value.length === 2 && natural(value[0]) && small(2n ** 63n)(value[1]);
const kept = like({
  quantity: small(10n ** 39n), newest: optional(place), values: optional(listOf(text)), hashes: optional(listOf(id)),
  slots: optional(listOf(slotSum)), samples: optional(listOf(small(2n ** 63n))),
}); // prettier-ignore
const whole: Test = (value) => text(value) && /^-?\d{1,40}$/.test(value as string);
const sum: Test = (value) =>
  Array.isArray(value) && value.length === 3 && natural(value[0]) && text(value[1]) && whole(value[2]);
const sums: Test = (value) => listOf(sum)(value) && (value as readonly unknown[]).length <= budgetLimits.seedSumsMax;
const tag: Test = (value) => text(value) && (value as string).length <= budgetLimits.textMax;
const tags: Test = (value) => record(tag)(value) && Object.keys(value as object).length <= budgetLimits.tagsMax;

const shapes: Readonly<Record<ControlChange['kind'], Shape>> = {
  tenant: { id: text, name: text, currency, timeZone: zone },
  producer: { id: text, type: oneOf('agent', 'gateway', 'importer'), enabled: flag, keys: listOf(like({ id: text, publicKey: text })), completeUntilMs: optional(instant) },
  account: { id, slug: text, name: text, parent: natural, timeZone: zone, startsOn: optional(isDate), tags: optional(tags) },
  ownership: { resource: text, account: natural, fromMs: natural },
  meter,
  series: {
    id: short, name: text, currency, unit: short, interval: oneOf(...seriesIntervals), timeZone: zone, maxAgeMs: optional(natural),
  },
  seriesPoints: { series: text, points: seriesPoints },
  price: priceShape(chargedIn),
  /** Looked at as a whole, so that all that is wrong with them is told. */
  pricingUnit: {},
  fee: {},
  agreement: {},
  creditGrant: {},
  creditVoid: {},
  wallet: {},
  budget: {},
  budgetReset: { budget: text },
  budgetRelease: { budget: text },
  budgetSeed: { budget: text, sinceMs: natural, periods: sums, hours: sums },
  close: { account: id, untilMs: id, reason: text, talliesPerStep: optional(stepSize) },
  reopen: { account: id, fromMs: natural, reason: text, approvedBy: text },
  correction: {
    id: correctionId, what: oneOf(...correctionKinds), reason: text, author: text, approvedBy: text, selection: text, asOf: natural,
    pieces: optional(id),
  },
  correctionRows: { id: correctionId, n: id, blocks: correctedBlocks, again: optional(againBatches) },
  correctionShadow: { id: correctionId, n: id, tallies: listOf(correctedTally) },
  correctionTally: { id: correctionId, n: id, tally: correctedTally, kept, carried: small(10n ** 39n), isLast: flag },
  correctionEnd: { id: correctionId, pieces: natural },
}; // prettier-ignore

/** What counts is of unit 1 and scale 0; slots and samples belong to percentiles, a limit to distinct values. */
function meterFault({ aggregation, unit, scale, slots, samples, recurs, exact }: MeterRecord): string | undefined {
  if ((aggregation === 'count' || aggregation === 'unique') && (unit !== '1' || scale !== 0))
    return `meter: ${aggregation} wants unit 1 and scale 0, has ${unit} and ${scale}`;
  if ((slots !== undefined) !== (aggregation === 'percentile'))
    return `meter: ${aggregation} with${slots === undefined ? 'out' : ''} slots`;
  if ((samples !== undefined) !== (aggregation === 'samplePercentile'))
    return `meter: ${aggregation} with${samples === undefined ? 'out' : ''} samples`;
  if ((recurs !== undefined) !== (aggregation === 'recurring'))
    return `meter: ${aggregation} with${recurs === undefined ? 'out' : ''} recurs`;
  return exact === undefined || aggregation === 'unique' ? undefined : `meter: ${aggregation} with exact`;
}

function feeFault({ kind: _, ...record }: { readonly kind: 'fee' } & FeeRecord): string | undefined {
  const [first] = checkFeeRecord(record);
  return first && `fee: ${first.path} is ${first.value}, not ${first.expected}`;
}

const told = (kind: string, problems: readonly Problem[]): string | undefined =>
  problems.length === 0 ? undefined : `${kind}: ${toldOf(problems)}`;

/** All but the kind. */
function fieldsOf(change: unknown): unknown {
  const { kind: _, ...fields } = change as { readonly kind: unknown };
  return fields;
}

/** What is wrong with a change's fields, or undefined. */
export function changeFault(change: unknown): string | undefined {
  const { kind } = (change ?? {}) as { readonly kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) return `unknown change ${JSON.stringify(kind) ?? ''}`;
  const fault = faultIn(change, shapes[kind as ControlChange['kind']]);
  if (fault !== undefined) return `${kind}: ${fault}`;
  if (kind === 'meter') return meterFault(change as MeterRecord);
  if (kind === 'agreement') return agreementFault(change as ControlChange & { readonly kind: 'agreement' });
  if (kind === 'pricingUnit') return told(kind, checkPricingUnit(fieldsOf(change)));
  if (kind === 'creditGrant') return told(kind, checkCreditGrant((change as { readonly grant?: unknown }).grant));
  if (kind === 'creditVoid') return told(kind, checkCreditVoid(fieldsOf(change)));
  if (kind === 'wallet') return told(kind, checkWallet(fieldsOf(change)));
  if (kind === 'budget') return told(kind, checkBudget(fieldsOf(change)));
  if (kind === 'fee') return feeFault(change as { readonly kind: 'fee' } & FeeRecord);
  const scope = kind === 'price' ? scopeFault(change as PriceRecord) : undefined;
  return scope === undefined ? undefined : `price: ${scope}`;
}

function agreementFault({ kind: _, ...record }: ControlChange & { readonly kind: 'agreement' }): string | undefined {
  const problems = checkAgreement(record);
  return problems.length === 0 ? undefined : `agreement ${record.key}: ${toldOf(problems)}`;
}
