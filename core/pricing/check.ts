/** A price list is checked as a whole before it is approved: everything that is wrong, together. */
import { minorDigits } from '../money/currency.ts';
import { excludesEvents, type Aggregation, type MeterRecord } from '../messages/control.ts';
import type { LeafModel, PriceRecord } from '../messages/price.ts';
import type { SeriesRecord } from '../messages/series.ts';
import { divide, ratio } from '../money/rational.ts';
import { Checker, isFields, isText, type Fields } from './check/checker.ts';
import { checkModel } from './check/parts.ts';
import type { Problem } from './check/problems.ts';
import { priceLimits } from './limits.ts';
import { checkTallyCalendar, meterMisfit } from './tallyTerms.ts';
import { checkProration } from './check/proration.ts';
import { hasFreePart, isEventCharged } from './models/index.ts';

/** What is known where the prices will apply. */
export interface PriceContext {
  meter(id: string): KnownMeter | undefined;
  readonly meterIds: readonly string[];
  hasAccount(id: number): boolean;
  series(id: string): Pick<SeriesRecord, 'currency' | 'unit'> | undefined;
  readonly seriesIds: readonly string[];
}

export interface KnownMeter {
  readonly aggregation: Aggregation;
  readonly slots?: NonNullable<MeterRecord['slots']>;
  /** Dimensions that its samples may have; undefined when anything may come. */
  readonly dimensions: readonly string[] | undefined;
  /** Priced unit = tally units × numerator / denominator, decimal integers as text; undefined for an unknown name. */
  unit(name: string): Pick<PriceRecord['unit'], 'numerator' | 'denominator'> | undefined;
  /** Names to propose. */
  readonly unitNames: readonly string[];
}

const startMsMax = 9_999_999_999_999;

/**
 * All problems of all records, in their order, then those between records. What passes compiles; a record may be anything that
 * JSON can say.
 */
export function checkPrices(records: readonly PriceRecord[], context: PriceContext): Problem[] {
  const checker = new Checker();
  records.forEach((record, index) => checkRecord(checker, `prices[${index}]`, record, context));
  checkTogether(checker, records);
  return checker.problems;
}

function checkRecord(checker: Checker, path: string, value: unknown, context: PriceContext): void {
  if (!checker.field(isFields(value), path, value, 'a price')) return;
  const record = value as Fields;
  checkHead(checker, path, record, context);
  const meter = isText(record['meter']) ? context.meter(record['meter']) : undefined;
  if (isText(record['meter']) && meter === undefined)
    checker.add('METER_UNKNOWN', `${path}.meter`, record['meter'], `one of ${context.meterIds.join(', ')}`);
  checkUnit(checker, `${path}.unit`, record['unit'], meter);
  const leaves = checkModel(checker, `${path}.model`, record['model'], meter?.dimensions);
  checkSeries(checker, path, record, context);
  checkTerms(checker, path, record);
  checkPlace(checker, path, record, meter);
  for (const leaf of leaves.slice(0, 1)) checkCurrencyOfValue(checker, path, record, leaf);
  checkMixtures(checker, path, record, leaves, meter);
  if (record['prorate'] !== undefined) checkProration(checker, path, record, leaves);
}

function checkHead(checker: Checker, path: string, record: Fields, context: PriceContext): void {
  const { id, version, account, effectiveFromMs, currency } = record;
  const isNatural = (number: unknown, least: number) => Number.isSafeInteger(number) && (number as number) >= least;
  checker.field(isNatural(id, 1), `${path}.id`, id, 'a whole number from 1 up');
  checker.field(isNatural(version, 1), `${path}.version`, version, 'a whole number from 1 up');
  for (const field of ['key', 'service', 'component', 'meter'] as const)
    checker.field(isText(record[field]), `${path}.${field}`, record[field], 'a text');
  checker.oneOf(`${path}.tallyScope`, record['tallyScope'], 'resource', 'account', 'subtree');
  if (record['onVersion'] !== undefined) checker.oneOf(`${path}.onVersion`, record['onVersion'], 'carry', 'restart');
  const isInstant = isNatural(effectiveFromMs, 0) && (effectiveFromMs as number) <= startMsMax;
  checker.field(isInstant, `${path}.effectiveFromMs`, effectiveFromMs, `UTC milliseconds up to ${startMsMax}`);
  if (!isNatural(account, 0))
    checker.add('FIELD_INVALID', `${path}.account`, account, 'the id of an account, 0 for all');
  else if (account !== 0 && !context.hasAccount(account as number))
    checker.add('ACCOUNT_UNKNOWN', `${path}.account`, account, 'the id of an account, 0 for all');
  if (typeof currency !== 'string' || minorDigits(currency) === undefined)
    checker.add('CURRENCY_UNKNOWN', `${path}.currency`, currency, 'a code of ISO 4217 in use, like "EUR"');
}

