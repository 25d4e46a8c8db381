/** Vectors of blocks, quantities and bounds, drawn within the schema: each is equal to plain decimals. */
import { Decimal as Base } from 'decimal.js';
import fc from 'fast-check';
import type { Json } from './vector.ts';
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
  optional,
  positiveText,
  quantityText,
  rounded,
  shown,
  sum,
  tiers,
  zero,
  type Decimal,
} from './drawn.ts';

interface Block {
  readonly block_size: string;
  readonly max_blocks: string;
  readonly price: string;
}
const blocks = fc.array(
  fc.record({
    block_size: fc.integer({ min: 1, max: 100 }).map(String),
    max_blocks: fc.integer({ min: 1, max: 30 }).map(String),
    price: amountText,
  }),
  { minLength: 1, maxLength: 5 },
);
function allTiers(list: readonly Block[], units: Decimal): Decimal {
  let left = units;
  let owed = zero;
  list.forEach(({ block_size, max_blocks, price }, index) => {
    const wanted = ceilTo(left, d(block_size)).div(block_size);
    const used = index === list.length - 1 || max_blocks === '-1' ? wanted : min(wanted, d(max_blocks));
    owed = owed.plus(used.times(price));
    left = max(zero, left.minus(used.times(block_size)));
  });
  return owed;
}
function topTier(list: readonly Block[], units: Decimal): Decimal {
  let left = units;
  for (const [index, { block_size, max_blocks, price }] of list.entries()) {
    const room = index === list.length - 1 || max_blocks === '-1' ? d(Infinity) : d(max_blocks).times(block_size);
    if (left.lte(room)) return ceilTo(units, d(block_size)).div(block_size).times(price);
    left = left.minus(room);
  }
  throw new Error('the last tier is open');
}
holds(
  'packageTiers',
  fc
    .tuple(blocks, blocks, fc.constantFrom('ALL_TIERS', 'TOP_TIER'), fc.nat(4000), fc.nat(4000), optional(amountText))
    .map(([foo, bar, policy, ofFoo, ofBar, already_billed]) => {
      const open = foo.map((tier, index) => (index === foo.length - 1 ? { ...tier, max_blocks: '-1' } : tier));
      const charge = policy === 'ALL_TIERS' ? allTiers : topTier;
      const amount = charge(open, d(ofFoo)).plus(charge(bar, d(ofBar)));
      return {
        config: { policy, FOO: open as unknown as Json, BAR: bar as unknown as Json },
        inputs: { FOO: String(ofFoo), BAR: String(ofBar), already_billed },
        expected: { amount: shown(amount), to_bill: shown(amount.minus(already_billed ?? 0)) },
      };
    }),
);

holds(
  'capacity',
  fc
    .tuple(
      fc.array(fc.tuple(positiveText, fc.integer({ min: 1, max: 50 })), { minLength: 1, maxLength: 5 }),
      fc.nat(300),
      fc.nat(300),
    )
    .map(([list, foo, bar]) => {
      let top = 0;
      const tiersAt = list.map(([price, width], index) => {
        top += width;
        const isLast = index === list.length - 1;
        return { price, limits: { FOO: isLast ? null : String(top), BAR: isLast ? null : String(top * 3) } };
      });
      const found = tiersAt.find(
        ({ limits }) => limits.FOO === null || (foo <= Number(limits.FOO) && bar <= Number(limits.BAR)),
      )!;
      return {
        config: { tiers: tiersAt },
        inputs: { FOO: String(foo), BAR: String(bar) },
        expected: { amount: found.price },
      };
    }),
);

const methods: Record<string, Base.Rounding> = {
  up: Base.ROUND_UP, '*up': Base.ROUND_CEIL, down: Base.ROUND_DOWN, '*down': Base.ROUND_FLOOR, '*middle': Base.ROUND_HALF_UP,
  HALF_UP: Base.ROUND_HALF_UP, half_up: Base.ROUND_HALF_UP, half_even: Base.ROUND_HALF_EVEN, half_down: Base.ROUND_HALF_DOWN,
  ceiling: Base.ROUND_CEIL, floor: Base.ROUND_FLOOR, HALF_EVEN: Base.ROUND_HALF_EVEN,
}; // prettier-ignore
holds(
  'rounding',
  fc.tuple(fc.constantFrom(...Object.keys(methods)), fc.nat(6), amountText).map(([method, decimals, value]) => ({
    config: { method, decimals: String(decimals) },
    inputs: { value },
    expected: { value: d(value).toDecimalPlaces(decimals, methods[method]!).toFixed() },
  })),
);
holds(
  'rounding',
  fc.tuple(fc.nat(5), amountText, fc.boolean()).map(([decimals, value, isNegative]) => {
    const amount = isNegative ? d(value).negated() : d(value);
    return {
      config: { currency: 'KWD', decimals: String(decimals) },
      inputs: { amount: amount.toFixed() },
      expected: { rounded: rounded(amount, decimals).toFixed() },
    };
  }),
);
holds(
  'rounding',
  fc
    .tuple(fc.integer({ min: 1, max: 90_000 }), fc.nat(1_000_000), fc.constantFrom('ms', 's', 'ns'))
    .map(([step, usage, unit]) => ({
      config: { [`increment_${unit}`]: String(step) },
      inputs: { [`usage_${unit}`]: String(usage) },
      expected: { [`billed_${unit}`]: ceilTo(d(usage), d(step)).toFixed() },
    })),
);

