import { z } from 'zod';
import type { Rational } from '#core/money/fixed.ts';
import { debitMoney } from '#core/credits/moneyBalances.ts';
import { refundIncrements, type Draw, type Wallet } from '#core/credits/wallet.ts';
import { compare, negate, ratio, zero } from '#core/money/rational.ts';
import type { Ours } from '../compare.ts';
import { defectsOf } from '../defects.ts';
import { decimal, integer, maybe, moment, words } from '../fields.ts';
import { form, refused, type ExceptionRule, type Family } from '../family.ts';
import { text } from '../price.ts';
import { byIncrement, drawn, free, included, money, ratingFields, ratingOf, rounded, roundText, total } from '../wallets.ts'; // prettier-ignore

/** What is asked for before it is used (`requested`), or was used. */
const asked = z.strictObject({
  usage_s: maybe(decimal),
  usage_units: maybe(decimal),
  requested_s: maybe(decimal),
  force_duration: maybe(z.boolean()),
  times: maybe(integer),
  start: maybe(moment),
  end: maybe(moment),
});
type Asked = z.output<typeof asked>;
const isAllowed = (value: string | boolean | undefined): boolean => value !== undefined && value !== false;
const flag = maybe(z.union([z.boolean(), z.string()]));

function quantityOf({ usage_s, usage_units, requested_s, start, end }: Asked): Rational {
  const given = usage_s ?? usage_units ?? requested_s;
  if (given !== undefined) return given;
  if (start === undefined || end === undefined) throw new RangeError('nothing is asked for');
  const ms = Temporal.Instant.from(end).epochMilliseconds - Temporal.Instant.from(start).epochMilliseconds;
  return ratio(BigInt(ms), 1000n);
}

/** One rate and one balance of money, or none: then it is only said what it costs. */
const byMoney = form(
  z.strictObject({
    ...ratingFields,
    ...words,
    round: maybe(roundText),
    perform_rounding: maybe(z.boolean()),
    max_cost: maybe(decimal),
    strategy: maybe(z.enum(['*free', '*disconnect'])),
    balance: maybe(decimal),
    allow_negative: flag,
  }),
  asked,
  ({ round, max_cost, strategy = '*free', balance, allow_negative, ...fields }, inputs) => {
    const plain = rounded(ratingOf(fields), round);
    const isFree = max_cost !== undefined && strategy === '*free';
    const fallback = isFree ? { ...plain, maximum: text(max_cost) } : plain;
    const debt = balance === undefined || isAllowed(allow_negative);
    let wallet: Wallet = { usage: [], money: [money('money', balance ?? zero, debt ? null : zero)], fallback };
    const request = text(quantityOf(inputs));
    // Who is disconnected may use what the most that it may cost buys; what was used all the same is owed.
    const allowed =
      max_cost === undefined || isFree
        ? undefined
        : drawn({ ...wallet, money: [money('most', max_cost)] }, { request, mode: 'part' }).granted;
    const after: Rational[] = [];
    let last = { cost: zero, granted: zero };
    for (let time = 0; time < (inputs.times ?? 1); time += 1) {
      const mode = inputs.force_duration === true ? 'all' : 'part';
      const result = drawn(wallet, { request, mode });
      wallet = result.wallet;
      last = result;
      after.push(total(wallet.money));
    }
    const granted = allowed !== undefined && compare(allowed, last.granted) < 0 ? allowed : last.granted;
    return {
      cost: last.cost,
      cost_each: last.cost,
      granted_s: granted,
      allowed_s: granted,
      balance_after: inputs.times === undefined ? after.at(-1) : after,
    };
  },
);

/** Included seconds at a rate of their own, then money. */
const byVoice = form(
  z.strictObject({
    ...words,
    voice_balance_s: decimal,
    voice_rating: z.strictObject(ratingFields),
    fallback_rating: maybe(z.strictObject(ratingFields)),
    money: maybe(decimal),
    allow_negative: flag,
    max_rate: maybe(decimal),
    max_rate_unit: maybe(z.string().regex(/^\d+[smh]$/)),
  }),
  asked,
  (config, inputs) => {
    const { voice_balance_s, voice_rating, fallback_rating, max_rate, max_rate_unit = '1s' } = config;
    const per = BigInt(max_rate_unit.slice(0, -1)) * { s: 1n, m: 60n, h: 3600n }[max_rate_unit.at(-1) as 's'];
    const wallet: Wallet = {
      usage: [included('voice', voice_balance_s, ratingOf(voice_rating))],
      money: [money('money', config.money ?? zero, isAllowed(config.allow_negative) ? null : zero)],
      ...(fallback_rating === undefined ? {} : { fallback: ratingOf(fallback_rating) }),
    };
    const draws: Draw = {
      request: text(quantityOf(inputs)),
      mode: inputs.force_duration === true ? 'all' : 'part',
      ...(max_rate === undefined ? {} : { rateMax: { rate: text(max_rate), per: String(per) } }),
    };
    const { granted, cost, wallet: after } = drawn(wallet, draws);
    const left = total(after.money);
    return {
      granted_s: granted,
      allowed_s: granted,
      cost,
      voice_left_s: after.usage[0]!.left,
      monetary_balance_after: left,
      money_after: left,
    };
  },
);