/** Whose the tallies are, and what cuts them. */
function checkPlace(checker: Checker, path: string, record: Fields, meter: KnownMeter | undefined): void {
  const { tallyScope, account, split, period } = record;
  const isPool = tallyScope === 'subtree';
  if (isPool && account === 0)
    checker.add('POOL_OF_EVERYONE', `${path}.account`, account, 'the account whose subtree shares the tally');
  const hasSplit = split === undefined || checker.oneOf(`${path}.split`, split, 'proRata', 'asArrived');
  if (split !== undefined && !isPool)
    checker.add('SPLIT_MEANINGLESS', `${path}.split`, split, 'no split: only the tally of a subtree is shared out');
  const faults = period === undefined ? [] : checkTallyCalendar(period);
  for (const { path: within, ...fault } of faults)
    checker.problems.push({
      ...fault,
      code: 'PERIOD_INVALID',
      path: `${path}.period${within === '' ? '' : `.${within}`}`,
    });
  if (meter === undefined || faults.length > 0 || !hasSplit) return;
  const misfit = meterMisfit(record as Pick<PriceRecord, 'period' | 'tallyScope' | 'split'>, meter);
  if (misfit !== undefined)
    checker.add(misfit.problem, `${path}.${misfit.field}`, record[misfit.field], misfit.expected);
}

function checkUnit(checker: Checker, path: string, value: unknown, meter: KnownMeter | undefined): void {
  if (!checker.field(isFields(value), path, value, 'a unit')) return;
  const { name, numerator, denominator } = value as Fields;
  const isFactor = (text: unknown) => typeof text === 'string' && /^\d{1,26}$/.test(text) && /[1-9]/.test(text);
  const hasName = checker.field(isText(name), `${path}.name`, name, 'the name of a unit');
  const hasFactor = [
    checker.field(isFactor(numerator), `${path}.numerator`, numerator, 'a whole number above 0, of at most 26 digits'),
    checker.field(
      isFactor(denominator),
      `${path}.denominator`,
      denominator,
      'a whole number above 0, of at most 26 digits',
    ),
  ].every(Boolean);
  if (meter === undefined || !hasName) return;
  const known = meter.unit(name as string);
  if (known === undefined) checker.add('UNIT_UNKNOWN', `${path}.name`, name, `one of ${meter.unitNames.join(', ')}`);
  else if (hasFactor) {
    const said = ratio(BigInt(numerator as string), BigInt(denominator as string));
    const { numerator: more, denominator: less } = divide(
      said,
      ratio(BigInt(known.numerator), BigInt(known.denominator)),
    );
    if (more !== less)
      checker.add(
        'UNIT_FACTOR_WRONG',
        path,
        `${numerator as string}/${denominator as string}`,
        `${known.numerator}/${known.denominator}`,
      );
  }
}

/** A point is in the price's currency and for one of its priced units: a factor of a thousand between them would be a slip. */
function checkSeries(checker: Checker, path: string, { model, currency, unit }: Fields, context: PriceContext): void {
  if (!isFields(model) || model['kind'] !== 'spot' || !isText(model['series'])) return;
  const series = context.series(model['series']);
  if (series === undefined)
    return checker.add(
      'SERIES_UNKNOWN',
      `${path}.model.series`,
      model['series'],
      `one of ${context.seriesIds.join(', ')}`,
    );
  if (series.currency !== currency)
    checker.add('CURRENCY_MISMATCH', `${path}.currency`, currency, `${series.currency}, as the series`);
  const name = isFields(unit) ? unit['name'] : undefined;
  if (isText(name) && series.unit !== name)
    checker.add('SERIES_UNIT_MISMATCH', `${path}.unit.name`, name, `${series.unit}, as the series`);
}

function checkTerms(checker: Checker, path: string, record: Fields): void {
  const { allowance, discountPercent, maximum, quantity, rollover } = record;
  checker.decimal(`${path}.allowance`, allowance, priceLimits.quantityMax);
  if (discountPercent !== undefined) checker.percent(`${path}.discountPercent`, discountPercent);
  if (maximum !== undefined) checker.decimal(`${path}.maximum`, maximum, priceLimits.amountMax);
  if (rollover !== undefined) checkRollover(checker, `${path}.rollover`, rollover);
  if (quantity === undefined) return;
  const at = `${path}.quantity`;
  if (!checker.field(isFields(quantity), at, quantity, 'a quantity rule')) return;
  const rule = quantity as Fields;
  checker.oneOf(`${at}.at`, rule['at'], 'event', 'tally');
  checker.oneOf(`${at}.mode`, rule['mode'], 'up', 'down', 'halfAwayFromZero', 'halfEven');
  checker.positive(`${at}.increment`, rule['increment'], priceLimits.quantityMax);
  if (rule['threshold'] !== undefined) checker.decimal(`${at}.threshold`, rule['threshold'], priceLimits.quantityMax);
  if (rule['first'] === undefined) return;
  checker.decimal(`${at}.first`, rule['first'], priceLimits.quantityMax);
}

