import { z } from 'zod';
import { fromScaled, ratio, sum, sign, zero } from '#core/money/rational.ts';
import { bookedAtMs, periodRows } from '#core/fees/recurring.ts';
import type { RecurringFee } from '#core/fees/records.ts';
import { decimal, instantMs } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { conversionForAll } from '../forms.ts';
import { lineInputs, linesOfPart, partOf, termFields } from '../lines.ts';
import { text } from '../price.ts';

/** A fee is owed with the part of the period in which it is booked: in advance when it opens, in arrears when it closes. */
const fee = form(
  z.strictObject({ ...termFields, amount: decimal, paymentTerm: z.enum(['in_advance', 'in_arrears']) }),
  lineInputs,
  (config, inputs) => {
    const { from = '2026-01-01', to = '2026-02-01' } = inputs.fullServicePeriod ?? {};
    const period = { startMs: instantMs(from, 'UTC'), endMs: instantMs(to, 'UTC') };
    const record: RecurringFee = {
      id: 'vector',
      currency: 'EUR',
      terms: config.paymentTerm === 'in_advance' ? 'advance' : 'arrears',
      proration: 'none',
      onDecrease: 'credit',
      timeZone: 'UTC',
      term: { fromMs: period.startMs, toMs: null, pauses: [] },
      amounts: [{ fromMs: period.startMs, amount: text(config.amount) }],
    };
    const owed = sum(periodRows(record, period).map(({ amount }) => fromScaled(amount, 12)));
    const { isFirst, isLast } = partOf(inputs.lineMode);
    const isBooked = bookedAtMs(record, period) === period.startMs ? isFirst : isLast;
    const piece = { key: 'fee', quantity: ratio(1n), unitAmount: owed, amount: owed };
    const model = { openedBy: 'never' as const, pieces: () => (isBooked && sign(owed) !== 0 ? [piece] : []) };
    // A fee is not metered: what the vector says of quantities does not change it.
    return linesOfPart(model, config, { ...inputs, quantityBeforeThisLine: zero, quantityInThisLine: ratio(1n) });
  },
);

export const flat: Family = { area: 'rating', forms: [fee], exceptions: [conversionForAll] };
