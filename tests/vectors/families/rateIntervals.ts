import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { multiply, ratio, subtract, sign, sum } from '#core/money/rational.ts';
import { requireRounding } from '#core/quantity/rounding.ts';
import { dailyRates, rateEvent, roundedAmount, type RatedEvent, type RateFrom } from '#core/quantity/timeRates.ts';
import type { Ours } from '../compare.ts';
import { form, refused, type ExceptionRule, type Family, type Form } from '../family.ts';
import { defectsOf } from '../defects.ts';
import { decimal, instantMs, integer, maybe, moment, numberIn, words, zoneFields, zoneOf } from '../fields.ts';

const zero = ratio(0n);

/** Lengths by the unit that the field's name ends with, in seconds; counted units are what they are. */
const unitSeconds: Readonly<Record<string, Rational>> = {
  ns: ratio(1n, 1_000_000_000n),
  us: ratio(1n, 1_000_000n),
  ms: ratio(1n, 1000n),
  s: ratio(1n),
  units: ratio(1n),
};

/** How the bill is rounded, such as "*middle 4"; and what says how upstream computes, which ours does not follow. */
const billing = {
  round: maybe(z.string().regex(/^\S+ \d+$/)),
  connect_fee: maybe(decimal),
  engine_internal_decimals: maybe(integer),
  perform_rounding: maybe(z.boolean()),
  connect_fee_rule: maybe(z.string()),
  ...words,
};