function checkRollover(checker: Checker, path: string, value: unknown): void {
  if (!checker.field(isFields(value), path, value, 'for how many periods, and at most how much')) return;
  const { periods, maximum } = value as Fields;
  const most = priceLimits.rolloverPeriodsMax;
  const isCount = Number.isInteger(periods) && (periods as number) >= 1 && (periods as number) <= most;
  if (!isCount) checker.add('COUNT_INVALID', `${path}.periods`, periods, `a whole number of periods from 1 to ${most}`);
  if (maximum !== undefined) checker.decimal(`${path}.maximum`, maximum, priceLimits.quantityMax);
}

/** A share of a value, or an amount that is given, is in the price's currency; a unit that is another one is a slip. */
function checkCurrencyOfValue(checker: Checker, path: string, { unit, currency }: Fields, { kind }: LeafModel): void {
  if (kind !== 'percentage' && kind !== 'graduatedPercentage' && kind !== 'dynamic') return;
  const name = isFields(unit) ? unit['name'] : undefined;
  if (typeof name !== 'string' || minorDigits(name) === undefined || name === currency) return;
  checker.add('CURRENCY_MISMATCH', `${path}.unit.name`, name, `the currency of the price, ${String(currency)}`);
}

/** What a model excludes (SPEC §8.2). */
function checkMixtures(
  checker: Checker,
  path: string,
  { allowance, model, quantity, rollover }: Fields,
  leaves: readonly LeafModel[],
  meter: KnownMeter | undefined,
): void {
  const rule = isFields(quantity) ? quantity : undefined;
  if (rollover !== undefined && isFields(model) && model['kind'] === 'spot')
    checker.add(
      'ALLOWANCE_MEANINGLESS',
      `${path}.rollover`,
      rollover,
      'no rollover: each interval has its own allowance',
    );
  const charged = leaves.find(isEventCharged);
  if ((charged !== undefined || rule?.['at'] === 'event') && excludesEvents(meter?.aggregation))
    checker.add('EVENTS_OF_LATEST', `${path}.meter`, charged?.kind ?? 'event', 'a meter with another aggregation');
  if (charged === undefined) return;
  const { kind } = charged;
  if (typeof allowance === 'string' && /[1-9]/.test(allowance))
    checker.add('ALLOWANCE_MEANINGLESS', `${path}.allowance`, allowance, `"0": ${kind} charges each event`);
  if (rollover !== undefined)
    checker.add('ALLOWANCE_MEANINGLESS', `${path}.rollover`, rollover, `no rollover: ${kind} charges each event`);
  if (rule === undefined) return;
  const refuse = (field: string, expected: string) =>
    checker.add('QUANTITY_RULE_MEANINGLESS', `${path}.quantity${field}`, rule['at'], expected);
  if (leaves.some((leaf) => isEventCharged(leaf) && hasFreePart(leaf)))
    refuse('', 'no rule: what is free is counted as measured');
  else if (rule['at'] === 'tally') refuse('.at', `"event": ${kind} charges each event`);
  else if (rule['threshold'] !== undefined) refuse('.threshold', `no threshold: ${kind} charges each event`);
}

/** What is wrong between records. */
function checkTogether(checker: Checker, records: readonly unknown[]): void {
  const ids = new Map<string, string>();
  const versions = new Map<string, string>();
  const effects = new Map<string, string>();
  const currencies = new Map<unknown, unknown>();
  const once = (seen: Map<string, string>, key: readonly unknown[], path: string, tell: (other: string) => void) => {
    const text = JSON.stringify(key);
    const other = seen.get(text);
    if (other === undefined) seen.set(text, path);
    else tell(other);
  };
  records.forEach((record, index) => {
    if (!isFields(record)) return;
    const path = `prices[${index}]`;
    const { id, key, version, service, component, meter, account, effectiveFromMs, currency } = record;
    once(ids, [id], path, (other) => checker.add('ID_TWICE', `${path}.id`, id, `another id than ${other}`));
    once(versions, [key, version], path, (other) =>
      checker.add('VERSION_TWICE', `${path}.version`, version, `another version than ${other}`),
    );
    once(effects, [service, component, meter, account, effectiveFromMs], path, (other) =>
      checker.add(
        'PRICE_AMBIGUOUS',
        `${path}.effectiveFromMs`,
        effectiveFromMs,
        `another instant than ${other}, or another component`,
      ),
    );
    const before = currencies.get(key) ?? currency;
    if (currency !== before)
      checker.add(
        'CURRENCY_MISMATCH',
        `${path}.currency`,
        currency,
        `${String(before)}, as the other versions of the key`,
      );
    currencies.set(key, before);
  });
}
