import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { billingPeriodAt, type BillingCalendar } from '#core/time/calendar.ts';
import { periodAt } from '#core/time/period.ts';
import { checkFee } from './check.ts';
import { partsOf } from './prorate.ts';
import type { Period, RecurringFee } from './records.ts';
import { changeRows, historyRows, owed, periodRows } from './recurring.ts';

const at = (text: string): number => Date.parse(text);
const month = (text: string, zone = 'UTC'): Period => periodAt(at(`${text}-15T00:00:00Z`), zone);
const day = 86_400_000;

const plan = (more: Partial<RecurringFee> = {}): RecurringFee => ({
  id: 'plan', currency: 'EUR', terms: 'advance', proration: 'day', onDecrease: 'credit', timeZone: 'UTC',
  term: { fromMs: at('2022-01-01T00:00:00Z'), toMs: null, pauses: [] },
  amounts: [{ fromMs: 0, amount: '1' }],
  ...more,
}); // prettier-ignore
const term = (fromMs: number, toMs: number | null, more = {}) => ({ fromMs, toMs, pauses: [], ...more });
const sum = (rows: readonly { amount: bigint }[]): bigint => rows.reduce((total, { amount }) => total + amount, 0n);
const text = (amount: bigint): string => formatAmount(amount);

describe('README', () => {
  test('a plan of 31.00 a month, upgraded to 62.00 in the afternoon of the 21st, in advance and by day', () => {
    const before = plan({ amounts: [{ fromMs: 0, amount: '31' }] });
    const after = plan({ amounts: [{ fromMs: 0, amount: '31' }, { fromMs: at('2022-03-21T15:00:00Z'), amount: '62' }] }); // prettier-ignore
    const period = month('2022-03');
    expect(periodRows(before, period).map((row) => text(row.amount))).toEqual(['31']);
    const rows = changeRows(before, after, period, at('2022-03-21T15:00:00Z'));
    expect(rows.map((row) => [row.reason, text(row.amount), row.step.label])).toEqual([
      ['feeCredit', '-11', 'unused part, 11 of 31 days'],
      ['feeCharge', '22', 'fee, 11 of 31 days'],
    ]);
    expect(text(owed(after, period))).toBe('42');
  });
});

describe('by day, as peers count', () => {
  // A monthly plan of 1.00; from, to (exclusive instant), trial end, handed over, days owed of March 2022.
  test.each([
    ['a trial of 3 days', '2022-03-01', null, '2022-03-04', false, 28],
    ['terminated on the 20th: the day begun is owed', '2022-03-01', '2022-03-20T10:00:00Z', null, false, 20],
    ['the upgrade on the 20th takes that day', '2022-03-01', '2022-03-20T10:00:00Z', null, true, 19],
    ['begun on the 15th', '2022-03-15T12:00:00Z', null, null, false, 17],
    ['trial to the 18th, handed over on the 20th', '2022-03-15', '2022-03-20T08:00:00Z', '2022-03-18', true, 2],
  ])('%s', (_, from, to, trial, handedOver, days) => {
    const fee = plan({
      term: term(at(from), to === null ? null : at(to), {
        ...(trial === null ? {} : { trialEndMs: at(trial) }),
        ...(to === null ? {} : { handedOver }),
      }),
      amounts: [{ fromMs: 0, amount: '31' }],
    });
    expect(text(owed(fee, month('2022-03')))).toBe(String(days));
  });

  test('the day on which the clock goes back is one day, and 25 hours by second', () => {
    const zone = 'Europe/Berlin';
    const term = { fromMs: at('2026-10-24T22:00:00Z'), toMs: at('2026-10-25T23:00:00Z'), pauses: [] };
    const fee = plan({ timeZone: zone, term, amounts: [{ fromMs: 0, amount: '745' }] }); // 31 × 24 + 1 hours
    expect(text(owed(fee, month('2026-10', zone)))).toBe('24.032258064516');
    expect(text(owed({ ...fee, proration: 'second' }, month('2026-10', zone)))).toBe('25');
  });
});

test('without proration the rate with which the period begins owes all of it, begun or cancelled in the middle', () => {
  const fee = plan({ proration: 'none', term: term(at('2022-03-10'), at('2022-05-10')), amounts: [{ fromMs: 0, amount: '10' }, { fromMs: at('2022-04-20'), amount: '99' }] }); // prettier-ignore
  expect(['2022-02', '2022-03', '2022-04', '2022-05', '2022-06'].map((m) => text(owed(fee, month(m))))).toEqual(
    ['0', '10', '10', '99', '0'], // prettier-ignore
  );
});

