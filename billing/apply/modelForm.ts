/** What the maps of a price may hold: each key with the form of its value (`core/messages/price.ts` says what they mean). */
import type { LeafModel, PriceModel } from '#core/messages/price.ts';
import type { BillingCalendar } from '#core/time/calendar.ts';

export type Form =
  /** A decimal, kept as text; its canonical text, where it is one. */
  | { readonly kind: 'decimal' }
  | { readonly kind: 'text' }
  /** A whole number that the record holds as a number. */
  | { readonly kind: 'whole' }
  /** `true`; what is `false` is left out, as absent is. */
  | { readonly kind: 'flag' }
  | { readonly kind: 'texts' }
  /** Texts by any key. */
  | { readonly kind: 'dimensions' }
  | { readonly kind: 'leaf' }
  | { readonly kind: 'list'; readonly of: Fields };

export interface Field {
  readonly form: Form;
  /** Stands where the key is absent; none is then a problem of the price. */
  readonly otherwise?: string | null;
  /** Nothing, `~` and `null` mean null. */
  readonly isNullable?: true;
}

export type Fields = Readonly<Record<string, Field>>;

const decimal: Field = { form: { kind: 'decimal' } };
const text: Field = { form: { kind: 'text' } };
const whole: Field = { form: { kind: 'whole' } };
const leaf: Field = { form: { kind: 'leaf' } };
const openEnd: Field = { ...decimal, isNullable: true, otherwise: null };
const none: Field = { ...decimal, otherwise: '0' };
const list = (of: Fields): Field => ({ form: { kind: 'list', of } });
const otherwise: Field = { ...leaf, isNullable: true, otherwise: null };

const pricedTiers = list({ upTo: openEnd, unitPrice: decimal, flat: none });

/** The leaves; `kind` itself is read apart. */
export const leafFields: { readonly [Kind in LeafModel['kind']]: Fields } = {
  perUnit: { unitPrice: decimal },
  flat: { amount: decimal },
  graduated: { tiers: pricedTiers },
  volume: { tiers: pricedTiers },
  package: { size: decimal, price: decimal, partial: { ...text, otherwise: 'up' } },
  packageTiers: { reach: text, tiers: list({ size: decimal, count: openEnd, price: decimal }) },
  stairstep: { tiers: list({ upTo: openEnd, amount: decimal }) },
  percentage: {
    percent: decimal, perEvent: none, freeEvents: decimal, freeValue: decimal, free: { ...text, otherwise: 'totals' }, minimum: decimal,
    maximum: decimal,
  },
  graduatedPercentage: { tiers: list({ upTo: openEnd, percent: decimal, flat: none }) },
  dynamic: { multiplier: decimal },
  perEvent: { unitPrice: none, fee: none, minimum: decimal, maximum: decimal },
}; // prettier-ignore

export const modelFields: { readonly [Kind in PriceModel['kind']]: Fields } = {
  ...leafFields,
  matrix: { rules: list({ name: text, match: { form: { kind: 'dimensions' } }, model: leaf }), otherwise },
  grouped: { by: { form: { kind: 'texts' } }, groupsMax: whole, model: leaf },
  schedule: {
    bands: list({ name: text, days: { form: { kind: 'texts' } }, from: text, to: text, model: leaf }),
    otherwise,
  },
  spot: { series: text, multiplier: decimal, adder: decimal, minimum: decimal, maximum: decimal },
};

/** What cuts the tallies of a price. */
export const calendarFields: { readonly [Kind in BillingCalendar['kind']]: Fields } = {
  calendar: { interval: text, weekStart: whole },
  anniversary: { anchor: text, interval: text, every: whole },
  fiscal: { pattern: text, endMonth: whole, endWeekday: whole, rule: text, longPeriod: whole },
  list: { dates: { form: { kind: 'texts' } } },
};

export const quantityFields: Fields = { at: text, mode: text, increment: decimal, first: decimal, threshold: decimal };
export const rolloverFields: Fields = { periods: { form: { kind: 'whole' } }, maximum: decimal };
const flag: Field = { form: { kind: 'flag' } };
export const prorationFields: Fields = { by: text, allowance: flag, bounds: flag, flats: flag, maximum: flag };
export const tierFields = pricedTiers;