holds(
  'conversion',
  fc
    .tuple(
      fc.constantFrom('multiply', 'divide'),
      positiveText,
      fc.constantFrom('none', 'ceiling', 'floor', 'half_up'),
      optional(fc.nat(4)),
      quantityText,
    )
    .map(([operation, factor, rounding, precision, quantity]) => {
      const exact = operation === 'multiply' ? d(quantity).times(factor) : d(quantity).div(factor);
      const modes = { none: undefined, ceiling: Base.ROUND_CEIL, floor: Base.ROUND_FLOOR, half_up: Base.ROUND_HALF_UP };
      const mode = modes[rounding as 'none'];
      const billed = mode === undefined ? exact : exact.toDecimalPlaces(precision ?? 0, mode);
      return {
        config: { operation, factor, rounding, precision: precision === undefined ? undefined : String(precision) },
        inputs: { quantity },
        expected: { billedQuantity: shown(billed) },
      };
    }),
);

holds(
  'allocation',
  fc
    .tuple(
      fc.constantFrom(0, 2, 3),
      fc.nat(100_000),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.constantFrom(0, 1, 3)), { minLength: 1, maxLength: 7 }),
      fc.boolean(),
    )
    .map(([decimals, units, weights, byKey]) => {
      const items = weights.map(([weight, places], index): [string, string] => [
        String.fromCharCode(90 - index),
        d(weight).div(d(10).pow(places)).toFixed(),
      ]);
      const all = sum(items.map(([, weight]) => d(weight)));
      const exact = items.map(([key, weight], index) => ({ key, index, share: d(units).times(weight).div(all) }));
      const floors = exact.map(({ share }) => share.floor());
      const order = exact.toSorted((a, b) => {
        const [left, right] = [a.share.minus(a.share.floor()), b.share.minus(b.share.floor())];
        if (left.minus(right).abs().gt('1e-60')) return right.comparedTo(left);
        return byKey ? (a.key < b.key ? -1 : 1) : a.index - b.index;
      });
      const left = d(units).minus(sum(floors)).toNumber();
      for (const { index } of order.slice(0, left)) floors[index] = floors[index]!.plus(1);
      const scale = d(10).pow(decimals);
      return {
        config: { currency: 'USD', decimals: String(decimals), ...(byKey ? { tieBreak: 'key ascending' } : {}) },
        inputs: { amount: d(units).div(scale).toFixed(), items },
        expected: {
          allocations: items.flatMap(([key], index) =>
            floors[index]!.isZero() ? [] : [[key, floors[index]!.div(scale).toFixed()]],
          ),
        },
      };
    }),
);

holds(
  'discount',
  fc.tuple(quantityText, quantityText, quantityText).map(([discountQuantity, before, within]) => {
    const beyond = (quantity: Decimal) => max(zero, quantity.minus(discountQuantity));
    const earlier = beyond(d(before));
    const now = beyond(d(before).plus(within)).minus(earlier);
    return {
      config: { discountQuantity },
      inputs: { quantityBeforeThisLine: before, quantityInThisLine: within },
      expected: {
        billableInThisLine: shown(now), billableBeforeThisLine: shown(earlier),
        discountOnThisLine: shown(d(within).minus(now)), discountBefore: shown(d(before).minus(earlier)),
      }, // prettier-ignore
    };
  }),
);

holds(
  'cap',
  fc
    .tuple(amountText, amountText, quantityText, amountText, fc.constantFrom(0, 2))
    .map(([maximumSpend, before, lineQuantity, lineUnitAmount, decimals]) => {
      const line = rounded(d(lineQuantity).times(lineUnitAmount), decimals);
      const over = rounded(d(before), decimals)
        .plus(line)
        .minus(rounded(d(maximumSpend), decimals));
      const discount = min(line, max(zero, over));
      return {
        config: { maximumSpend, currency: 'USD', decimals: String(decimals) },
        inputs: { amountBilledBefore: before, lineQuantity, lineUnitAmount },
        expected: { discount: shown(discount), total: shown(line.minus(discount)) },
      };
    }),
);

holds(
  'minimum',
  fc
    .tuple(fc.boolean(), fc.nat(100_000), fc.nat(100_000), fc.integer({ min: 1, max: 366 }), fc.nat(366))
    .map(([isCommitment, least, used, days, drawn]) => {
      const billed = Math.min(drawn, days);
      const precise = max(zero, d(least).times(billed).div(days).minus(used));
      return {
        config: isCommitment ? { commitmentCents: String(least) } : { minimumCents: String(least) },
        inputs: { usedCents: String(used), billedDays: String(billed), daysInPeriod: String(days) },
        expected: { trueUpCents: shown(rounded(precise, 0)), precise: shown(precise) },
      };
    }),
);

holds(
  'marginal',
  tiers.chain((list) =>
    fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 6 }).map((events) => {
      const charge = (count: number) =>
        count === 0 ? zero : graduated(list, d(events.slice(0, count).reduce((a, b) => a + b, 0)));
      return {
        config: { tiers: list.map((tier) => clean({ ...tier })) },
        inputs: { eventUnits: events.map(String) },
        expected: { feeCents: events.map((_, index) => cents(charge(index + 1).minus(charge(index)))) },
      };
    }),
  ),
);
