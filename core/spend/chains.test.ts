import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { allocateBundle, checkBundles, type BundleCatalogue } from './bundle.ts';
import { noProgress, onPeriodEnd, onUsage, progressiveCredits, type ProgressivePlan } from './progressive.ts';
import { checkChain, resaleCharges, resaleRows, type ResaleStep } from './resale.ts';
import { crossed, crossedMax } from './thresholds.ts';

const pico = (text: string): bigint => parseAmount(text)!;
const item = (id: string, standalone: string) => ({ id, standalone });
const bundle = (id: string, ...parts: [string, string][]) => ({
  id, parts: parts.map(([part, quantity]) => ({ id: part, quantity })), whenAllZero: 'refuse' as const,
}); // prettier-ignore

describe('bundles', () => {
  const catalogue: BundleCatalogue = {
    items: [item('mail', '5'), item('office', '10'), item('backup', '15')],
    bundles: [bundle('desk', ['mail', '1'], ['office', '1']), bundle('suite', ['desk', '2'], ['backup', '1'])],
  };

  test('README: a suite for 30.00 of two desks (5 + 10 each) and a backup (15): 6.67, 13.33 and 10.00', () => {
    expect(
      allocateBundle(catalogue, 'suite', pico('30')).map(({ path, amount }) => [path.join('/'), formatAmount(amount)]),
    ).toEqual([
      ['suite/backup', '10'],
      ['suite/desk/mail', '6.666666666667'],
      ['suite/desk/office', '13.333333333333'],
    ]);
  });

  test('what an inner bundle is worth is not rounded: halves of the least amount weigh as much as one', () => {
    const least = item('a', '0.000000000001');
    const some: BundleCatalogue = {
      items: [least, item('b', '0.000000000001')],
      bundles: [bundle('half', ['a', '0.5']), bundle('all', ['half', '2'], ['b', '1'])],
    };
    expect(allocateBundle(some, 'all', pico('10')).map(({ amount }) => formatAmount(amount))).toEqual(['5', '5']);
  });

  test('a bundle that holds itself, unknown parts and bundles without a price are refused together', () => {
    const faults = checkBundles({
      items: [item('a', '0'), item('b', '-1')],
      bundles: [bundle('x', ['y', '1']), bundle('y', ['z', '1']), bundle('z', ['x', '0'], ['q', '1']), bundle('empty')],
    });
    expect(faults.map(({ path, value }) => `${path}: ${value}`)).toEqual([
      'items[1].standalone: -1',
      'bundles[0]: x → y → z → x',
      'bundles[1]: y → z → x → y',
      'bundles[2].parts[0].quantity: 0',
      'bundles[2].parts[1].id: q',
      'bundles[2]: z → x → y → z',
      'bundles[3].parts: []',
    ]);
    expect(checkBundles({ items: [item('a', '0')], bundles: [bundle('x', ['a', '1'])] })).toHaveLength(1);
  });

  test('shares add up to the price, of whatever nesting', () => {
    const prices = fc.array(fc.nat(999).map(String), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        prices,
        fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
        fc.integer({ min: 1, max: 9 }),
        (list, amount, n) => {
          const some: BundleCatalogue = {
            items: list.map((standalone, i) => item(`i${i}`, standalone)),
            bundles: [
              { ...bundle('inner', ['i0', '1'], ['i1', '0.5']), whenAllZero: 'equal' },
              { ...bundle('outer', ['inner', String(n)], ['i2', '3'], ['i3', '1']), whenAllZero: 'equal' },
            ],
          };
          expect(allocateBundle(some, 'outer', amount).reduce((sum, share) => sum + share.amount, 0n)).toBe(amount);
        },
      ),
    );
  });
});