test('in arrears a cancellation owes what was used, when it ends; an open period gets no credit', () => {
  const open = plan({ terms: 'arrears', amounts: [{ fromMs: 0, amount: '30' }] });
  const cancelled = { ...open, term: term(open.term.fromMs, at('2022-04-10T06:00:00Z')) };
  const april = month('2022-04');
  expect(changeRows(open, cancelled, april, at('2022-04-10T06:00:00Z'))).toEqual([]);
  expect(periodRows(cancelled, april).map((row) => [row.atMs, text(row.amount)])).toEqual([
    [at('2022-04-10T06:00:00Z'), '10'],
  ]);
});

test('in advance with a trial, the fee is booked when the trial ends; a pause is credited for its whole days', () => {
  const fee = plan({ term: term(at('2022-04-01'), null, { trialEndMs: at('2022-04-11') }), amounts: [{ fromMs: 0, amount: '30' }] }); // prettier-ignore
  expect(periodRows(fee, month('2022-04')).map((row) => [row.atMs, text(row.amount)])).toEqual([
    [at('2022-04-11'), '20'],
  ]);
  const paused = { ...fee, term: { ...fee.term, pauses: [{ fromMs: at('2022-04-20T12:00:00Z'), toMs: at('2022-04-25T12:00:00Z') }] } }; // prettier-ignore
  expect(changeRows(fee, paused, month('2022-04'), at('2022-04-20T12:00:00Z')).map((row) => text(row.amount))).toEqual([
    '-4',
  ]);
});

test('seats added in mid-period are charged for the rest; removed with `keep` they are owed to its end', () => {
  const seats = (list: [string, string][], onDecrease: 'keep' | 'credit') =>
    plan({ onDecrease, proration: 'second', amounts: [{ fromMs: 0, amount: '30' }], quantities: list.map(([from, quantity]) => ({ fromMs: at(from), quantity })) }); // prettier-ignore
  const april = month('2022-04');
  const list: [string, string][] = [['2022-01-01', '5'], ['2022-04-16', '7']]; // prettier-ignore
  expect(text(owed(seats(list, 'credit'), april))).toBe('180');
  const fewer: [string, string][] = [...list, ['2022-04-21', '2']];
  expect(text(owed(seats(fewer, 'credit'), april))).toBe('130');
  expect(text(owed(seats(fewer, 'keep'), april))).toBe('180');
  expect(text(owed(seats(fewer, 'keep'), month('2022-05')))).toBe('60');
});

test('uplifts compound or not, at the anniversary in the account zone; an index passes on its share', () => {
  const uplift = {
    kind: 'scheduled',
    fromMs: at('2024-02-29'),
    everyMonths: 12,
    percent: '3',
    compounding: true,
  } as const;
  const fee = plan({ amounts: [{ fromMs: 0, amount: '100' }], uplift });
  const years = ['2024-06', '2025-06', '2026-06', '2028-06'];
  expect(years.map((m) => text(owed(fee, month(m))))).toEqual(['100', '103', '106.09', '112.550881']);
  const simple = { ...fee, uplift: { ...uplift, compounding: false } };
  expect(years.map((m) => text(owed(simple, month(m))))).toEqual(['100', '103', '106', '112']);
  const rounded = { ...fee, uplift: { ...uplift, round: { decimals: 2, mode: 'halfAwayFromZero' as const } } };
  expect(text(owed(rounded, month('2028-06')))).toBe('112.55');
  // The 29th clamps to 28 February 2025 and comes back in 2028: 27 days at 109.2727, 3 days… of February 2028 by day.
  expect(partsOf(fee, month('2028-02')).map(({ from, to }) => [from, to])).toEqual([[0n, 28n], [28n, 29n]]); // prettier-ignore
  const points = [{ fromMs: at('2025-01-01'), value: '110', source: 'CPI' }, { fromMs: at('2026-01-01'), value: '121', source: 'CPI' }]; // prettier-ignore
  const indexed = plan({
    amounts: [{ fromMs: 0, amount: '100' }],
    uplift: { kind: 'indexed', base: '100', points, share: '50' },
  });
  expect(years.map((m) => text(owed(indexed, month(m))))).toEqual(['100', '105', '110.5', '110.5']);
  const may = { fromMs: at('2026-05-16'), value: '131', source: 'CPI' };
  const half = {
    ...indexed,
    proration: 'second' as const,
    uplift: { kind: 'indexed' as const, base: '100', points: [...points, may] },
  };
  expect(text(owed(half, month('2026-05')))).toBe('126.16129032258'); // 15 days at 121, 16 at 131
});

