import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { add, divide, multiply, one, ratio, roundTo, subtract, sum } from '#core/money/rational.ts';
import { prorate } from '#core/time/proration.ts';
import { decimal, numberIn, inclusiveDays, instantMs, maybe, moment, words } from '../fields.ts';
import { form, type Asked, type Family } from '../family.ts';
import type { Ours } from '../compare.ts';
import type { Json } from '../vector.ts';
import { missingOf } from '../spend.ts';
import { taxOf } from './percentage.ts';

const cents = (value: Rational): Rational => roundTo(value, 0, 'halfAwayFromZero');

const config = z
  .strictObject({
    minimumCents: maybe(decimal),
    commitmentCents: maybe(decimal),
    taxRatePercent: maybe(decimal),
    ...words,
  })
  .refine((fields) => (fields.minimumCents === undefined) !== (fields.commitmentCents === undefined), 'one minimum');
type Config = z.output<typeof config>;

const minimumOf = ({ minimumCents, commitmentCents }: Config): Rational => (minimumCents ?? commitmentCents)!;

/** Bounds are kept to 12 decimals of a currency unit; a figure in cents is put to them in millionths, so that all its decimals show. */
const millionths = ratio(1_000_000n);
const trueUp = (fields: Config, owed: readonly Rational[], share = one): Rational =>
  divide(
    missingOf(
      multiply(minimumOf(fields), millionths),
      owed.map((amount) => multiply(amount, millionths)),
      share,
    ),
    millionths,
  );

const ofPart = form(
  config,
  z.strictObject({ usedCents: decimal, billedDays: decimal, daysInPeriod: decimal }),
  (fields, { usedCents, billedDays, daysInPeriod }, { expected }) => {
    const precise = trueUp(fields, [usedCents], divide(billedDays, daysInPeriod));
    const missing = cents(precise);
    const fees = add(usedCents, missing);
    const tax = taxOf(fees, fields.taxRatePercent);
    const creditNoteCents = numberIn(expected['creditNoteCents']);
    return {
      trueUpCents: missing,
      precise,
      trueUpTaxCents: taxOf(missing, fields.taxRatePercent),
      usageTaxCents: taxOf(usedCents, fields.taxRatePercent),
      invoiceFeesCents: fees,
      invoiceTaxCents: tax,
      // The credit note is of another family; what it is of is stated, and taken as given.
      invoiceTotalCents: subtract(add(fees, tax), creditNoteCents ?? ratio(0n)),
      creditNoteCents,
      creditNoteForUnusedAdvance: creditNote(expected, subtract(daysInPeriod, billedDays), daysInPeriod, fields),
    };
  },
);

function creditNote(
  { creditNoteForUnusedAdvance: stated }: Asked['expected'],
  unused: Rational,
  days: Rational,
  fields: Config,
): Ours {
  if (typeof stated !== 'object' || stated === null || Array.isArray(stated)) return undefined;
  const planAmountCents = numberIn((stated as { readonly [key: string]: Json })['planAmountCents']) ?? ratio(0n);
  const net = cents(multiply(planAmountCents, divide(unused, days)));
  const tax = taxOf(net, fields.taxRatePercent);
  return { planAmountCents, unusedDays: unused, subTotalCents: net, taxCents: tax, totalCents: add(net, tax) };
}

const ofFees = form(
  config,
  z
    .strictObject({
      feesCents: z.array(decimal),
      period: maybe(z.strictObject({ from: moment, to: moment })),
      downgradeRunsAt: maybe(moment),
      billedDays: maybe(decimal),
      daysInPeriod: maybe(decimal),
    })
    .refine((given) => (given.billedDays === undefined) === (given.daysInPeriod === undefined), 'days are of days'),
  (fields, { feesCents, period, downgradeRunsAt, billedDays, daysInPeriod }) => {
    const whole = period === undefined ? undefined : inclusiveDays(period, 'UTC');
    const endMs = downgradeRunsAt === undefined ? undefined : instantMs(downgradeRunsAt, 'UTC');
    const share =
      billedDays !== undefined && daysInPeriod !== undefined
        ? divide(billedDays, daysInPeriod)
        : whole === undefined || endMs === undefined
          ? one
          : prorate({ startMs: whole.startMs, endMs }, whole, 'day', 'UTC');
    const missing = cents(trueUp(fields, feesCents, share));
    const total = add(sum(feesCents), missing);
    return {
      subscriptionFeeCents: feesCents[0],
      trueUpCents: missing,
      invoiceFeesCents: total,
      invoiceTotalCents: total,
    };
  },
);

const ofPeriods = form(
  config,
  z.record(z.string().regex(/^period\d+FeesCents$/), z.array(decimal)),
  (fields, periods) =>
    Object.fromEntries(
      Object.entries(periods).map(([name, fees]) => [
        name.replace('FeesCents', 'TrueUpCents'),
        cents(trueUp(fields, fees)),
      ]),
    ),
);

export const minimum: Family = { area: 'rating', forms: [ofPart, ofFees, ofPeriods], exceptions: [] };
