/** Agreements of all kinds at random, mostly sound, with figures that meet what the worlds charge. */
import fc from 'fast-check';
import type { AgreementRecord } from '../../messages/agreement.ts';

const startOf = (month: string): number =>
  Temporal.ZonedDateTime.from(`${month}-01T00:00[Europe/Berlin]`).epochMilliseconds;
/** Starts of billing periods of the worlds' root account, around its own months; the one between them is none. */
const monthsMs = ['2026-02', '2026-03', '2026-04', '2026-05', '2026-06', '2026-08'].map(startOf);
const instant = fc.constantFrom(...monthsMs, ...monthsMs.map((ms) => ms + 10 * 86_400_000), 0);
const figure = fc.constantFrom('0', '1', '10.5', '100', '0.333333333333', '5000', '250000', '100000000');
const percent = fc.constantFrom('0', '10', '33.333', '50', '100');
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });
const name = fc.constantFrom('', 'p1', 'p2');

const items = fc.record({
  services: maybe(fc.constantFrom(['s1'], ['s2', 's3'])),
  components: maybe(fc.constantFrom(['c1'], [])),
  prices: maybe(fc.constantFrom(['k1'], ['k3'])),
});
const tiers = fc
  .tuple(percent, percent, percent)
  .map((rates) => ['10', '5000', null].map((upTo, i) => ({ upTo, percent: rates[i]! })));
const discount = fc.record({
  kind: fc.constant('discount' as const),
  take: fc.oneof(
    fc.record({ kind: fc.constant('percent' as const), percent }),
    fc.record({ kind: fc.constant('amount' as const), amount: figure }),
    fc.record({
      kind: fc.constant('tiers' as const),
      of: fc.constantFrom('spend' as const, 'quantity' as const),
      reach: fc.constantFrom('graduated' as const, 'volume' as const),
      tiers,
    }),
  ),
  base: fc.constantFrom('list' as const, 'left' as const),
  only: maybe(items),
  except: maybe(items),
  notWith: maybe(fc.constantFrom(['d 1 1 EUR'], ['d 2 1 EUR'])),
  maximum: maybe(figure),
  maximumTotal: maybe(figure),
  duration: fc.constantFrom({ kind: 'forever' }, { kind: 'once' }, { kind: 'periods', count: 2 }),
});

const cuts = fc.constantFrom([0, 2], [0, 4], [1, 2, 5], [2, 3], [2, 5], [3, 4, 5]);
const commitment = fc.record({
  kind: fc.constant('commitment' as const),
  segments: fc
    .tuple(cuts, figure, figure, fc.constantFrom(0, 0, 0, 0, 1))
    .map(([at, a, b, off]) =>
      at.slice(1).map((to, i) => ({ fromMs: monthsMs[at[i]!]! + off, toMs: monthsMs[to]!, amount: i === 0 ? a : b })),
    ),
  coveredPercent: fc.constantFrom('100', '90', '33.333', '137'),
  overagePercent: fc.constantFrom('100', '80', '120', '0'),
  payment: fc.constantFrom('advance', 'arrears'),
  services: maybe(fc.constantFrom(['s1'], ['s2', 's3'])),
  basis: fc.constantFrom('list', 'net'),
  contract: maybe(name),
});

const bound = fc.record({
  kind: fc.constant('bound' as const),
  scope: fc.oneof(
    fc.record({ kind: fc.constant('price' as const), price: fc.constantFrom('k1', 'k2'), plan: name, contract: name }),
    fc.record({ kind: fc.constant('plan' as const), plan: name, contract: name }),
    fc.record({ kind: fc.constant('contract' as const), contract: name }),
    fc.constant({ kind: 'subtree' as const }),
  ),
  minimum: maybe(figure),
  maximum: maybe(figure),
  minimumBasis: fc.constantFrom('net', 'list'),
  prorate: fc.record({ minimum: fc.boolean(), maximum: fc.boolean() }),
});

export const agreementFacts = fc.record({
  which: fc.constantFrom(1, 2),
  account: fc.constantFrom(1, 2, 3, 4, 5),
  currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD'),
  from: instant,
  to: fc.option(instant, { freq: 3 }),
  terms: fc.oneof(discount, commitment, bound),
  /** Numbers of discounts are nearly always each one's own. */
  isTwin: fc.constantFrom(false, false, false, false, true),
});

/** What is not there is left out, as JSON does. */
export function agreementOf(
  {
    which,
    account,
    currency,
    from,
    to,
    terms,
    isTwin,
  }: typeof agreementFacts extends fc.Arbitrary<infer T> ? T : never,
  id: number,
): AgreementRecord {
  const order = isTwin ? which : account * 10 + which;
  const sound = terms.kind === 'bound' ? ordered(terms) : terms;
  return JSON.parse(
    JSON.stringify({
      id,
      key: `${terms.kind[0]} ${which} ${account} ${currency}`,
      version: id,
      service: 'agreements',
      component: terms.kind,
      currency,
      account,
      fromMs: from,
      toMs: to === null || to < from ? null : to,
      name: 'agreed',
      terms: sound.kind === 'discount' ? { ...sound, order } : sound,
    }),
  ) as AgreementRecord;
}

/** Nearly always a minimum below the maximum. */
function ordered(terms: typeof bound extends fc.Arbitrary<infer T> ? T : never) {
  const { minimum, maximum } = terms;
  if (minimum === undefined || maximum === undefined)
    return minimum === undefined ? { ...terms, maximum: maximum ?? '10' } : terms;
  const isCrossed = Number(minimum) > Number(maximum);
  const prorate = { ...terms.prorate, maximum: false };
  return isCrossed ? { ...terms, minimum: maximum, maximum: minimum, prorate } : { ...terms, prorate };
}
