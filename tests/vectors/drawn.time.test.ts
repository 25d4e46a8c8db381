/** Vectors of rates by time, levels, proration, periods, drawn within the schema: each is equal to plain decimals. */
import { Decimal as Base } from 'decimal.js';
import fc from 'fast-check';
import { amountText, cents, d, holds, rounded, shown, zero } from './drawn.ts';

const secondsOfDay = 86_400;
const small = (most: number) => fc.integer({ min: 0, max: most }).map((value) => d(value).div(100).toFixed());

holds(
  'rateIntervals',
  fc
    .record({
      rate: small(500),
      per: fc.constantFrom(1, 60),
      first: fc.integer({ min: 1, max: 90 }),
      then: fc.integer({ min: 1, max: 90 }),
      usage: fc.nat(400),
      fee: small(200),
      decimals: fc.constantFrom(2, 4, 6),
    }) // prettier-ignore
    .map(({ rate, per, first, then, usage, fee, decimals }) => {
      const billed =
        usage <= first ? Math.ceil(usage / first) * first : first + Math.ceil((usage - first) / then) * then;
      const exact = usage === 0 ? zero : d(billed).times(rate).div(per).plus(fee);
      return {
        config: {
          rate, per_s: String(per), round: `*middle ${decimals}`, connect_fee: fee,
          increments: [
            { from_s: '0', increment_s: String(first) },
            { from_s: String(first), increment_s: String(then) },
          ],
        }, // prettier-ignore
        inputs: { usage_s: String(usage) },
        expected: { cost: rounded(exact, decimals).toFixed(), billed_s: String(billed) },
      };
    }),
);

/** Second by second: the rate of the weekday and time of day at which each begins. */
holds(
  'rateIntervals',
  fc
    .record({
      day: small(300),
      evening: small(300),
      weekend: small(300),
      startS: fc.nat(14 * secondsOfDay),
      lengthS: fc.nat(6000),
      at: fc.integer({ min: 1, max: 23 }),
    })
    .map(({ day, evening, weekend, startS, lengthS, at }) => {
      const startMs = Date.UTC(2024, 0, 1) + startS * 1000;
      let exact = zero;
      for (let second = 0; second < lengthS; second++) {
        const moment = new Date(startMs + second * 1000);
        const isWeekend = [0, 6].includes(moment.getUTCDay());
        exact = exact.plus(isWeekend ? weekend : moment.getUTCHours() >= at ? evening : day);
      }
      const rateOf = (days: string, from: string, rate: string) => ({
        days,
        from,
        connect_fee: '0',
        rate,
        per_s: '1',
        increment_s: '1',
      });
      const iso = (ms: number) => new Date(ms).toISOString().replace('.000', '');
      return {
        config: {
          rates: [
            rateOf('Mon-Fri', '00:00', day),
            rateOf('Mon-Fri', `${String(at).padStart(2, '0')}:00`, evening),
            rateOf('Sat-Sun', '00:00', weekend),
          ],
          round: '*middle 4',
        },
        inputs: { start: iso(startMs), end: iso(startMs + lengthS * 1000), loop_index: '0' },
        expected: { cost: rounded(exact, 4).toFixed() },
      };
    }),
);

/** Unit by unit, each in the tier where it stands. */
holds(
  'recurringLevel',
  fc
    .record({
      top: fc.integer({ min: 1, max: 12 }),
      prices: fc.tuple(small(900), small(900)),
      flats: fc.tuple(small(9000), small(9000)),
      changes: fc.array(fc.tuple(fc.integer({ min: -8, max: 12 }), fc.integer({ min: 1, max: 31 })), {
        minLength: 1,
        maxLength: 6,
      }),
    }) // prettier-ignore
    .map(({ top, prices, flats, changes }) => {
      // What comes later counts for fewer days.
      const taken = changes.filter(([by]) => by !== 0).toSorted(([, a], [, b]) => b - a);
      let level = 0;
      let highest = 0;
      let owed = zero;
      for (const [by, days] of taken) {
        for (let count = 0; count < Math.abs(by); count++) {
          const position = by > 0 ? level + count : level - count - 1;
          const price = d(position < top ? prices[0] : prices[1]);
          owed = owed.plus(price.times(days).div(31).times(Math.sign(by)));
        }
        level += by;
        highest = Math.max(highest, level);
      }
      // A level below zero is upstream's special case; here it does not fall below.
      let sunk = 0;
      const isBelow = taken.some(([by]) => (sunk += by) < 0);
      const flat = d(flats[0]).plus(highest > top ? flats[1] : 0);
      const units = taken.map(([by, days]) => d(by).times(days).div(31).toDecimalPlaces(24).toFixed());
      return {
        config: {
          tiers: [
            { upTo: String(top), unit: prices[0], flat: flats[0] },
            { upTo: null, unit: prices[1], flat: flats[1] },
          ],
          resultRounding: 'round2',
        },
        inputs:
          isBelow || taken.length === 0
            ? { eventUnits: ['1'], eventProratedUnits: ['1'] }
            : { eventUnits: taken.map(([by]) => String(by)), eventProratedUnits: units },
        expected: {
          amount:
            isBelow || taken.length === 0
              ? rounded(d(prices[0]).plus(flats[0]), 2).toFixed()
              : rounded(owed.plus(flat), 2).toFixed(),
        },
      };
    }),
);

