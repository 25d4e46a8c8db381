/** Vectors in which one thing comes after another or stands beside it (marks, credits, late usage, groups of rules): each is equal to plain decimals. */
import fc from 'fast-check';
import {
  clean,
  d,
  graduated,
  holds,
  min,
  positiveText,
  rounded,
  shown,
  sum,
  tiers,
  volume,
  zero,
  type Decimal,
} from './drawn.ts';

const small = (most: number) => fc.integer({ min: 0, max: most }).map((value) => d(value).div(100).toFixed());

holds(
  'alert',
  fc
    .record({
      rises: fc.boolean(),
      marks: fc.uniqueArray(fc.integer({ min: -20, max: 60 }), { maxLength: 4 }),
      step: fc.option(fc.integer({ min: 1, max: 30 })),
      previous: fc.integer({ min: -100, max: 100 }),
      current: fc.integer({ min: -200, max: 200 }),
    })
    .map(({ rises, marks, step, previous, current }) => {
      const outermost = marks.length === 0 ? 0 : rises ? Math.max(...marks) : Math.min(...marks);
      const beyond = (mark: number) =>
        step !== null && (rises ? mark > outermost : mark < outermost) && (mark - outermost) % step === 0;
      const crossed = [];
      for (let mark = -300; mark <= 300; mark++) {
        const isPassed = rises ? mark > previous && mark <= current : mark < previous && mark >= current;
        if (isPassed && (marks.includes(mark) || beyond(mark))) crossed.push(String(mark));
      }
      return {
        config: {
          direction: rises ? 'increasing' : 'decreasing',
          thresholds: marks.map(String),
          recurringStep: step === null ? null : String(step),
        },
        inputs: { previous: String(previous), current: String(current) },
        expected: { crossed },
      };
    }),
);

/** Hour by hour: who has the lower number pays, then who expires first, then who came first. */
holds(
  'credits',
  fc
    .record({
      grants: fc.array(
        fc.record({
          amount: fc.integer({ min: 1, max: 90 }),
          priority: fc.integer({ min: 1, max: 2 }),
          days: fc.integer({ min: 1, max: 4 }),
          from: fc.nat(40),
          ends: fc.option(fc.integer({ min: 41, max: 90 })),
        }),
        { maxLength: 4 },
      ),
      usage: fc.array(fc.tuple(fc.nat(95), fc.integer({ min: 1, max: 40 })), { maxLength: 8 }),
    }) // prettier-ignore
    .map(({ grants, usage }) => {
      const held = grants.map((grant, index) => ({
        ...grant,
        id: `g${index}`,
        left: 0,
        until: grant.from + 24 * grant.days,
      }));
      const order = held.toSorted(
        (a, b) => a.priority - b.priority || a.until - b.until || a.from - b.from || (a.id < b.id ? -1 : 1),
      );
      let overage = 0;
      const pay = (amount: number): number => {
        let rest = amount;
        for (const grant of order) {
          const paid = Math.min(rest, grant.left);
          grant.left -= paid;
          rest -= paid;
        }
        return rest;
      };
      for (let hour = 0; hour < 96; hour++) {
        for (const grant of held) if (grant.until === hour) grant.left = 0;
        for (const grant of order.filter(({ from }) => from === hour)) {
          grant.left = grant.amount;
          overage = pay(overage);
        }
        for (const grant of held) if (grant.ends === hour) grant.left = 0;
        for (const [at, amount] of usage) if (at === hour) overage += pay(amount);
      }
      const iso = (hour: number) => new Date(Date.UTC(2024, 0, 1, hour)).toISOString();
      const later = (hour: number) => iso(hour).replace(':00:00', ':30:00');
      return {
        config: {},
        inputs: {
          start: iso(0),
          until: iso(96),
          grants: held.map(({ id, amount, priority, days, from, ends }) =>
            clean({
              id,
              amount: String(amount),
              priority: String(priority),
              effectiveAt: iso(from),
              expiresAfter: `${days}d`,
              endedAt: ends === null ? null : later(ends).replace(':30:', ':10:'),
            }),
          ),
          usage: usage.toSorted(([a], [b]) => a - b).map(([at, amount]) => [later(at), String(amount)]),
        },
        expected: {
          balances: Object.fromEntries(held.map(({ id, left }) => [id, String(left)])),
          overage: String(overage),
        },
      };
    }),
);