const increment = z.strictObject({
  cost: maybe(decimal),
  seconds: maybe(decimal),
  unit_balance: maybe(z.string()),
  money: maybe(z.boolean()),
});

/** Increments go back to the balances that they came from. */
const refunds = form(
  z.record(z.string().regex(/^(money|voice_\w+_s)$/), decimal),
  z.strictObject({ increments: z.array(increment) }),
  ({ money: units = zero, ...voices }, { increments }) => {
    const { usage, money: after } = refundIncrements(
      {
        usage: Object.entries(voices).map(([name, left]) => included(name, left, free)),
        money: [money('money', units)],
      },
      increments.map(({ cost, seconds: length, unit_balance: of, money: isMoney }) => ({
        ...(isMoney === true && cost !== undefined ? { money: text(cost) } : {}),
        ...(of === undefined ? {} : { usage: { id: `voice_${of}_s`, quantity: text(length ?? zero) } }),
      })),
    );
    return { money: after[0]!.units, ...Object.fromEntries(usage.map(({ id, left }) => [id, left])) };
  },
);

/** Usage that has happened: balances in order of weight, the rest is owed. */
const direct = form(
  z.strictObject({
    ...ratingFields,
    ...words,
    balances: z.array(z.strictObject({ value: decimal, weight: maybe(integer) })),
  }),
  asked,
  ({ balances, ...fields }, inputs) => {
    const inOrder = balances
      .map(({ value, weight = 0 }, index) => ({ weight, index, balance: money(String(index), value) }))
      .toSorted((a, b) => b.weight - a.weight || a.index - b.index);
    const wallet = { usage: [], money: inOrder.map(({ balance }) => balance), fallback: ratingOf(fields) };
    const { cost, owed, wallet: after } = drawn(wallet, { request: text(quantityOf(inputs)), mode: 'owe' });
    return {
      cost,
      balances_after: balances.map((_, index) => after.money.find(({ id }) => id === String(index))!.units),
      default_balance_created: negate(owed),
    };
  },
);

const concrete = z.strictObject({
  id: maybe(z.string()),
  units: decimal,
  factor: maybe(decimal),
  limit: maybe(decimal),
  unlimited: maybe(z.boolean()),
});
const moneyOf = (list: readonly z.output<typeof concrete>[]) =>
  list.map(({ id, units, factor, limit, unlimited }, index) =>
    money(id ?? String(index), units, unlimited === true ? null : (limit ?? zero), factor),
  );

/** An amount of money, whole or not at all. */
const debits = form(
  z.strictObject({ balances: z.array(concrete), ...words }),
  z.strictObject({ debit: decimal }),
  ({ balances }, { debit }) => {
    const debited = debitMoney(moneyOf(balances), debit, 'all');
    if (debited === undefined) throw new RangeError('INSUFFICIENT_CREDIT');
    return { units_after: debited.balances.map(({ units }) => units), debited: debit };
  },
);

const searchFields = z.strictObject({
  balances: z.array(concrete),
  increment: maybe(decimal),
  fee_per_increment: decimal,
  max_iterations: maybe(integer),
  ...words,
});
const requested = z.strictObject({ request: decimal });

/** The most that money buys. */
const affordable = form(
  searchFields,
  requested,
  ({ balances, increment: step, fee_per_increment: fee }, { request }) => {
    const wallet = { usage: [], money: moneyOf(balances), fallback: byIncrement(fee, step) };
    const { granted, cost, wallet: after } = drawn(wallet, { request: text(request), mode: 'part' });
    return { units_after: after.money.map(({ units }) => units), granted, abstracts: granted, cost };
  },
);

const seconds = z.strictObject({ usage_s: maybe(decimal), request_s: maybe(decimal), requested_s: maybe(decimal) });

