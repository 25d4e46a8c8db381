import type { MeterRecord, TenantRecord } from '#core/messages/control.ts';
import { billingLimits } from '../limits.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import { prorationFields, quantityFields, rolloverFields, tierFields, type Field } from './modelForm.ts';
import type { Organisation } from './organisation.ts';
import { isComplete, leaveOut, readRef, unique } from './parts.ts';
import { checkTerms, type PriceEntry, type PriceTerms } from './priceProblems.ts';
import { readCalendar, readField, readFields, readModel } from './readModel.ts';
import { readChargedIn } from './pricingUnits.ts';
import { nameShape, slugShape } from './shapes.ts';
import { readInstant } from './readInstant.ts';

const pricesMax = 10_000;
const known = [
  'key', 'version', 'service', 'component', 'meter', 'per', 'account', 'currency', 'effectiveFrom', 'tallyScope', 'split', 'period',
  'allowance', 'unitPrice', 'tiers', 'model', 'quantity', 'discountPercent', 'maximum', 'rollover', 'prorate', 'onVersion', 'plan', 'contract',
]; // prettier-ignore
const decimal: Field = { form: { kind: 'decimal' } };

export interface PricesContext {
  readonly tenant: TenantRecord | undefined;
  readonly timeZone: string;
  /** Of the file. */
  readonly meters: readonly MeterRecord[];
}

export function readPrices(
  file: Fields,
  { tenant, timeZone, meters }: PricesContext,
  faults: Faults,
): Organisation['prices'] {
  const read = file.list('prices', pricesMax).flatMap((node) => {
    const fields = Fields.of(node, known, faults);
    if (fields === undefined) return [];
    const chargedIn = readChargedIn(fields, tenant, faults);
    const price = {
      key: fields.text('key', slugShape),
      version: fields.integer('version', { min: 1, max: 100_000, otherwise: 1 }),
      service: fields.text('service', nameShape),
      component: fields.text('component', nameShape),
      meter: readRef(fields, 'meter', nameShape),
      per: readRef(fields, 'per', nameShape),
      tallyScope: fields.oneOf('tallyScope', ['resource', 'account', 'subtree'], 'account'),
    };
    const model = modelOf(fields, faults);
    const entry: PriceEntry = { node, spelling: fields.has('model') ? 'model' : 'shorthand' };
    const terms = { ...termsOf(fields, faults), model: (model ?? anyModel) as PriceTerms['model'] };
    const meter = meters.find(({ id }) => id === price.meter?.name);
    const scope = { tallyScope: price.tallyScope ?? 'account', account: fields.has('account') ? 1 : 0 };
    const isRight = checkTerms({ ...terms, ...scope }, entry, meter, faults) && fitsMessage(terms, fields, faults);
    const account = fields.has('account') ? readRef(fields, 'account', slugShape) : undefined;
    const dated = fields.has('effectiveFrom');
    const effectiveFromMs = dated ? readInstant(fields, 'effectiveFrom', timeZone, faults) : undefined;
    const isReadable = isRight && model !== undefined && (!dated || effectiveFromMs !== undefined);
    if (!isReadable || !isComplete(price)) return leaveOut(node, faults);
    return [{ ...price, ...terms, chargedIn, account, effectiveFromMs, entry, at: fields.atOf('key') }];
  });
  return unique(read, (price) => `${price.key} version ${price.version}`, faults);
}

/** Stands in for a model that cannot be told, so that the rest is checked. */
const anyModel = { kind: 'perUnit', unitPrice: '0' };

/** The model as said, or as `unitPrice` or `tiers` mean it; undefined, and told, when it is not said once. */
function modelOf(fields: Fields, faults: Faults): unknown {
  const said = ['model', 'tiers', 'unitPrice'].filter((key) => fields.has(key));
  for (const key of said.slice(1))
    faults.add('KEY_UNKNOWN', fields.atOf(key), '', 'one of model, tiers and unitPrice alone');
  if (said.length === 0) fields.missing('unitPrice', 'unitPrice, tiers or model');
  if (said.length !== 1) return undefined;
  if (said[0] === 'model') return readModel(fields.nodeOf('model')!, faults);
  return said[0] === 'tiers'
    ? { kind: 'graduated', tiers: readField(fields.nodeOf('tiers'), tierFields, faults) }
    : { kind: 'perUnit', unitPrice: readField(fields.nodeOf('unitPrice'), decimal, faults) };
}

/** What says the same as saying nothing is left out, so that adding it to a published price is no change. */
function termsOf(fields: Fields, faults: Faults): Omit<PriceTerms, 'model'> {
  const field = (key: string) => readField(fields.nodeOf(key), decimal, faults) as string | undefined;
  const quantity = fields.nodeOf('quantity');
  const discountPercent = field('discountPercent');
  const maximum = field('maximum');
  const rollover = fields.nodeOf('rollover');
  const prorate = fields.nodeOf('prorate');
  const split = fields.has('split') ? fields.oneOf('split', ['proRata', 'asArrived']) : undefined;
  const period = periodOf(fields, faults);
  const onVersion = fields.oneOf('onVersion', ['carry', 'restart'], 'carry');
  const [plan, contract] = ['plan', 'contract'].map((key) =>
    fields.has(key) ? fields.text(key, nameShape) : undefined,
  );
  return {
    allowance: field('allowance') ?? '0',
    ...(quantity === undefined
      ? {}
      : { quantity: readFields(quantity, quantityFields, faults) as NonNullable<PriceTerms['quantity']> }),
    ...(discountPercent === undefined || discountPercent === '0' ? {} : { discountPercent }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(rollover === undefined
      ? {}
      : { rollover: readFields(rollover, rolloverFields, faults) as NonNullable<PriceTerms['rollover']> }),
    ...(prorate === undefined
      ? {}
      : { prorate: readFields(prorate, prorationFields, faults) as NonNullable<PriceTerms['prorate']> }),
    ...(onVersion === 'restart' ? { onVersion } : {}),
    ...(plan === undefined ? {} : { plan }),
    ...(contract === undefined ? {} : { contract }),
    ...(split === undefined ? {} : { split }),
    ...(period === undefined ? {} : { period }),
  };
}

/** Months of the calendar are what goes without saying. */
function periodOf(fields: Fields, faults: Faults): PriceTerms['period'] {
  const node = fields.nodeOf('period');
  const period = node === undefined ? undefined : (readCalendar(node, faults) as NonNullable<PriceTerms['period']>);
  return period?.kind === 'calendar' && period.interval === 'month' ? undefined : period;
}

/** A price travels whole in one message. */
function fitsMessage({ model }: PriceTerms, fields: Fields, faults: Faults): boolean {
  const length = JSON.stringify(model).length;
  if (length <= billingLimits.modelLengthMax) return true;
  const expected = `a model of at most ${billingLimits.modelLengthMax} characters as JSON`;
  faults.add('LIST_TOO_LONG', fields.atOf(fields.has('model') ? 'model' : 'tiers'), String(length), expected);
  return false;
}