const instants = fc.integer({ min: at('2026-01-01'), max: at('2026-06-30') });
const money = fc.tuple(fc.nat(500), fc.nat(99)).map(([a, b]) => `${a}.${String(b).padStart(2, '0')}`);
const ascending = fc.uniqueArray(instants, { maxLength: 4 }).map((list) => list.sort((a, b) => a - b));
const fees = fc
  .record({
    terms: fc.constantFrom('advance' as const, 'arrears' as const),
    proration: fc.constantFrom('second' as const, 'day' as const, 'none' as const),
    onDecrease: fc.constantFrom('credit' as const, 'keep' as const),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe'),
    ramp: fc.tuple(ascending, fc.array(money, { minLength: 5, maxLength: 5 })),
    seats: fc.tuple(ascending, fc.array(fc.nat(9), { minLength: 5, maxLength: 5 })),
    ends: fc.option(fc.tuple(instants, fc.boolean())),
    pauses: ascending,
    trial: fc.option(fc.nat(30)),
    from: instants,
  })
  .map(({ ramp, seats, ends, pauses, trial, from, ...rest }): RecurringFee => plan({
    ...rest,
    amounts: [0, ...ramp[0]].map((fromMs, i) => ({ fromMs, amount: ramp[1][i]! })),
    quantities: [0, ...seats[0]].map((fromMs, i) => ({ fromMs, quantity: String(seats[1][i]) })),
    term: {
      fromMs: from,
      toMs: ends === null ? null : Math.max(from, ends[0]),
      ...(ends === null ? {} : { handedOver: ends[1] }),
      ...(trial === null ? {} : { trialEndMs: from + trial * day }),
      pauses: Array.from({ length: Math.floor(pauses.length / 2) }, (_, i) => ({ fromMs: pauses[2 * i]!, toMs: pauses[2 * i + 1]! })),
    },
  })); // prettier-ignore

test('CONSERVE of fees: parts cover a period without gap or overlap; rows add up to what is owed, and to it again after any change', () => {
  fc.assert(
    fc.property(fees, fees, fc.integer({ min: 1, max: 6 }), instants, (fee, other, number, knownAtMs) => {
      expect(checkFee(fee)).toEqual([]);
      const after: RecurringFee = { ...other, terms: fee.terms, proration: fee.proration, timeZone: fee.timeZone };
      const period = month(`2026-0${number}`, fee.timeZone);
      const parts = partsOf(fee, period);
      expect(parts[0]!.fromMs).toBe(period.startMs);
      expect(parts.at(-1)!.toMs).toBe(period.endMs);
      expect(parts.at(-1)!.to).toBe(parts[0]!.whole);
      parts.slice(1).forEach((part, i) => {
        expect([part.fromMs, part.from]).toEqual([parts[i]!.toMs, parts[i]!.to]);
      });
      const rows = periodRows(fee, period);
      expect(sum(rows)).toBe(owed(fee, period));
      const bookedAt = rows[0]?.atMs ?? (fee.terms === 'advance' ? period.startMs : period.endMs);
      const atMs = Math.max(knownAtMs, bookedAt);
      expect(sum(rows) + sum(changeRows(fee, after, period, atMs))).toBe(owed(after, period));
      rows.forEach((row) => expect(parseAmount(row.step.amount)).toBe(row.amount));
    }),
    { numRuns: 400 },
  );
});

test('any history of a fee: rows only follow one another, and add up to what the last version owes', () => {
  fc.assert(
    fc.property(
      fc.array(fees, { minLength: 1, maxLength: 4 }),
      ascending,
      instants,
      fc.integer({ min: 1, max: 6 }),
      (list, known, cutMs, number) => {
        const { terms, proration, timeZone } = list[0]!;
        const versions = [0, ...known].slice(0, list.length).map((knownAtMs, i) => ({ knownAtMs, fee: { ...list[i]!, terms, proration, timeZone } })); // prettier-ignore
        const period = month(`2026-0${number}`, timeZone);
        const rows = historyRows(versions, period, Infinity);
        expect(sum(rows)).toBe(owed(versions.at(-1)!.fee, period));
        expect(rows.map(({ atMs }) => atMs)).toEqual(rows.map(({ atMs }) => atMs).sort((a, b) => a - b));
        expect(historyRows(versions, period, cutMs)).toEqual(rows.filter(({ atMs }) => atMs <= cutMs));
      },
    ),
    { numRuns: 400 },
  );
});