const late = (charge: (quantity: Decimal) => Decimal, seen: readonly (readonly number[])[], decimals: number) => {
  const booked: Decimal[] = [];
  return seen.map((quantities) => {
    const owed = quantities.map((quantity) => rounded(charge(d(quantity)), decimals));
    const total = (owed.at(-1) ?? zero).minus(sum(booked));
    booked.push(total);
    return total;
  });
};
for (const [model, charge] of [
  ['late/tiered_graduated', graduated],
  ['late/tiered_volume', volume],
] as const)
  holds(
    'late',
    fc.tuple(tiers, fc.array(fc.nat(300), { minLength: 1, maxLength: 4 }), fc.nat(200)).map(([list, growth, extra]) => {
      const plain = list.map((tier) => ({ ...tier, flat: null }));
      const cumulative = growth.map((_, index) => growth.slice(0, index + 1).reduce((a, b) => a + b, 0));
      // Usage of the first period comes with the last phase, too.
      const seen = cumulative.map((__, index) =>
        cumulative
          .slice(0, index + 1)
          .map((quantity) => quantity + (index === growth.length - 1 && index > 0 ? extra : 0)),
      );
      const totals = late((quantity) => charge(plain, quantity), seen, 12);
      return {
        model,
        config: { tiers: plain.map((tier) => clean(tier)) },
        inputs: {
          currency: 'XXX',
          currencyDecimals: '12',
          phases: seen.map((quantities, index) => ({
            period: `period${index + 1}`, from: `2025-0${index + 1}-01`, to: `2025-0${index + 2}-01`,
            cumulativeQuantityPerPeriodSeenNow: quantities.map(String),
          })), // prettier-ignore
        },
        expected: {
          phases: totals.map((total, index) => ({
            period: `period${index + 1}`,
            totals: { amount: total.toFixed(), total: total.toFixed() },
          })),
        },
      };
    }),
  );

/** Groups of rules: the greatest flat and the level reached, times the rates; groups add up, times the quantity. */
holds(
  'matrix',
  fc
    .record({
      flats: fc.dictionary(fc.constantFrom('m1', 'm2'), small(500), { maxKeys: 2 }),
      rate: fc.option(small(300)),
      service: fc.option(small(500)),
      levels: fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 3 }),
      costs: fc.tuple(small(99), small(99), small(99)),
      ofQuantity: fc.option(positiveText.map((text) => min(d(text), d(9)).toFixed(2))),
      items: fc.array(
        fc.record({
          flavor: fc.constantFrom('m1', 'm2', 'm3'),
          image: fc.constantFrom('a', 'b'),
          memory: fc.integer({ min: 1, max: 400 }),
          qty: fc.integer({ min: 1, max: 9 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }) // prettier-ignore
    .map(({ flats, rate, service, levels, costs, ofQuantity, items }) => {
      const thresholds = levels.toSorted((a, b) => a - b).map((level, index) => [level, costs[index]!] as const);
      const prices = items.map(({ flavor, image, memory, qty }) => {
        const flat = d(flats[flavor] ?? 0);
        const reached = d(thresholds.findLast(([level]) => memory >= level)?.[1] ?? 0);
        const factor = d(rate !== null && image === 'a' ? rate : 1);
        return flat
          .plus(reached)
          .times(factor)
          .plus(service ?? 0)
          .times(qty)
          .plus(ofQuantity ?? 0);
      });
      return {
        config: {
          ...(service === null ? {} : { default: { 'service flat': service } }),
          ...(ofQuantity === null ? {} : { qty: { '1': ofQuantity } }),
          group: {
            ...(rate === null ? {} : { 'image a rate': rate }),
            ...(Object.keys(flats).length === 0 ? {} : { flavor: flats }),
            ...(thresholds.length === 0
              ? {}
              : { 'memory thresholds': Object.fromEntries(thresholds.map(([level, cost]) => [String(level), cost])) }),
          },
        },
        inputs: { items: items.map((item) => ({ ...item, memory: String(item.memory), qty: String(item.qty) })) },
        expected: { prices: prices.map(shown) },
      };
    }),
);
