/** Vectors of balances and wallets, drawn within the schema: each is equal to plain decimals, counted increment by increment. */
import { Decimal as Base } from 'decimal.js';
import fc from 'fast-check';
import { ceilTo, clean, d, holds, max, min, optional, rounded, shown, sum, zero, type Decimal } from './drawn.ts';

const small = fc.nat(500).map((n) => d(n).div(100).toFixed());
const whole = (most: number) => fc.nat(most).map(String);
const length = fc.constantFrom('1', '1', '6', '10');

interface Rate {
  readonly fee: Decimal;
  readonly rate: Decimal;
  readonly per: Decimal;
  readonly step: Decimal;
}
const rateOf = (fields: { connect_fee?: string | undefined; rate: string; per_s?: string | undefined; increment_s?: string | undefined }): Rate => ({
  fee: d(fields.connect_fee ?? 0), rate: d(fields.rate), per: d(fields.per_s ?? 1), step: d(fields.increment_s ?? 1),
}); // prettier-ignore
const rates = fc.record({
  connect_fee: optional(small),
  rate: small,
  per_s: fc.constantFrom('1', '2', '5'),
  increment_s: optional(length),
});

/** One increment after another as long as there is money for it; the fee comes with the first one of all. */
function buy({ fee, rate, per, step }: Rate, wanted: Decimal, purse: Decimal, isConnected: boolean) {
  let left = purse;
  let had = zero;
  let cost = zero;
  let connected = isConnected;
  while (had.lt(wanted)) {
    const price = rate
      .times(step)
      .div(per)
      .plus(connected ? 0 : fee);
    if (price.gt(left)) break;
    left = left.minus(price);
    cost = cost.plus(price);
    connected = true;
    had = had.plus(step);
  }
  return { granted: min(had, wanted), cost, left, connected };
}

holds(
  'balances',
  fc.record({ rate: rates, balance: small, requested: whole(300) }).map(({ rate, balance, requested }) => {
    const { granted, left } = buy(rateOf(rate), d(requested), d(balance), false);
    return {
      config: { ...clean(rate), balance },
      inputs: { requested_s: requested },
      expected: { allowed_s: shown(granted), balance_after: shown(left) },
    };
  }),
);

holds(
  'balances',
  fc
    .record({ rate: rates, decimals: fc.nat(3), usage: whole(300), times: fc.integer({ min: 1, max: 4 }) })
    .map(({ rate, decimals, usage, times }) => {
      const { fee, rate: price, per, step } = rateOf(rate);
      const exact = d(usage).isZero() ? zero : ceilTo(d(usage), step).div(per).times(price).plus(fee);
      const cost = exact.toDecimalPlaces(decimals, Base.ROUND_CEIL);
      return {
        config: { ...clean(rate), round: `*up ${decimals}`, balance: '0', allow_negative: true },
        inputs: { usage_s: usage, times: String(times) },
        expected: {
          cost_each: shown(cost),
          balance_after: Array.from({ length: times }, (_, i) => shown(cost.times(i + 1).negated())),
        },
      };
    }),
);

holds(
  'balances',
  fc
    .record({ voice: whole(60), first: rates, last: rates, purse: small, requested: whole(200) })
    .map(({ voice, first, last, purse, requested }) => {
      const included = buy(rateOf(first), min(d(requested), d(voice)), d(purse), false);
      const rest = buy(rateOf(last), d(requested).minus(included.granted), included.left, included.connected);
      return {
        config: { voice_balance_s: voice, voice_rating: clean(first), money: purse, fallback_rating: clean(last) },
        inputs: { requested_s: requested },
        expected: {
          granted_s: shown(included.granted.plus(rest.granted)),
          cost: shown(included.cost.plus(rest.cost)),
          voice_left_s: shown(d(voice).minus(included.granted)),
          monetary_balance_after: shown(rest.left),
        },
      };
    }),
);