describe('resale', () => {
  const list = (unit: bigint) => ({ kind: 'list' as const, charge: (quantity: bigint) => quantity * unit });
  const chain: ResaleStep<bigint>[] = [
    { id: 'provider', seller: 1, buyer: 2, price: list(pico('0.10')) },
    { id: 'reseller', seller: 2, buyer: 3, price: { kind: 'markup', percent: '15' } },
    { id: 'partner', seller: 3, buyer: 4, price: list(pico('0.20')) },
  ];

  test('README: 100 units at 0.10, marked up by 15 %, sold on for 0.20 by list: 10.00, 11.50 and 20.00 from one sample', () => {
    const rows = resaleRows(chain, 0n, 100n).map((row) => [
      row.buyer,
      formatAmount(row.amount),
      formatAmount(row.margin),
    ]);
    expect(rows).toEqual([[2, '10', '10'], [3, '11.5', '1.5'], [4, '20', '8.5']]); // prettier-ignore
  });

  test('TELESCOPE of each step; margins add up to what the client owes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 6n })),
        fc.integer({ min: -100, max: 300 }),
        (parts, percent) => {
          const steps = chain.map((step) => (step.price.kind === 'markup' ? { ...step, price: { ...step.price, percent: `${percent}.37`.replace('-100.37', '-100') } } : step)); // prettier-ignore
          let total = 0n;
          const sums = [0n, 0n, 0n];
          let margins = 0n;
          for (const part of parts) {
            resaleRows(steps, total, total + part).forEach((row, i) => {
              sums[i]! += row.amount;
              margins += row.margin;
            });
            total += part;
          }
          expect(sums).toEqual(resaleCharges(steps, total));
          expect(margins).toBe(sums[2]);
        },
      ),
    );
  });

  test('a broken chain is told', () => {
    const broken: ResaleStep<bigint>[] = [
      { ...chain[1]!, seller: 1, buyer: 2 },
      { ...chain[1]!, id: 'b', seller: 9, buyer: 1, price: { kind: 'markup', percent: '-101' } },
    ];
    expect(checkChain(broken).map(({ path }) => path)).toEqual([
      'steps[0].price', 'steps[1].seller', 'steps[1].buyer', 'steps[1].price.percent',
    ]); // prettier-ignore
  });
});

describe('thresholds', () => {
  const rising = { direction: 'rising', marks: [10n, 30n, 50n], step: 100n } as const;
  const falling = { direction: 'falling', marks: [200n, 500n, 800n], step: 100n } as const;
  test.each([
    [rising, 8n, 8n, []],
    [rising, 31n, 60n, [50n]],
    [rising, 8n, 350n, [10n, 30n, 50n, 150n, 250n, 350n]],
    [rising, 60n, 8n, []],
    [falling, 1000n, 1000n, []],
    [falling, 450n, 100n, [100n, 200n]],
    [falling, 400n, 450n, []],
    [falling, 700n, 600n, []],
    [{ direction: 'falling', marks: [], step: 100n } as const, 50n, -150n, [-100n]],
  ])('%o from %s to %s crosses %s', (thresholds, previous, current, marks) => {
    expect(crossed(thresholds, previous, current)).toEqual({ marks, more: 0n });
  });

  test('each mark is crossed once on a way up, however it is cut; a long way is told in part and counted', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 400n }), { maxLength: 8 }), (increments) => {
        let at = 0n;
        const all: bigint[] = [];
        for (const increment of increments) {
          all.push(...crossed(rising, at, at + increment).marks);
          at += increment;
        }
        expect(all).toEqual(crossed(rising, 0n, at).marks);
      }),
    );
    const far = crossed({ direction: 'rising', marks: [], step: 1n }, 0n, 10n ** 20n);
    expect([far.marks.length, far.more]).toEqual([crossedMax, 10n ** 20n - BigInt(crossedMax)]);
  });
});

describe('progressive billing', () => {
  const run = (plan: ProgressivePlan, cents: bigint[], state = noProgress) =>
    cents.reduce<{ state: typeof state; invoices: bigint[] }>(
      (before, increment) => {
        const { state: after, invoice } = onUsage(plan, before.state, increment);
        return { state: after, invoices: [...before.invoices, ...(invoice === 0n ? [] : [invoice])] };
      },
      { state, invoices: [] },
    );

  test('steps of 2.00, 5.00, 7.00 and then every 10.00; the lifetime goes on in the next period', () => {
    const plan = { marks: [200n, 500n, 700n], step: 1000n };
    const { state, invoices } = run(plan, [220n, 220n, 220n, 220n, 2200n, 2200n]);
    expect(invoices).toEqual([220n, 440n, 220n, 2200n, 2200n]);
    const end = onPeriodEnd(state);
    expect(end.credit).toBe(5280n);
    expect(run(plan, [2200n], end.state).invoices).toEqual([2200n]);
  });

  test('a mark fires once in a lifetime; credits are capped by the fee, and the newest invoice counts', () => {
    const first = run({ marks: [20000n] }, [20000n]);
    expect(run({ marks: [20000n] }, [40000n], onPeriodEnd(first.state).state).invoices).toEqual([]);
    const fee = (id: string, amount: bigint) => ({ id, amount });
    expect(progressiveCredits([fee('a', 19n), fee('b', 500n)], [[fee('a', 20n)]])).toEqual([19n, 0n]);
    expect(progressiveCredits([fee('a', 500n)], [[fee('a', 20n)], [fee('a', 200n)]])).toEqual([200n]);
  });
});