/** What is included, with a fee for each increment of it that money pays, and what each second beyond it costs. */
function fromAllowance(wallet: Wallet, given: z.output<typeof seconds>, mode: Draw['mode'] = 'part'): Ours {
  const request = given.usage_s ?? given.request_s ?? given.requested_s;
  if (request === undefined) throw new RangeError('nothing is asked for');
  const { granted, cost, wallet: after } = drawn(wallet, { request: text(request), mode });
  const [first, second] = after.usage.map(({ left }) => left);
  const left = total(after.money);
  return {
    debited_s: granted,
    granted_s: granted,
    abstracts_s: granted,
    left_s: first,
    abstract_left_s: first,
    ABS1_left_s: first,
    ABS2_left_s: second,
    concretes: cost,
    concretes_net: cost,
    concrete_left: left,
    money_left: left,
    money_after: after.money.map(({ units }) => units),
  };
}

const whole = form(
  z.strictObject({ available_s: decimal, increment_s: maybe(decimal), fee: maybe(decimal), force_usage: maybe(z.boolean()), ...words }), // prettier-ignore
  seconds,
  ({ available_s, increment_s, fee, force_usage }, given) =>
    fromAllowance(
      { usage: [included('included', available_s, byIncrement(fee ?? zero, increment_s))], money: [] },
      given,
      force_usage === true ? 'all' : 'part',
    ),
);

const withFee = form(
  z.strictObject({
    abstract_s: decimal,
    increment_s: maybe(decimal),
    fee: maybe(decimal),
    abstract_fee_per_s: maybe(decimal),
    concrete: decimal,
    concrete_fee_per_s: maybe(decimal),
    ...words,
  }),
  seconds,
  ({ abstract_s, increment_s, fee, abstract_fee_per_s, concrete: units, concrete_fee_per_s: beyond }, given) =>
    fromAllowance(
      {
        usage: [included('abstract', abstract_s, byIncrement(fee ?? abstract_fee_per_s ?? zero, increment_s))],
        money: [money('concrete', units)],
        ...(beyond === undefined ? {} : { fallback: byIncrement(beyond) }),
      },
      given,
    ),
);

/** "0.01 per 1 s, increment 1 s". */
const rateText = z.string().regex(/^[\d.]+ per \d+ s, increment \d+ s$/);
const two = form(
  z.strictObject({ ABS1_s: decimal, ABS1_fee: maybe(decimal), ABS2_s: decimal, ABS2_rate: rateText, money: decimal, ...words }), // prettier-ignore
  seconds,
  ({ ABS1_s, ABS1_fee, ABS2_s, ABS2_rate, money: units }, given) => {
    const [rate = '', per = '', step = ''] = ABS2_rate.match(/[\d.]+/g)!;
    const rating = { ...free, rate, per, increment: step };
    const usage = [included('ABS1', ABS1_s, byIncrement(ABS1_fee ?? zero)), included('ABS2', ABS2_s, rating)];
    return fromAllowance({ usage, money: [money('money', units)] }, given);
  },
);

const withMoney = form(
  z.strictObject({
    allowance_s: decimal,
    increment_s: maybe(decimal),
    fee_per_increment: maybe(decimal),
    money: maybe(z.array(decimal)),
    unlimited: maybe(z.boolean()),
    limit: maybe(decimal),
    ...words,
  }),
  seconds,
  ({ allowance_s, increment_s, fee_per_increment: fee, money: purse = [], unlimited, limit }, given) => {
    const lowest = unlimited === true ? null : (limit ?? zero);
    const usage = [included('allowance', allowance_s, byIncrement(fee ?? zero, increment_s), lowest)];
    return fromAllowance({ usage, money: purse.map((units, index) => money(String(index), units)) }, given);
  },
);

const abandonedSearch: ExceptionRule = {
  name: 'what can be afforded is found',
  reason:
    'upstream looks for the affordable amount step by step and refuses when it has not found it after so many; ours halves, and grants it',
  applies: ({ config, inputs, upstreamDefect }) => {
    const [found, request] = [searchFields.safeParse(config), requested.safeParse(inputs)];
    if (!upstreamDefect || !found.success || !request.success || found.data.max_iterations === undefined) return false;
    const { balances, increment: step, fee_per_increment: fee } = found.data;
    const wallet = { usage: [], money: moneyOf(balances), fallback: byIncrement(fee, step) };
    const { granted } = drawn(wallet, { request: text(request.data.request), mode: 'part' });
    return compare(granted, request.data.request) < 0;
  },
  theirs: () => refused,
};

export const balances: Family = {
  area: 'balances',
  forms: [byMoney, byVoice, refunds, direct, debits, affordable, whole, withFee, two, withMoney],
  exceptions: [abandonedSearch, defectsOf(() => balances)],
};
