import type { GraduatedTier, PriceModel, TenantRecord } from '#core/messages/control.ts';
import { AMOUNT_SCALE, parseAmount } from '#core/money/fixed.ts';
import { billingLimits } from '../limits.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { Organisation } from './organisation.ts';
import { checkCurrency, isComplete, readRef, unique } from './parts.ts';
import { nameShape, slugShape } from './shapes.ts';
import { readInstant } from './readInstant.ts';

const pricesMax = 10_000;
const known = [
  'key', 'version', 'service', 'component', 'meter', 'per', 'account', 'currency', 'effectiveFrom', 'tallyScope',
  'allowance', 'unitPrice', 'tiers',
]; // prettier-ignore

export function readPrices(
  file: Fields,
  { tenant, timeZone }: { readonly tenant: TenantRecord | undefined; readonly timeZone: string },
  faults: Faults,
): Organisation['prices'] {
  const read = file.list('prices', pricesMax).flatMap((node) => {
    const fields = Fields.of(node, known, faults);
    if (fields === undefined) return [];
    checkCurrency(fields, tenant, faults);
    const price = {
      key: fields.text('key', slugShape),
      version: fields.integer('version', { min: 1, max: 100_000, otherwise: 1 }),
      service: fields.text('service', nameShape),
      component: fields.text('component', nameShape),
      meter: readRef(fields, 'meter', nameShape),
      per: readRef(fields, 'per', nameShape),
      tallyScope: fields.oneOf('tallyScope', ['resource', 'account'], 'account'),
      allowance: fields.decimal('allowance', { scale: AMOUNT_SCALE, otherwise: '0' }),
      model: readModel(fields, faults),
    };
    const account = fields.has('account') ? readRef(fields, 'account', slugShape) : undefined;
    const dated = fields.has('effectiveFrom');
    const effectiveFromMs = dated ? readInstant(fields, 'effectiveFrom', timeZone, faults) : undefined;
    if (!isComplete(price) || (dated && effectiveFromMs === undefined)) return [];
    return [{ ...price, account, effectiveFromMs, at: fields.atOf('key') }];
  });
  return unique(read, (price) => `${price.key} version ${price.version}`, faults);
}

function readModel(fields: Fields, faults: Faults): PriceModel | undefined {
  if (!fields.has('tiers')) {
    const unitPrice = fields.decimal('unitPrice', { scale: AMOUNT_SCALE });
    return unitPrice === undefined ? undefined : { kind: 'perUnit', unitPrice };
  }
  if (fields.has('unitPrice')) {
    faults.add('KEY_UNKNOWN', fields.atOf('unitPrice'), '', 'either unitPrice or tiers');
    return undefined;
  }
  const nodes = fields.list('tiers', billingLimits.tiersMax);
  if (nodes.length === 0) faults.add('TIERS_NOT_CLOSED', fields.atOf('tiers'), '', 'at least one tier');
  let below = 0n;
  const tiers = nodes.flatMap((node, index): GraduatedTier[] => {
    const tier = Fields.of(node, ['upTo', 'unitPrice', 'flat'], faults);
    if (tier === undefined) return [];
    const last = index === nodes.length - 1;
    const upTo = readUpTo(tier, last, faults);
    if (upTo !== null && upTo !== undefined) {
      const end = parseAmount(upTo)!;
      if (end <= below) faults.add('TIERS_NOT_ASCENDING', tier.atOf('upTo'), upTo, 'more than the tier before it');
      below = end;
    }
    const unitPrice = tier.decimal('unitPrice', { scale: AMOUNT_SCALE });
    const flat = tier.decimal('flat', { scale: AMOUNT_SCALE, otherwise: '0' });
    return upTo === undefined || unitPrice === undefined || flat === undefined ? [] : [{ upTo, unitPrice, flat }];
  });
  return tiers.length === nodes.length && nodes.length > 0 ? { kind: 'graduated', tiers } : undefined;
}

/** Null for the open end of the last tier; undefined, with the fault told, when it does not fit. */
function readUpTo(tier: Fields, last: boolean, faults: Faults): string | null | undefined {
  const node = tier.nodeOf('upTo');
  const open = node === undefined || (node.kind === 'text' && ['null', '~', ''].includes(node.text));
  if (open !== last) {
    faults.add(
      'TIERS_NOT_CLOSED',
      tier.atOf('upTo'),
      open ? 'null' : 'a number',
      last ? 'null on the last tier' : 'a number',
    );
    return undefined;
  }
  return open ? null : tier.decimal('upTo', { scale: AMOUNT_SCALE, positive: true });
}
