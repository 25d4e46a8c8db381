import { minorDigits } from '#core/money/currency.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { Organisation } from './organisation.ts';
import { readTimeZone } from './parts.ts';
import { readAccounts } from './readAccounts.ts';
import { readAgreed } from './readAgreed.ts';
import { readBudgets, readUsers } from './readBudgets.ts';
import { readWallets } from './wallets.ts';
import { readTargets } from './readTargets.ts';
import { readMeters } from './readMeters.ts';
import { readOwnership, readProducers } from './readOwnership.ts';
import { readPricingUnits } from './pricingUnits.ts';
import { readPrices } from './readPrices.ts';
import { readSeries } from './readSeries.ts';
import { idShape, nameShape } from './shapes.ts';
import { readYaml } from './yaml.ts';

const sections = [
  'version',
  'tenant',
  'users',
  'accounts',
  'ownership',
  'producers',
  'meters',
  'pricingUnits',
  'series',
  'prices',
  'fees',
  'agreements',
  'targets',
  'budgets',
  'wallets',
];

/**
 * Reads an organisation file. All that is wrong with it goes to `faults`; what could be read is returned, so that its
 * references can be checked too. Undefined when not even the tenant can be told.
 */
export function readOrganisation(text: string, faults: Faults): Organisation | undefined {
  const file = Fields.of(readYaml(text, faults), sections, faults);
  if (file === undefined) return undefined;
  file.oneOf('version', ['1']);
  const tenant = readTenant(file, faults);
  const timeZone = tenant?.timeZone || 'UTC';
  const meters = readMeters(file, faults);
  const rest = {
    users: readUsers(file, faults),
    accounts: readAccounts(file, faults),
    ownership: readOwnership(file, timeZone, faults),
    producers: readProducers(file, faults),
    meters,
    pricingUnits: readPricingUnits(file, { tenant, timeZone }, faults),
    series: readSeries(file, timeZone, faults),
    prices: readPrices(file, { tenant, timeZone, meters }, faults),
    fees: readAgreed('fee', file, { tenant, timeZone }, faults),
    agreements: readAgreed('agreement', file, { tenant, timeZone }, faults),
    targets: readTargets(file, faults),
    wallets: readWallets(file, { tenant, timeZone }, faults),
    budgets: readBudgets(file, tenant, timeZone, faults),
  };
  return tenant === undefined ? undefined : { tenant, ...rest };
}

function readTenant(file: Fields, faults: Faults): Organisation['tenant'] | undefined {
  if (!file.has('tenant')) {
    faults.add('KEY_MISSING', { ...file.at, path: 'tenant' }, '', 'a map with id, name, currency and timeZone');
    return undefined;
  }
  const fields = Fields.of(file.nodeOf('tenant'), ['id', 'name', 'currency', 'timeZone'], faults);
  if (fields === undefined) return undefined;
  const id = fields.text('id', idShape);
  const name = fields.text('name', nameShape);
  const currency = fields.text('currency', nameShape);
  const timeZone = readTimeZone(fields, faults);
  const known = currency === undefined || minorDigits(currency) !== undefined;
  if (!known) faults.add('CURRENCY_UNKNOWN', fields.atOf('currency'), currency, 'an ISO 4217 code');
  if (id === undefined) return undefined;
  // What is missing or wrong was reported; the rest of the file is checked without it.
  return { id, name: name ?? id, currency: known ? (currency ?? '') : '', timeZone: timeZone ?? '', at: fields.at };
}
