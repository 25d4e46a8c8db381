/** What a control change must look like before it is applied (SPEC §1.3): a list of fields with a test each, per kind. */
import { minorDigits } from '../money/currency.ts';
import { checkFeeRecord } from '../fees/feeRecord.ts';
import type { ControlChange, FeeRecord, MeterRecord } from '../messages/control.ts';
import { parseRational } from '../money/fixed.ts';
import { toldOf } from '../fees/problems.ts';
import { checkAgreement } from '../spend/agreements.ts';
import { isTimeZone } from '../time/period.ts';
import { priceShape } from './priceShape.ts';
import { slotLimits } from './slots.ts';
import { amount, decimal, faultIn, flag, id, like, listOf, natural, oneOf, optional, record, text, type Shape, type Test } from './shape.ts'; // prettier-ignore

const zone: Test = (value) => text(value) && isTimeZone(value as string);
const currency: Test = (value) => text(value) && minorDigits(value as string) !== undefined;

const lengthMs: Test = (value) =>
  natural(value) && (value as number) >= slotLimits.lengthMsMin && (value as number) <= slotLimits.lengthMsMax;
const discardPercent: Test = (value) =>
  decimal(value) && parseRational(value as string)!.numerator < 100n * parseRational(value as string)!.denominator;

const stepSize: Test = (value) => id(value) && (value as number) <= 1000;

const shapes: Readonly<Record<ControlChange['kind'], Shape>> = {
  tenant: { id: text, name: text, currency, timeZone: zone },
  producer: { id: text, type: oneOf('agent', 'gateway', 'importer'), enabled: flag, keys: listOf(like({ id: text, publicKey: text })) },
  account: { id, slug: text, name: text, parent: natural, timeZone: zone },
  ownership: { resource: text, account: natural, fromMs: natural },
  meter: {
    id: text, metric: text, unit: text, scale: oneOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), aggregation: oneOf('sum', 'timeWeighted', 'count', 'max', 'latest', 'unique', 'percentile'), distinct: optional(text), slots: optional(like({ lengthMs, discardPercent })), filter: record(listOf(text)),
  },
  price: priceShape(currency),
  /** Looked at as a whole, so that all that is wrong with them is told. */
  fee: {},
  agreement: {},
  budget: {
    id: text, account: natural, amount, currency, targets: listOf(text), enabled: flag,
    thresholds: listOf(like({ percent: decimal, action: oneOf('notify', 'throttle', 'block') })),
  },
  budgetReset: { budget: text },
  close: { account: id, untilMs: id, reason: text, talliesPerStep: optional(stepSize) },
  reopen: { account: id, fromMs: natural, reason: text, approvedBy: text },
}; // prettier-ignore

/** What counts is of unit 1 and scale 0; slots belong to percentiles. */
function meterFault({ aggregation, unit, scale, slots }: MeterRecord): string | undefined {
  if ((aggregation === 'count' || aggregation === 'unique') && (unit !== '1' || scale !== 0))
    return `meter: ${aggregation} wants unit 1 and scale 0, has ${unit} and ${scale}`;
  const hasSlots = slots !== undefined;
  return hasSlots === (aggregation === 'percentile')
    ? undefined
    : `meter: ${aggregation} with${hasSlots ? '' : 'out'} slots`;
}

function feeFault({ kind: _, ...record }: { readonly kind: 'fee' } & FeeRecord): string | undefined {
  const [first] = checkFeeRecord(record);
  return first && `fee: ${first.path} is ${first.value}, not ${first.expected}`;
}

/** What is wrong with a change's fields, or undefined. */
export function changeFault(change: unknown): string | undefined {
  const { kind } = (change ?? {}) as { readonly kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) return `unknown change ${JSON.stringify(kind) ?? ''}`;
  const fault = faultIn(change, shapes[kind as ControlChange['kind']]);
  if (fault !== undefined) return `${kind}: ${fault}`;
  if (kind === 'meter') return meterFault(change as MeterRecord);
  if (kind === 'agreement') return agreementFault(change as ControlChange & { readonly kind: 'agreement' });
  return kind === 'fee' ? feeFault(change as { readonly kind: 'fee' } & FeeRecord) : undefined;
}

function agreementFault({ kind: _, ...record }: ControlChange & { readonly kind: 'agreement' }): string | undefined {
  const problems = checkAgreement(record);
  return problems.length === 0 ? undefined : `agreement ${record.key}: ${toldOf(problems)}`;
}