test('handed over by day or second, a month costs what one fee would have cost: no day is free and none is owed twice', () => {
  fc.assert(
    fc.property(instants, fc.constantFrom('day' as const, 'second' as const), money, (changeMs, proration, amount) => {
      const shared = { proration, timeZone: 'Europe/Berlin', amounts: [{ fromMs: 0, amount }] };
      const old = plan({ ...shared, term: term(0, changeMs, { handedOver: true }) });
      const next = plan({ ...shared, id: 'next', term: term(changeMs, null) });
      const period = periodAt(changeMs, 'Europe/Berlin');
      expect(owed(old, period) + owed(next, period)).toBe(parseAmount(amount));
    }),
  );
});

/** What a fee costs a period at one instant, read off its record once more: undefined when not in effect. */
function rateThen(fee: RecurringFee, atMs: number): number | undefined {
  const { fromMs, toMs, trialEndMs, pauses } = fee.term;
  const isOff = atMs < fromMs || atMs < (trialEndMs ?? 0) || atMs >= (toMs ?? Infinity);
  if (isOff || pauses.some((pause) => pause.fromMs <= atMs && atMs < pause.toMs)) return undefined;
  const [amount] = fee.amounts.filter((one) => one.fromMs <= atMs).slice(-1);
  const [seats] = fee.quantities!.filter((one) => one.fromMs <= atMs).slice(-1);
  return Number(amount!.amount) * Number(seats!.quantity);
}

test('any fee costs what looking at each of its stretches or days says, to less than a millionth', () => {
  fc.assert(
    fc.property(fees, fc.integer({ min: 1, max: 6 }), (fee, number) => {
      const period = month(`2026-0${number}`, fee.timeZone);
      const { term: life, amounts, quantities } = fee;
      const dated = [...amounts, ...quantities!, ...life.pauses].map(({ fromMs }) => fromMs);
      const moments = [
        ...dated,
        life.fromMs,
        life.toMs ?? 0,
        life.trialEndMs ?? 0,
        ...life.pauses.map(({ toMs }) => toMs),
      ];
      const within = (startMs: number, endMs: number) =>
        [startMs, ...moments.filter((ms) => ms > startMs && ms < endMs)].sort((a, b) => a - b);
      const units: { share: number; rate: number | undefined }[] = [];
      if (fee.proration === 'second') {
        const cuts = within(period.startMs, period.endMs);
        cuts.forEach((ms, i) => {
          const share = ((cuts[i + 1] ?? period.endMs) - ms) / (period.endMs - period.startMs);
          units.push({ share, rate: rateThen(fee, ms) });
        });
      } else {
        const days: Period[] = [];
        for (let ms = period.startMs; ms < period.endMs; ms = days.at(-1)!.endMs)
          days.push(periodAt(ms, fee.timeZone, 'day'));
        const whole = fee.proration === 'none' ? [period] : days;
        for (const { startMs, endMs } of whole) {
          const seen = within(startMs, endMs).map((ms) => rateThen(fee, ms));
          const first = seen.find((rate) => rate !== undefined);
          const last = seen.findLast((rate) => rate !== undefined);
          const isGone = life.handedOver === true && life.toMs! < endMs;
          units.push({ share: 1 / whole.length, rate: fee.proration === 'none' ? first : isGone ? undefined : last });
        }
      }
      let highest: number | undefined;
      let sum = 0;
      for (const { share, rate } of units) {
        highest = highest === undefined || (rate ?? 0) > highest ? rate : highest;
        sum += share * ((fee.onDecrease === 'keep' ? highest : rate) ?? 0);
      }
      expect(Math.abs(sum - Number(text(owed(fee, period))))).toBeLessThan(1e-6);
    }),
    { numRuns: 400 },
  );
});