/** Each level times the seconds that it lasts. */
holds(
  'aggregation',
  fc
    .record({
      unitAmount: small(300),
      startValue: fc.nat(500),
      steps: fc.array(fc.tuple(fc.nat(29 * secondsOfDay), fc.integer({ min: -50, max: 300 })), { maxLength: 5 }),
    })
    .map(({ unitAmount, startValue, steps }) => {
      const length = 30 * secondsOfDay;
      const ordered = steps.toSorted(([a], [b]) => a - b);
      const weighed = ordered.reduce(
        (total, [at, by]) => total.plus(d(by).times(length - at)),
        d(startValue).times(length),
      );
      const units = weighed.div(length);
      const iso = (second: number) => new Date(Date.UTC(2024, 3, 1) + second * 1000).toISOString().replace('.000', '');
      return {
        config: { unitAmount },
        inputs: {
          period: { from: '2024-04-01', to: '2024-04-30' },
          startValue: String(startValue),
          events: ordered.map(([at, by]) => [iso(at), String(by)]),
        },
        expected: units.lt(0)
          ? { carriedTotal: String(ordered.reduce((total, [, by]) => total + by, startValue)) }
          : {
              unitsRounded10: units.toDecimalPlaces(10, Base.ROUND_HALF_UP).toFixed(),
              amountCents: cents(weighed.times(unitAmount).div(length)),
            },
      };
    })
    .filter(({ expected }) => !('carriedTotal' in expected)),
);

holds(
  'proration',
  fc
    .record({
      amount: amountText,
      from: fc.nat(80),
      length: fc.integer({ min: 1, max: 90 }),
      whole: fc.integer({ min: 1, max: 90 }),
      decimals: fc.constantFrom(0, 2, 3),
    })
    .map(({ amount, from, length, whole, decimals }) => {
      const day = (count: number) => new Date(Date.UTC(2024, 1, 1 + count)).toISOString();
      const part = Math.min(length, whole);
      return {
        config: { enabled: true, currency: 'XXX', decimals: String(decimals) },
        inputs: {
          amount,
          servicePeriod: [day(from), day(from + length)],
          fullServicePeriod: [day(from), day(from + whole)],
        },
        expected: { amount: rounded(d(amount).times(part).div(whole), decimals).toFixed() },
      };
    }),
);

holds(
  'proration',
  fc.tuple(fc.nat(10_000_000), fc.integer({ min: 1, max: 366 }), fc.nat(366)).map(([plan, days, drawn]) => {
    const billed = Math.min(days, drawn);
    const precise = d(plan).times(billed).div(days);
    return {
      config: { planAmountCents: String(plan) },
      inputs: { billedDays: String(billed), daysInPeriod: String(days) },
      expected: { amountCents: rounded(precise, 0).toFixed(), preciseAmountCents: shown(precise) },
    };
  }),
);

/** Months from a day that is found again where a month has it. */
holds(
  'period',
  fc
    .record({
      year: fc.integer({ min: 2023, max: 2025 }),
      month: fc.nat(11),
      day: fc.integer({ min: 1, max: 31 }),
      every: fc.constantFrom(['monthly', 1], ['quarterly', 3], ['yearly', 12], ['semiannual', 6]),
      count: fc.integer({ min: 1, max: 14 }),
    })
    .map(({ year, month, day, every: [interval, months], count }) => {
      const daysIn = (at: number) => new Date(Date.UTC(year, at + 1, 0)).getUTCDate();
      const anchor = Math.min(day, daysIn(month));
      const iso = (at: number, less: number) =>
        new Date(Date.UTC(year, at, Math.min(anchor, daysIn(at)) - less)).toISOString().slice(0, 10);
      const at = (index: number) => month + index * (months as number);
      return {
        config: { billing: 'anniversary', interval: interval as string, startedAt: `${iso(month, 0)}T05:00:00Z` },
        inputs: {},
        expected: { periods: Array.from({ length: count }, (_, index) => [iso(at(index), 0), iso(at(index + 1), 1)]) },
      };
    }),
);
