import { isTimeZone } from '../time/period.ts';
import type { Rational } from '../money/fixed.ts';
import { add, compare, divide, larger, multiply, one, ratio, subtract } from '../money/rational.ts';
import { exact, percent } from './exact.ts';
import { Check, type Problem } from './problems.ts';
import type { RecurringFee, Term, Uplift } from './records.ts';
import type { Shape } from './shape.ts';
import { upliftsMax } from './uplift.ts';

/** Dated values of one fee. */
export const datedValuesMax = 1000;

/** Currency units that a fee owes for a period, at its greatest uplift, stay below this, as the charge of a tally does. */
export const feeUnitsMax = 10n ** 18n;

const rounding: Shape = {
  record: {
    decimals: 'number',
    mode: { oneOf: ['halfEven', 'halfAwayFromZero', 'halfTowardsZero', 'up', 'down', 'ceiling', 'floor'] },
  },
};
const dated = (field: string): Shape => ({
  list: { record: { fromMs: 'number', [field]: 'text' } },
  max: datedValuesMax,
});

const feeShape: Shape = {
  record: {
    id: 'text',
    currency: 'text',
    terms: { oneOf: ['advance', 'arrears'] },
    proration: { oneOf: ['second', 'day', 'none'] },
    onDecrease: { oneOf: ['credit', 'keep'] },
    timeZone: 'text',
    term: {
      record: {
        fromMs: 'number',
        toMs: { nullable: 'number' },
        trialEndMs: { optional: 'number' },
        pauses: { list: { record: { fromMs: 'number', toMs: 'number' } }, max: datedValuesMax },
        handedOver: { optional: 'boolean' },
      },
    },
    amounts: dated('amount'),
    quantities: { optional: dated('quantity') },
    uplift: {
      optional: {
        kinds: {
          scheduled: {
            fromMs: 'number',
            everyMonths: 'number',
            percent: 'text',
            compounding: 'boolean',
            round: { optional: rounding },
          },
          indexed: {
            base: 'text',
            points: { list: { record: { fromMs: 'number', value: 'text', source: 'text' } }, max: datedValuesMax },
            share: { optional: 'text' },
            round: { optional: rounding },
          },
        },
      },
    },
  },
};

/** Every fault of a recurring fee, which may be anything; none when it can be published. Never throws. */
export function checkFee(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, feeShape)) return check.problems;
  const fee = value as RecurringFee;
  check.at('id').that(fee.id !== '', fee.id, 'a name that is not empty');
  check.at('currency').chargedIn(fee.currency);
  check.at('timeZone').that(isTimeZone(fee.timeZone), fee.timeZone, 'a name of the IANA time-zone database');
  checkTerm(check.at('term'), fee.term);
  const amounts = check.at('amounts');
  amounts.dated(fee.amounts);
  fee.amounts.forEach(({ amount }, index) => amounts.at(index).at('amount').decimal(amount, 'notNegative'));
  if (fee.quantities !== undefined) {
    const quantities = check.at('quantities');
    quantities.dated(fee.quantities);
    fee.quantities.forEach(({ quantity }, index) =>
      quantities.at(index).at('quantity').decimal(quantity, 'notNegative'),
    );
  }
  if (fee.uplift !== undefined) checkUplift(check.at('uplift'), fee.uplift);
  if (check.problems.length === 0) {
    const greatest = [
      most(fee.amounts.map((one) => one.amount)),
      most((fee.quantities ?? []).map((one) => one.quantity)),
      fee.uplift === undefined ? one : greatestFactor(fee.uplift, fee.term.toMs ?? lastInstantMs),
    ].reduce(multiply);
    amounts.that(
      compare(greatest, ratio(feeUnitsMax)) < 0,
      '10^18 or more',
      'amounts that, times the greatest quantity and uplift, stay below 10^18',
      'NUMBER_OUT_OF_RANGE',
    );
  }
  return check.problems;
}

/** The year 2286: no instant lies beyond. */
export const lastInstantMs = 9_999_999_999_999;
const fourWeeksMs = 28 * 86_400_000;

/** No factor of the uplift is greater: a month has at least four weeks. */
function greatestFactor(uplift: Uplift, untilMs: number): Rational {
  if (uplift.kind === 'indexed') {
    const share = percent(uplift.share ?? '100');
    return uplift.points
      .map(({ value }) => add(one, multiply(share, subtract(divide(exact(value), exact(uplift.base)), one))))
      .reduce(larger, one);
  }
  const rate = percent(uplift.percent);
  const count = Math.min(
    upliftsMax,
    Math.floor(Math.max(0, untilMs - uplift.fromMs) / (uplift.everyMonths * fourWeeksMs)),
  );
  if (rate.numerator <= 0n) return one;
  if (!uplift.compounding) return add(one, multiply(rate, ratio(BigInt(count))));
  const { numerator, denominator } = add(one, rate);
  return { numerator: numerator ** BigInt(count), denominator: denominator ** BigInt(count) };
}

const most = (texts: readonly string[]): Rational => texts.map(exact).reduce(larger, one);

function checkTerm(check: Check, term: Term): void {
  check.span(term);
  if (term.trialEndMs !== undefined && check.at('trialEndMs').instant(term.trialEndMs))
    check
      .at('trialEndMs')
      .that(term.trialEndMs >= term.fromMs, term.trialEndMs, 'an instant not before the term begins');
  check.at('handedOver').that(term.handedOver !== true || term.toMs !== null, true, 'false for a term without an end');
  term.pauses.forEach((pause, index) => {
    const here = check.at('pauses').at(index);
    here.span(pause);
    const before = term.pauses[index - 1];
    if (before !== undefined)
      here.that(pause.fromMs >= before.toMs, pause.fromMs, `a pause from ${before.toMs} or later`);
  });
}

function checkUplift(check: Check, uplift: Uplift): void {
  if (uplift.round !== undefined) {
    const { decimals } = uplift.round;
    check
      .at('round')
      .at('decimals')
      .that(Number.isInteger(decimals) && decimals >= 0 && decimals <= 12, decimals, '0 to 12');
  }
  if (uplift.kind === 'indexed') {
    check.at('base').decimal(uplift.base, 'positive');
    check.at('points').dated(uplift.points);
    uplift.points.forEach(({ value }, index) => check.at('points').at(index).at('value').decimal(value, 'positive'));
    if (uplift.share !== undefined) check.at('share').decimal(uplift.share, 'percent');
    return;
  }
  check.at('fromMs').instant(uplift.fromMs);
  const { everyMonths } = uplift;
  const isMonths = Number.isInteger(everyMonths) && everyMonths >= 1 && everyMonths <= 120;
  check.at('everyMonths').that(isMonths, everyMonths, 'a whole number of months from 1 to 120');
  const isInRange = () => (uplift.compounding ? isPercentEitherWay(uplift.percent) : !uplift.percent.startsWith('-'));
  if (check.at('percent').decimal(uplift.percent))
    check
      .at('percent')
      .that(
        isInRange(),
        uplift.percent,
        'from -100 to 1000 when it compounds, else not negative, or the amount would fall below 0',
      );
}

const isPercentEitherWay = (text: string): boolean =>
  compare(exact(text), exact('-100')) >= 0 && compare(exact(text), exact('1000')) <= 0;
