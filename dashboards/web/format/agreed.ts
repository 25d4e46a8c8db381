/** Fees and agreements in words. */
import type { AgreementTerms, Items } from '#core/messages/agreement.ts';
import type { AgreementRecord, FeeRecord } from '#core/messages/control.ts';
import type { BillingCalendar } from '#core/time/calendar.ts';
import { plural } from './quantity.ts';
import { formatDate } from './time.ts';

export const intervals = {
  day: 'day', week: 'week', month: 'month', quarter: 'quarter', halfYear: 'half year', year: 'year',
} as const; // prettier-ignore

/** "month", "3 months from 2026-01-31", "fiscal period (4-4-5)". */
export function calendarName(calendar: BillingCalendar): string {
  switch (calendar.kind) {
    case 'calendar':
      return intervals[calendar.interval];
    case 'anniversary': {
      const many = calendar.every ?? 1;
      const each = many === 1 ? intervals[calendar.interval] : plural(many, intervals[calendar.interval]);
      return `${each} from ${calendar.anchor === 'account' ? 'the start of the account' : calendar.anchor}`;
    }
    case 'fiscal':
      return `fiscal period (${calendar.pattern})`;
    case 'list':
      return 'period of its list';
  }
}

const prorations = {
  second: 'by the second', day: 'by the day', none: 'not prorated',
} as const; // prettier-ignore

/** What a fee is, a sentence part each. */
export function feeText(fee: FeeRecord, timeZone: string): string[] {
  const { terms } = fee;
  switch (terms.kind) {
    case 'oneTime':
      return [`once, on ${formatDate(terms.atMs, timeZone)}`];
    case 'installments':
      return [terms.onEnd === 'due' ? 'the rest is due when it ends early' : 'the rest lapses when it ends early'];
    case 'recurring': {
      const { term, uplift } = terms;
      return [
        `in ${terms.terms}, ${prorations[terms.proration]}`,
        ...(terms.onDecrease === 'keep' ? ['never less within a period'] : []),
        ...(term.trialEndMs === undefined ? [] : [`free until ${formatDate(term.trialEndMs, timeZone)}`]),
        ...(term.toMs === null ? [] : [`until ${formatDate(term.toMs, timeZone)}`]),
        ...(term.pauses.length === 0 ? [] : [plural(term.pauses.length, 'pause')]),
        ...(uplift === undefined ? [] : [upliftText(uplift)]),
      ];
    }
  }
}

type Uplift = NonNullable<Extract<FeeRecord['terms'], { kind: 'recurring' }>['uplift']>;

const upliftText = (uplift: Uplift): string =>
  uplift.kind === 'scheduled'
    ? `${uplift.percent} % more every ${plural(uplift.everyMonths, 'month')}${uplift.compounding ? ', compounding' : ''}`
    : `with an index (${uplift.points.at(-1)?.source ?? 'no point yet'}), ${uplift.share ?? '100'} % of its change`;

/** What is agreed on, a sentence part each; figures are decimal text in the currency. */
export function agreementText({ terms, currency }: Pick<AgreementRecord, 'terms' | 'currency'>): string[] {
  switch (terms.kind) {
    case 'discount':
      return discountText(terms, currency);
    case 'commitment':
      return [
        `${terms.coveredPercent} % within it, ${terms.overagePercent} % beyond`,
        terms.payment === 'advance' ? 'paid in advance and drawn down' : 'what is missing is owed at its end',
        ...(terms.services === undefined ? [] : [`for ${terms.services.join(', ')}`]),
        terms.basis === 'list' ? 'by the price list' : 'after discounts',
      ];
    case 'bound':
      return [
        scopeText(terms.scope),
        ...(terms.minimum === undefined ? [] : [`the least is compared with ${terms.minimumBasis === 'net' ? 'what is owed' : 'the price list'}`]),
      ]; // prettier-ignore
  }
}

type Of<Kind> = Extract<AgreementTerms, { readonly kind: Kind }>;

function discountText(terms: Of<'discount'>, currency: string): string[] {
  const { take, duration } = terms;
  const taken = take.kind === 'percent' ? `${take.percent} %` : take.kind === 'amount' ? `${take.amount} ${currency}` : `by ${take.of}, ${take.reach === 'volume' ? 'all at the tier reached' : 'tier by tier'}`; // prettier-ignore
  return [
    `number ${terms.order}: ${taken} off ${terms.base === 'list' ? 'the price list' : 'what is left'}`,
    ...itemsText('for', terms.only),
    ...itemsText('not for', terms.except),
    ...(terms.notWith === undefined ? [] : [`not with ${terms.notWith.join(', ')}`]),
    ...(terms.maximum === undefined ? [] : [`at most ${terms.maximum} ${currency} a period`]),
    ...(terms.maximumTotal === undefined ? [] : [`at most ${terms.maximumTotal} ${currency} in all`]),
    ...(duration.kind === 'once' ? ['once'] : duration.kind === 'periods' ? [`for ${plural(duration.count, 'period')}`] : []),
  ]; // prettier-ignore
}

function itemsText(word: string, items: Items | undefined): string[] {
  const names = [...(items?.services ?? []), ...(items?.components ?? []), ...(items?.prices ?? [])];
  return names.length === 0 ? [] : [`${word} ${names.join(', ')}`];
}

function scopeText(scope: Of<'bound'>['scope']): string {
  switch (scope.kind) {
    case 'price':
      return `on the price ${scope.price}`;
    case 'plan':
      return `on the plan ${scope.plan}`;
    case 'contract':
      return `on the contract ${scope.contract}`;
    case 'subtree':
      return 'on all below the account';
  }
}
