import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { fromScaled, toScaled } from '#core/money/rational.ts';
import { crossed } from '#core/spend/thresholds.ts';
import { decimal, maybe, words } from '../fields.ts';
import { form, type Family } from '../family.ts';

const pico = (value: Rational): bigint => toScaled(value, 12, 'halfEven');

/** Marks that a figure passes on its way, upwards or downwards, and those that follow the outermost at every step. */
const marks = form(
  z.strictObject({
    direction: z.enum(['increasing', 'decreasing']),
    thresholds: z.array(decimal),
    recurringStep: maybe(decimal),
    ...words,
  }),
  z.strictObject({ previous: decimal, current: decimal }),
  ({ direction, thresholds, recurringStep }, { previous, current }) => {
    const step = recurringStep === undefined ? {} : { step: pico(recurringStep) };
    const terms = {
      direction: direction === 'increasing' ? 'rising' : 'falling',
      marks: thresholds.map(pico),
      ...step,
    } as const;
    const passed = crossed(terms, pico(previous), pico(current));
    if (passed.more > 0n) throw new RangeError('more marks than are told one by one');
    return { crossed: passed.marks.map((mark) => fromScaled(mark, 12)) };
  },
);

export const alert: Family = { area: 'balances', forms: [marks], exceptions: [] };