/** What a vector may ask of a rated event. */
function answers(event: RatedEvent, round: string | undefined): { readonly [key: string]: Ours } {
  const [method = 'none', decimals = '0'] = round?.split(' ') ?? [];
  const cost = roundedAmount(event, Number(decimals), requireRounding(method));
  return {
    cost,
    debited: cost,
    cost_derived: cost,
    reported_connect_fee: event.connectFee,
    billed_s: event.billed,
    compress_factor: ratio(sum(event.stretches.map(({ increments }) => ratio(increments))).numerator),
    compress_factors: event.stretches.map(({ increments }) => ratio(increments)),
    increments: event.stretches.map(({ used, increments }) => [used, ratio(increments)]),
  };
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** "Mon-Fri", "Sat,Sun", "*any" as weekdays from 1 (Monday) to 7. */
const days = z.string().transform((text, context): number[] => {
  if (['*any', '*all', 'any', 'all'].includes(text)) return [1, 2, 3, 4, 5, 6, 7];
  const found = text.split(/[,; ]+/).flatMap((part) => {
    const [from, to] = part.split('-').map((day) => weekdays.indexOf(day.slice(0, 3)));
    if (from === undefined || from < 0 || to === -1) return [0];
    const length = to === undefined ? 1 : ((to - from + 7) % 7) + 1;
    return Array.from({ length }, (_, index) => ((from + index) % 7) + 1);
  });
  if (!found.includes(0)) return found;
  context.addIssue({ code: 'custom', message: `"${text}" is not a list of weekdays` });
  return z.NEVER;
});

const secondOfDay = z
  .string()
  .regex(/^\d{2}:\d{2}(:\d{2})?$/)
  .transform((text) =>
    text.split(':').reduce((seconds, part, index) => seconds + Number(part) * [3600, 60, 1][index]!, 0),
  );

const byTimeOfDay = form(
  z.strictObject({
    plan: maybe(z.string()),
    rates: z.array(
      z.strictObject({
        days,
        from: secondOfDay,
        connect_fee: maybe(decimal),
        rate: decimal,
        per_s: decimal,
        increment_s: decimal,
      }),
    ),
    ...billing,
    ...zoneFields,
  }),
  z.strictObject({ start: moment, end: moment, loop_index: maybe(integer) }),
  ({ rates, round, ...fields }, { start, end, loop_index = 0 }) => {
    const zone = zoneOf(fields);
    const [startMs, endMs] = [instantMs(start, zone), instantMs(end, zone)];
    const schedule = rates.map(({ days: on, from, connect_fee = zero, rate, per_s, increment_s }) => ({
      days: on,
      fromSecond: from,
      // A later part of the same event has its fee behind it.
      rate: { fee: rate, per: per_s, increment: increment_s, connectFee: loop_index === 0 ? connect_fee : zero },
    }));
    const length = ratio(BigInt(endMs - startMs), 1000n);
    return answers(rateEvent(zero, length, dailyRates(startMs, endMs, zone, schedule)), round);
  },
);

const slot = z.strictObject({ from_s: decimal, increment_s: decimal });
const usage = z.union([
  z.strictObject({ usage_s: decimal }),
  z.strictObject({ start: moment, end: moment, usage_s: maybe(decimal) }),
]);

/** One rate, in increments that may change the longer the event lasts. */
const byIncrements = form(
  z.strictObject({
    rate: decimal,
    per_s: decimal,
    increment_s: maybe(decimal),
    slots: maybe(z.array(slot)),
    increments: maybe(z.array(slot)),
    ...billing,
  }),
  usage,
  ({ rate, per_s, increment_s, slots, increments, connect_fee = zero, round }, inputs) => {
    const steps = slots ?? increments ?? [{ from_s: zero, increment_s: increment_s ?? ratio(1n) }];
    const rates = steps.map(({ from_s, increment_s: increment }) => ({
      from: from_s,
      rate: { fee: rate, per: per_s, increment, connectFee: connect_fee },
    }));
    const length =
      'start' in inputs
        ? ratio(BigInt(instantMs(inputs.end, 'UTC') - instantMs(inputs.start, 'UTC')), 1000n)
        : inputs.usage_s;
    return answers(rateEvent(zero, length, rates), round);
  },
);

const byUnits = form(
  z.strictObject({ rate: decimal, per_units: decimal, increment_units: decimal, ...billing }),
  z.strictObject({ units: decimal }),
  ({ rate, per_units, increment_units, connect_fee = zero, round }, { units }) =>
    answers(
      rateEvent(zero, units, [
        { from: zero, rate: { fee: rate, per: per_units, increment: increment_units, connectFee: connect_fee } },
      ]),
      round,
    ),
);

/** A rate per unit of time, both in any unit; without a stated usage a minute is used. */
const recurrent = ['ns', 'us', 'ms', 's'].map((unit): Form => {
  const inSeconds = (value: Rational) => multiply(value, unitSeconds[unit]!);
  return form(
    z.strictObject({
      recurrent_fee: decimal,
      [`unit_${unit}`]: decimal,
      [`increment_${unit}`]: decimal,
      fixed_fee: maybe(decimal),
      ...words,
    }),
    z.strictObject({ usage_s: maybe(decimal) }),
    (config, { usage_s = ratio(60n) }) => {
      const fields = config as Record<string, Rational> & { recurrent_fee: Rational; fixed_fee?: Rational };
      const rate = {
        fee: fields.recurrent_fee,
        per: inSeconds(fields[`unit_${unit}`]!),
        increment: inSeconds(fields[`increment_${unit}`]!),
        connectFee: fields.fixed_fee ?? zero,
      };
      const all = answers(rateEvent(zero, usage_s, [{ from: zero, rate }]), undefined);
      return { ...all, increments: all['compress_factor'] };
    },
  );
});

const feeSlot = z.strictObject({ from_s: decimal, fee: decimal, unit_s: decimal, increment_s: decimal });
type FeeSlot = z.output<typeof feeSlot>;
const rateOfSlot = ({ fee, unit_s, increment_s }: FeeSlot) => ({ fee, per: unit_s, increment: increment_s });

const bySlots = form(
  z.strictObject({ slots: z.array(feeSlot), ...words }),
  z.strictObject({ usage_s: decimal, interval_start_s: maybe(decimal) }),
  ({ slots }, { usage_s, interval_start_s = zero }) =>
    answers(
      rateEvent(
        interval_start_s,
        usage_s,
        slots.map((each) => ({ from: each.from_s, rate: rateOfSlot(each) })),
      ),
      undefined,
    ),
);

/** Rates that take over from one another at positions of the usage; within each, slots by position too. */
const bySwitchedRates = form(
  z.strictObject({
    rates: z.array(
      z.strictObject({
        id: z.string(),
        valid_s: maybe(z.tuple([decimal, maybe(decimal)])),
        valid_from_s: maybe(decimal),
        slots: z.array(feeSlot),
      }),
    ),
    ...words,
  }),
  z.strictObject({ interval_start_s: maybe(decimal), usage_s: decimal }),
  ({ rates }, { interval_start_s = zero, usage_s }) => {
    const timeline: RateFrom[] = [];
    for (const { valid_s, valid_from_s, slots } of rates) {
      const from = valid_s?.[0] ?? valid_from_s ?? zero;
      const until = valid_s?.[1];
      slots.forEach((each, index) => {
        const next = slots[index + 1];
        const isOver = next !== undefined && sign(subtract(next.from_s, from)) <= 0;
        const begins = sign(subtract(each.from_s, from)) > 0 ? each.from_s : from;
        const isLater = until !== undefined && sign(subtract(begins, until)) >= 0;
        if (!isOver && !isLater) timeline.push({ from: begins, rate: rateOfSlot(each) });
      });
    }
    return answers(rateEvent(interval_start_s, usage_s, timeline), undefined);
  },
);

/** Vectors about input that is wrong whatever else it says. */
const anyRate = { fee: ratio(1n), per: ratio(1n) };
const validationOfIncrement = form(
  z.strictObject({ increment_s: decimal, ...words }),
  z.strictObject({ usage_s: z.literal('any') }),
  ({ increment_s }) =>
    answers(rateEvent(zero, ratio(60n), [{ from: zero, rate: { ...anyRate, increment: increment_s } }]), undefined),
);
const validationOfStart = form(
  z.strictObject(words),
  z.strictObject({ interval_start: z.literal('greater than usage') }),
  () =>
    answers(
      rateEvent(ratio(120n), ratio(60n), [{ from: zero, rate: { ...anyRate, increment: ratio(1n) } }]),
      undefined,
    ),
);

const startsBeyondUsage: ExceptionRule = {
  name: 'an event may begin further into its rates than it lasts',
  reason:
    'upstream refuses a start greater than the usage; where in its rates an event begins and how long it lasts are independent, as in a session that is billed in parts',
  applies: ({ inputs }) => {
    if (inputs['interval_start'] === 'greater than usage') return true;
    const [start, used] = [inputs['interval_start_s'], inputs['usage_s']].map((text) => numberIn(text));
    return start !== undefined && used !== undefined && sign(subtract(start, used)) > 0;
  },
  theirs: () => refused,
};

export const rateIntervals: Family = {
  area: 'rating',
  forms: [
    byTimeOfDay,
    byIncrements,
    byUnits,
    ...recurrent,
    bySlots,
    bySwitchedRates,
    validationOfIncrement,
    validationOfStart,
  ],
  exceptions: [startsBeyondUsage, defectsOf(() => rateIntervals)],
};
