/** Vectors of prices, drawn within the schema: each is equal to plain decimals. */
import { Decimal as Base } from 'decimal.js';
import fc from 'fast-check';
import {
  amountText,
  ceilTo,
  cents,
  clean,
  d,
  graduated,
  holds,
  max,
  min,
  nullable,
  optional,
  perUnit,
  positiveText,
  quantityIn,
  quantityText,
  rounded,
  shown,
  sum,
  tiers,
  tiersOf,
  volume,
  zero,
} from './drawn.ts';

holds(
  'unit',
  fc
    .record({ unitAmount: amountText, quantity: quantityText.map((text) => d(text).toDecimalPlaces(4).toFixed()) })
    .map(({ unitAmount, quantity }) => {
      const amount = d(unitAmount).times(quantity);
      return {
        config: { unitAmount },
        inputs: { quantity },
        expected: { amount: shown(amount), unitAmount: perUnit(amount, d(quantity)) },
      };
    }),
);

for (const [family, charge] of [
  ['graduated', graduated],
  ['volume', volume],
] as const)
  holds(
    family,
    tiers.chain((list) =>
      quantityIn(list).map((quantity) => {
        const amount = charge(list, d(quantity));
        return {
          config: { tiers: list.map((tier) => clean({ ...tier })) },
          inputs: { quantity },
          expected: { amount: shown(amount), unitAmount: perUnit(amount, d(quantity)) },
        };
      }),
    ),
  );

holds(
  'graduatedPercentage',
  tiersOf(fc.integer({ min: 0, max: 1000 }).map((tenth) => d(tenth).div(10).toFixed())).chain((list) =>
    quantityIn(list).map((value) => {
      const percents = list.map((tier) => ({
        ...tier,
        unit: d(tier.unit ?? 0)
          .div(100)
          .toFixed(),
      }));
      return {
        config: { tiers: list.map(({ upTo, unit, flat }) => clean({ upTo, ratePercent: unit, flat })) },
        inputs: { value },
        expected: { amount: shown(graduated(percents, d(value))) },
      };
    }),
  ),
);

holds(
  'package',
  fc
    .record({
      packageSize: positiveText,
      packageAmount: amountText,
      freeUnits: nullable(quantityText),
      quantity: quantityText,
    })
    .map(({ packageSize, packageAmount, freeUnits, quantity }) => {
      const packages = ceilTo(max(zero, d(quantity).minus(freeUnits ?? 0)), d(packageSize)).div(packageSize);
      return {
        config: { packageSize, packageAmount, freeUnits },
        inputs: { quantity },
        expected: { amount: shown(packages.times(packageAmount)), packages: shown(rounded(packages, 0)) },
      };
    }),
);

holds(
  'dynamic',
  fc.array(amountText, { maxLength: 6 }).map((events) => {
    const after = events.map((_, index) => sum(events.slice(0, index + 1).map(d)));
    return {
      config: { rounding: 'to whole cents, half up, at fee level' },
      inputs: { eventPreciseAmountCents: events },
      expected: { amountCentsAfterEach: after.map((total) => shown(rounded(total, 0))) },
    };
  }),
);