/** Slow and obvious: counts every day by looking at it. */
test('by day equals a count of days', () => {
  fc.assert(
    fc.property(instants, fc.nat(90), fc.nat(20), (fromMs, length, trial) => {
      const toMs = fromMs + length * day;
      const fee = plan({ amounts: [{ fromMs: 0, amount: '1' }], term: term(fromMs, toMs, { trialEndMs: fromMs + trial * day }) }); // prettier-ignore
      const period = periodAt(fromMs + 40 * day, 'UTC');
      const days = (period.endMs - period.startMs) / day;
      let counted = 0;
      for (let d = period.startMs; d < period.endMs; d += day)
        if (Math.max(d, fromMs + trial * day) < Math.min(d + day, toMs)) counted += 1;
      const expected = (BigInt(counted) * 10n ** 12n * 2n + BigInt(days)) / (2n * BigInt(days));
      const got = owed(fee, period);
      expect(got - expected <= 1n && expected - got <= 1n).toBe(true);
    }),
  );
});

const calendars: BillingCalendar[] = [
  { kind: 'calendar', interval: 'month' },
  { kind: 'calendar', interval: 'week', weekStart: 7 },
  { kind: 'calendar', interval: 'quarter' },
  { kind: 'anniversary', anchor: '2026-01-31', interval: 'month' },
  { kind: 'list', dates: ['2025-01-01', '2026-02-10', '2026-02-11', '2026-05-01', '2028-01-01'] },
];

test('over consecutive periods of any calendar a fee that never changes owes its amount in each, and its first and last in part', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...calendars),
      instants,
      fc.integer({ min: 1, max: 200 }),
      fc.constantFrom('day' as const, 'second' as const),
      (calendar, fromMs, length, proration) => {
        const timeZone = 'America/St_Johns';
        const toMs = fromMs + length * day;
        const fee = plan({ timeZone, proration, amounts: [{ fromMs: 0, amount: '7' }], term: term(fromMs, toMs) });
        let period = billingPeriodAt(fromMs, timeZone, calendar);
        for (
          ;
          period !== undefined && period.startMs < toMs;
          period = billingPeriodAt(period.endMs, timeZone, calendar)
        ) {
          const isWhole = period.startMs >= fromMs && period.endMs <= toMs;
          const amount = owed(fee, period);
          if (isWhole) expect(text(amount)).toBe('7');
          else expect(amount > 0n && amount <= parseAmount('7')!).toBe(true);
        }
        if (period !== undefined) expect(owed(fee, period)).toBe(0n);
      },
    ),
  );
});

test('a period that begins and ends inside a day counts both days', () => {
  const fee = plan({ amounts: [{ fromMs: 0, amount: '3' }], term: term(0, at('2022-03-02T00:00:00Z')) });
  expect(text(owed(fee, { startMs: at('2022-03-01T18:00:00Z'), endMs: at('2022-03-03T06:00:00Z') }))).toBe('1');
});

test('every fault of a record is told, with its path, value and what would be right', () => {
  const bad = plan({
    currency: 'XYZ', timeZone: 'Mars', amounts: [{ fromMs: 5, amount: '-1' }, { fromMs: 5, amount: '1e3' }],
    term: { fromMs: 10, toMs: 3, trialEndMs: 1, pauses: [{ fromMs: 9, toMs: 20 }, { fromMs: 12, toMs: 15 }] },
    uplift: { kind: 'scheduled', fromMs: 0, everyMonths: 0, percent: '-5', compounding: false },
  }); // prettier-ignore
  expect(checkFee(bad).map(({ path }) => path)).toEqual([
    'currency', 'timeZone', 'term.toMs', 'term.trialEndMs', 'term.pauses[1]', 'amounts[1].fromMs',
    'amounts[0].amount', 'amounts[1].amount', 'uplift.everyMonths', 'uplift.percent',
  ]); // prettier-ignore
  const huge = plan({
    amounts: [{ fromMs: 0, amount: '999999999999' }],
    quantities: [{ fromMs: 0, quantity: '1000001' }],
  });
  expect(checkFee(huge).map(({ path, code }) => [path, code])).toEqual([['amounts', 'NUMBER_OUT_OF_RANGE']]);
  const rising = { kind: 'scheduled', fromMs: 0, everyMonths: 1, percent: '1000', compounding: true } as const;
  expect(() => owed(plan({ uplift: rising }), month('2022-03'))).toThrow(/10\^18/);
  expect(() => owed(bad, month('2022-03'))).toThrow(/fee plan: currency is XYZ, not an ISO 4217 code/);
});