holds(
  'balances',
  fc
    .record({ values: fc.array(fc.tuple(small, fc.nat(3)), { minLength: 1, maxLength: 4 }), units: whole(12), rate: small })
    .map(({ values, units, rate }) => {
      let owed = d(units).times(rate);
      const cost = owed;
      const after = values.map(([value]) => d(value));
      const order = values.map(([, weight], index) => ({ weight, index })).sort((a, b) => b.weight - a.weight || a.index - b.index);
      for (const { index } of order) {
        const paid = min(owed, after[index]!);
        after[index] = after[index]!.minus(paid);
        owed = owed.minus(paid);
      }
      return {
        config: { rate, per_units: '1', balances: values.map(([value, weight]) => ({ value, weight: String(weight) })) },
        inputs: { usage_units: units },
        expected: { balances_after: after.map(shown), default_balance_created: shown(owed.negated()), cost: shown(cost) },
      };
    }), // prettier-ignore
);

holds(
  'balances',
  fc
    .record({ allowance: whole(60), fee: small, money: fc.array(small, { maxLength: 3 }), limit: optional(whole(40)), request: whole(90) })
    .map(({ allowance, fee, money, limit, request }) => {
      const room = max(zero, d(allowance).minus(limit ?? 0));
      const purse = sum(money.map(d));
      const { granted, cost } = buy({ fee: zero, rate: d(fee), per: d(1), step: d(1) }, min(d(request), room), purse, false);
      let owed = cost;
      const after = money.map((value) => {
        const paid = min(owed, d(value));
        owed = owed.minus(paid);
        return shown(d(value).minus(paid));
      });
      return {
        config: { allowance_s: allowance, increment_s: '1', fee_per_increment: fee, money, limit },
        inputs: { request_s: request },
        expected: { debited_s: shown(granted), abstract_left_s: shown(d(allowance).minus(granted)), money_after: after },
      };
    }), // prettier-ignore
);

const fees = fc.array(fc.record({ meter: fc.constantFrom('a', 'b'), cents: whole(3000), covered: optional(fc.boolean()) }), { maxLength: 5 }); // prettier-ignore
holds(
  'wallet',
  fc
    .record({ walletCents: whole(5000), tax: optional(whole(30)), feesInOrder: fees })
    .map(({ walletCents, tax, feesInOrder }) => {
      let left = d(walletCents);
      const steps = feesInOrder.map(({ cents, covered = true }) => {
        const owed = rounded(
          d(cents)
            .times(d(tax ?? 0).plus(100))
            .div(100),
          0,
        );
        const paid = covered ? min(left, owed) : zero;
        left = left.minus(paid);
        return { paid, left };
      });
      return {
        config: { walletCents, taxRatePercent: tax },
        inputs: { feesInOrder: feesInOrder.map(clean) },
        expected: {
          prepaidCreditCents: steps.map(({ paid }) => shown(paid)),
          walletAfterCents: steps.map((step) => shown(step.left)),
        },
      };
    }),
);

holds(
  'wallet',
  fc
    .record({ scopes: fc.array(fc.constantFrom('any', 'usage', 'subscription'), { minLength: 1, maxLength: 4 }), cents: whole(2000), usage: whole(5000), subscription: whole(5000) })
    .map(({ scopes, cents, usage, subscription }) => {
      const left = scopes.map(() => d(cents));
      for (const [kind, amount] of [['subscription', subscription], ['usage', usage]] as const) {
        let owed = d(amount);
        scopes.forEach((scope, index) => {
          if (scope !== 'any' && scope !== kind) return;
          const paid = min(owed, left[index]!);
          left[index] = left[index]!.minus(paid);
          owed = owed.minus(paid);
        });
      }
      return {
        config: { walletsInPriorityOrder: scopes.map((scope, index) => ({ id: `w${index}`, scope })), walletCents: cents },
        inputs: { feesCents: { subscription, usage } },
        expected: {
          allocatedCents: Object.fromEntries(left.map((rest, index) => [`w${index}`, shown(d(cents).minus(rest))])),
        },
      };
    }), // prettier-ignore
);

holds(
  'wallet',
  fc
    .record({ credits: fc.integer({ min: 1, max: 10_000_000 }), rate: fc.constantFrom('1', '2', '0.5', '1.25') })
    .map(({ credits, rate }) => {
      const price = rounded(d(credits).div(10_000).times(rate), 2);
      return {
        config: { currency: 'EUR', creditRate: rate },
        inputs: { credits: shown(d(credits).div(10_000)) },
        expected: { credits: shown(price.div(rate)), amountCents: shown(price.times(100)) },
      };
    })
    .filter(({ expected }) => expected.amountCents !== '0'),
);
