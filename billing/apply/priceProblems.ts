import type { MeterRecord, PriceRecord } from '#core/messages/control.ts';
import type { SeriesRecord } from '#core/messages/series.ts';
import { checkPrices, type PriceContext } from '#core/pricing/check.ts';
import type { Problem, ProblemCode } from '#core/pricing/check/problems.ts';
import type { BillingErrorCode } from '../errors.ts';
import type { Faults } from './faults.ts';
import { locate } from './locate.ts';
import { modelFields } from './modelForm.ts';
import type { Node } from './yaml.ts';

/** A price in the file, and how it said its model: `unitPrice` and `tiers` stand for a model of their own. */
export interface PriceEntry {
  readonly node: Node;
  readonly spelling: 'model' | 'shorthand';
}

/** Problems by the code that they have in a file, where it is another. */
const faultCodes: Partial<Record<ProblemCode, BillingErrorCode>> = {
  FIELD_INVALID: 'VALUE_INVALID',
  NUMBER_NEGATIVE: 'NEGATIVE',
  NUMBER_ZERO: 'VALUE_INVALID',
  NUMBER_TOO_LARGE: 'VALUE_INVALID',
  PERCENT_OUT_OF_RANGE: 'VALUE_INVALID',
  COUNT_INVALID: 'VALUE_INVALID',
  NAME_INVALID: 'VALUE_INVALID',
  TIERS_MISSING: 'TIERS_NOT_CLOSED',
  TIERS_BEYOND_OPEN: 'TIERS_NOT_CLOSED',
  TIERS_OVERLAP: 'TIERS_NOT_ASCENDING',
  NAME_TWICE: 'DUPLICATE',
  DIMENSION_TWICE: 'DUPLICATE',
  DIMENSION_UNKNOWN: 'REFERENCE_UNKNOWN',
  CURRENCY_MISMATCH: 'CURRENCY_FOREIGN',
  PERIOD_INVALID: 'VALUE_INVALID',
  PERIOD_TOO_LONG: 'VALUE_INVALID',
  SPLIT_MEANINGLESS: 'VALUE_INVALID',
  POOL_OF_EVERYONE: 'KEY_MISSING',
};

const sameCodes = [
  'MODEL_UNKNOWN', 'DECIMAL_INVALID', 'DECIMALS_TOO_MANY', 'LIST_TOO_LONG', 'TIERS_NOT_ASCENDING', 'TIERS_NOT_CLOSED', 'BOUNDS_CROSSED',
  'ALLOWANCE_MEANINGLESS', 'PRORATION_MEANINGLESS', 'QUANTITY_RULE_MEANINGLESS', 'EVENTS_OF_LATEST', 'RULES_AMBIGUOUS', 'BAND_INVALID',
  'BANDS_OVERLAP', 'BANDS_GAP',
] as const satisfies readonly (ProblemCode & BillingErrorCode)[]; // prettier-ignore

const faultCode = (code: ProblemCode): BillingErrorCode | undefined =>
  faultCodes[code] ?? sameCodes.find((same) => same === code);

/** What a price says of itself, apart from what its file refers to. */
export type PriceTerms = Pick<
  PriceRecord,
  | 'allowance'
  | 'model'
  | 'quantity'
  | 'discountPercent'
  | 'maximum'
  | 'rollover'
  | 'prorate'
  | 'onVersion'
  | 'plan'
  | 'contract'
  | 'split'
  | 'period'
>;

/** What decides whose the tally of a price is. */
type Scope = Pick<PriceRecord, 'tallyScope' | 'account'>;

/**
 * Tells everything that is wrong with the terms of a price, each at its place; true when nothing is. What the price refers to
 * stands in as right, but for the aggregation, where its meter is known.
 */
export function checkTerms(
  terms: PriceTerms & Scope,
  entry: PriceEntry,
  meter: MeterRecord | undefined,
  faults: Faults,
): boolean {
  const record: PriceRecord = { ...standIn, ...terms };
  const problems = checkPrices([record], contextOf(meter, standIn.unit));
  for (const problem of problems) tell(problem, entry, faults);
  return problems.length === 0;
}

const standIn: Omit<PriceRecord, keyof PriceTerms | keyof Scope> = {
  id: 1, key: 'key', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', effectiveFromMs: 0,
  unit: { name: 'unit', numerator: '1', denominator: '1' },
}; // prettier-ignore

/** Everything but the meter stands in as right: the plan looks it up. */
function contextOf(meter: MeterRecord | undefined, unit: PriceRecord['unit']): PriceContext {
  const { aggregation = 'sum', slots } = meter ?? {};
  const kept = slots === undefined ? {} : { slots };
  const known = { aggregation, ...kept, dimensions: undefined, unit: () => unit, unitNames: [] };
  const series = (): Pick<SeriesRecord, 'currency' | 'unit'> => ({ currency: standIn.currency, unit: unit.name });
  return { meter: () => known, meterIds: [], hasAccount: () => true, series, seriesIds: [] };
}

const misfits: readonly ProblemCode[] = ['EVENTS_OF_LATEST', 'PERIOD_TOO_LONG', 'SPLIT_MEANINGLESS'];

const absences = new Set<string>(['FIELD_INVALID', 'DECIMAL_INVALID', 'MODEL_UNKNOWN', 'PERIOD_INVALID']);

/** Tells what a price asks of a meter that the file does not hold, and that cannot give it. */
export function refuseMisfits(price: PriceRecord, entry: PriceEntry, meter: MeterRecord, faults: Faults): void {
  for (const problem of checkPrices([price], contextOf(meter, price.unit)))
    if (misfits.includes(problem.code)) tell(problem, entry, faults);
}

function tell({ code, path, value, expected }: Problem, entry: PriceEntry, faults: Faults): void {
  const inPrice = path.replace(/^prices\[\d+\]\.?/, '');
  const { at, node } = locate(entry.node, entry.spelling === 'shorthand' ? inPrice.replace(/^model\./, '') : inPrice);
  // A calendar may be said in short, as a text: its fields are not there then, but what they would be is.
  const isMissing = value === 'missing' || (node === undefined && code !== 'PERIOD_INVALID');
  const known = faultCode(code);
  if (known === undefined) throw new Error(`a price in a file has no fault for ${code}`);
  const wanted = inPrice === 'model.kind' ? `one of ${Object.keys(modelFields).join(', ')}` : expected;
  const isAbsence = isMissing && absences.has(code);
  const text = isMissing ? '' : node?.kind === 'text' ? node.text : value;
  faults.add(isAbsence ? 'KEY_MISSING' : known, at, text, wanted);
}