/** Lines of a whole period: usage, discount, maximum, minimum. */
const terms = {
  minimumSpend: optional(amountText),
  maximumSpend: optional(amountText),
  usageDiscountQuantity: optional(quantityText),
  quantity: quantityText,
  decimals: fc.constantFrom(0, 2, 3),
  already: optional(amountText),
};
holds(
  'unit',
  fc.record({ unitAmount: positiveText, ...terms }).map((drawn) => {
    const { unitAmount, minimumSpend, maximumSpend, usageDiscountQuantity, quantity, decimals, already } = drawn;
    const before = rounded(d(already ?? 0), decimals);
    const most =
      maximumSpend === undefined || d(maximumSpend).lt(minimumSpend ?? 0)
        ? undefined
        : rounded(d(maximumSpend), decimals);
    const billable = max(zero, d(quantity).minus(usageDiscountQuantity ?? 0));
    const usage = rounded(billable.times(unitAmount), decimals);
    const over = most === undefined ? zero : min(usage, max(zero, before.plus(usage).minus(most)));
    const net = usage.minus(over);
    const rest = rounded(
      max(
        zero,
        d(minimumSpend ?? 0)
          .minus(d(already ?? 0))
          .minus(net),
      ),
      decimals,
    );
    return {
      config: {
        unitAmount, minimumSpend, usageDiscountQuantity,
        ...(most === undefined ? {} : { maximumSpend }),
      }, // prettier-ignore
      inputs: {
        currency: 'XXX', currencyDecimals: String(decimals), lineMode: 'whole', quantityBeforeThisLine: '0',
        quantityInThisLine: quantity, amountAlreadyBilledInPeriod: already,
      }, // prettier-ignore
      expected: { lineTotalSum: shown(net.plus(rest)) },
    };
  }),
);

for (const [family, charge] of [
  ['graduated', graduated],
  ['volume', volume],
] as const)
  holds(
    family,
    fc
      .tuple(
        tiers,
        fc.integer({ min: 1, max: 900 }),
        fc.nat(900),
        fc.constantFrom('ceiling', 'half_up', 'floor', 'none'),
      )
      .map(([list, within, before, rounding]) => {
        const modes = { ceiling: Base.ROUND_CEIL, half_up: Base.ROUND_HALF_UP, floor: Base.ROUND_FLOOR } as const;
        const convert = (quantity: number) => {
          const converted = d(quantity).div(7);
          return rounding === 'none' ? converted : converted.toDecimalPlaces(0, modes[rounding as 'ceiling']);
        };
        const from = family === 'volume' ? 0 : before;
        const owed = (quantity: number) => charge(list, convert(quantity));
        // The first flat is owed with the first part, whatever was used in it.
        const total = owed(from + within).minus(from === 0 ? 0 : owed(from));
        return {
          config: {
            tiers: list.map((tier) => clean({ ...tier })),
            unitConversion: { operation: 'divide', factor: '7', rounding },
            unitConversionEnabled: true,
          },
          inputs: {
            currency: 'XXX', currencyDecimals: '12', lineMode: from === 0 ? 'whole_period' : 'split_last_part',
            quantityBeforeThisLine: String(from), quantityInThisLine: String(within),
          }, // prettier-ignore
          expected: { lineTotalSum: rounded(total, 9).toFixed() },
        };
      }),
  );

/** Of the free part both limits hold, an event on the edge of the value is ours by rule: none ends there. */
holds(
  'percentage',
  fc
    .record({
      ratePercent: fc.integer({ min: 0, max: 100 }).map((value) => d(value).div(4).toFixed()),
      fixedPerEvent: nullable(amountText),
      minPerEvent: nullable(amountText),
      maxPerEvent: nullable(positiveText),
      eventValues: fc.array(positiveText, { maxLength: 7 }),
    })
    .map(({ ratePercent, fixedPerEvent, minPerEvent, maxPerEvent, eventValues }) => {
      const least =
        minPerEvent != null && maxPerEvent != null && d(minPerEvent).gt(maxPerEvent) ? undefined : minPerEvent;
      const each = eventValues.map((value) => {
        const fee = d(value)
          .times(ratePercent)
          .div(100)
          .plus(fixedPerEvent ?? 0);
        return min(max(fee, d(least ?? 0)), d(maxPerEvent ?? Infinity));
      });
      const after = each.map((_, index) => sum(each.slice(0, index + 1)));
      return {
        config: { ratePercent, fixedPerEvent, minPerEvent: least, maxPerEvent },
        inputs: { eventValues },
        expected: { amount: shown(sum(each)), amountCentsAfterEach: after.map(cents) },
      };
    }),
);
