/** A price's model in words and small tables, whichever it is. */
import { calendarName, intervals } from './agreed.ts';
import type { LeafModel, PriceModel, PriceRecord } from '#core/messages/price.ts';
import { formatQuantity } from './quantity.ts';

const names: Readonly<Record<PriceModel['kind'], string>> = {
  perUnit: 'per-unit',
  flat: 'flat',
  graduated: 'graduated',
  volume: 'volume',
  package: 'package',
  packageTiers: 'tiered package',
  stairstep: 'stairstep',
  percentage: 'percentage',
  graduatedPercentage: 'graduated percentage',
  dynamic: 'given-amount',
  perEvent: 'per-event',
  matrix: 'matrix',
  grouped: 'grouped',
  schedule: 'time-of-use',
  spot: 'market',
};

/** "graduated", "time-of-use". */
export const modelName = (model: PriceModel): string => names[model.kind];

/** Whether each part of what is used has a tally of its own. */
export const isParted = ({ kind }: PriceModel): boolean =>
  kind === 'matrix' || kind === 'grouped' || kind === 'schedule';

/** A unit as people say it: "{host}" is "host", and what is counted in ones needs no word. */
export const unitLabel = (name: string): string => (name === '1' ? '' : name.replaceAll(/[{}]/g, ''));

/** The leaf that charges the cell, and what the cell is; the cell is undefined for a price that has but one. */
export function cellOf(
  model: PriceModel,
  key: string,
): { readonly leaf: LeafModel | undefined; readonly cell: string | undefined } {
  switch (model.kind) {
    case 'matrix': {
      const rule = model.rules.find(({ name }) => name === key);
      const match = rule === undefined ? 'all else' : dimensionsText(rule.match);
      return {
        leaf: rule?.model ?? model.otherwise ?? undefined,
        cell: rule === undefined ? match : `${key} (${match})`,
      };
    }
    case 'schedule': {
      const band = model.bands.find(({ name }) => name === key);
      if (band === undefined) return { leaf: model.otherwise ?? undefined, cell: 'all other hours' };
      return { leaf: band.model, cell: `${key} (${band.days.join(', ')} ${band.from}–${band.to})` };
    }
    case 'grouped':
      return { leaf: model.model, cell: dimensionsText(groupValues(model.by, key)) };
    // What it charges is in the steps: the point of the series.
    case 'spot':
      return { leaf: undefined, cell: `the interval of ${model.series} from ${key}` };
    default:
      return { leaf: model, cell: undefined };
  }
}

const dimensionsText = (dimensions: Readonly<Record<string, string>>): string =>
  Object.entries(dimensions)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

function groupValues(by: readonly string[], key: string): Record<string, string> {
  try {
    const values = JSON.parse(key) as readonly string[];
    return Object.fromEntries(by.map((name, index) => [name, values[index] ?? '']));
  } catch {
    return { group: key };
  }
}

export interface TermsTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The leaf's figures: a row a tier, or a row for all. */
export function leafTable(leaf: LeafModel, { unit, currency }: Pick<PriceRecord, 'unit' | 'currency'>): TermsTable {
  const name = unitLabel(unit.name) || 'unit';
  const [of, each] = [`${currency} a ${name}`, `${currency} once`];
  switch (leaf.kind) {
    case 'perUnit':
      return { head: [of], rows: [[leaf.unitPrice]] };
    case 'flat':
      return { head: [`${currency} once anything is used`], rows: [[leaf.amount]] };
    case 'graduated':
    case 'volume':
      return {
        head: [name, of, ...(hasFlat(leaf.tiers) ? [each] : [])],
        rows: leaf.tiers.map((tier, i) => [
          spanText(leaf.tiers, i), tier.unitPrice, ...(hasFlat(leaf.tiers) ? [tier.flat] : []),
        ]),
      }; // prettier-ignore
    case 'package':
      return {
        head: [`${name} a package`, `${currency} a package`, leaf.partial === 'up' ? 'once begun' : 'until full'],
        rows: [[formatQuantity(leaf.size), leaf.price, leaf.partial === 'up' ? 'owed whole' : 'free']],
      };
    case 'packageTiers':
      return {
        head: ['packages', `${name} a package`, `${currency} a package`],
        rows: leaf.tiers.map(({ size, count, price }) => [
          count === null ? 'all more' : formatQuantity(count), formatQuantity(size), price,
        ]),
      }; // prettier-ignore
    case 'stairstep':
      return { head: [name, currency], rows: leaf.tiers.map((tier, i) => [spanText(leaf.tiers, i), tier.amount]) };
    case 'percentage':
      return percentageTable(leaf, currency);
    case 'graduatedPercentage':
      return {
        head: [name, 'percent of the value', each],
        rows: leaf.tiers.map((tier, i) => [spanText(leaf.tiers, i), `${tier.percent} %`, tier.flat]),
      };
    case 'dynamic':
      return { head: ['times the amount given'], rows: [[leaf.multiplier]] };
    case 'perEvent':
      return {
        head: [`${currency} a sample`, of, ...boundsHead(leaf)],
        rows: [[leaf.fee, leaf.unitPrice, ...boundsRow(leaf)]],
      };
  }
}

function percentageTable(leaf: Extract<LeafModel, { kind: 'percentage' }>, currency: string): TermsTable {
  const free = [
    ...(leaf.freeEvents === undefined ? [] : [`${formatQuantity(leaf.freeEvents)} samples`]),
    ...(leaf.freeValue === undefined ? [] : [`${leaf.freeValue} ${currency}`]),
  ].join(leaf.free === 'totals' ? ' and ' : ' or, if sooner, ');
  return {
    head: ['percent of the value', `${currency} a sample`, ...(free === '' ? [] : ['free']), ...boundsHead(leaf)],
    rows: [[`${leaf.percent} %`, leaf.perEvent, ...(free === '' ? [] : [free]), ...boundsRow(leaf)]],
  };
}

interface Bounds {
  readonly minimum?: string;
  readonly maximum?: string;
}
const boundsHead = ({ minimum, maximum }: Bounds): string[] => [
  ...(minimum === undefined ? [] : ['at least']),
  ...(maximum === undefined ? [] : ['at most']),
];
const boundsRow = ({ minimum, maximum }: Bounds): string[] => [
  ...(minimum === undefined ? [] : [minimum]),
  ...(maximum === undefined ? [] : [maximum]),
];

const hasFlat = (tiers: readonly { readonly flat: string }[]): boolean => tiers.some(({ flat }) => flat !== '0');

/** "up to 10", "10 to 100", "above 100", "all". */
export function spanText(tiers: readonly { readonly upTo: string | null }[], index: number): string {
  const below = tiers[index - 1]?.upTo ?? null;
  const upTo = tiers[index]!.upTo;
  if (upTo === null) return below === null ? 'all' : `above ${formatQuantity(below)}`;
  return below === null ? `up to ${formatQuantity(upTo)}` : `${formatQuantity(below)} to ${formatQuantity(upTo)}`;
}

const modes = { up: 'up', down: 'down', halfAwayFromZero: 'to the nearest', halfEven: 'to the nearest even' } as const;

/** What stands around the model: allowance, rounding, discount, maximum; one sentence each. */
export function termsText(price: PriceRecord): string[] {
  const { allowance, quantity, discountPercent, maximum, rollover, prorate, currency, period, tallyScope, split } =
    price;
  const unit = unitLabel(price.unit.name);
  const each = isParted(price.model);
  const rule = quantity && [
    `${quantity.at === 'event' ? 'each sample' : 'the period'} is rounded ${modes[quantity.mode]} to steps of ${formatQuantity(quantity.increment)} ${unit}`,
    ...(quantity.first === undefined ? [] : [`the first of ${formatQuantity(quantity.first)}`]),
    ...(quantity.threshold === undefined ? [] : [`nothing is owed up to ${formatQuantity(quantity.threshold)}`]),
  ];
  return [
    ...(rule === undefined ? [] : [rule.join(', ')]),
    ...(allowance === '0'
      ? []
      : [`${formatQuantity(allowance)} ${unit} ${everyText(period)} are free${each ? ', in each part' : ''}`]),
    ...(rollover === undefined ? [] : [rolloverText(rollover, unit, period)]),
    ...(discountPercent === undefined ? [] : [`${discountPercent} % discount`]),
    ...(maximum === undefined
      ? []
      : [`at most ${maximum} ${currency} ${everyText(period)}${each ? ', for each part' : ''}`]),
    ...(prorate === undefined ? [] : [proratedText(prorate)]),
    ...(period === undefined ? [] : [`counted by the ${calendarName(period)}`]),
    ...(tallyScope !== 'subtree' ? [] : [splits[split ?? 'proRata']]),
  ];
}

const splits = {
  proRata: 'shared by all accounts below, each charged as its usage came, and by quantity when the period closes',
  asArrived: 'shared by all accounts below, each charged as its usage came',
} as const;

/** "a month", "a quarter". */
function everyText(period: PriceRecord['period']): string {
  if (period === undefined) return 'a month';
  const isOne = period.kind === 'calendar' || (period.kind === 'anniversary' && (period.every ?? 1) === 1);
  return isOne ? `a ${intervals[period.interval]}` : 'a period';
}

/** "by the day, less of the allowance and the maximum where it is in force for a part of a period". */
function proratedText({ by, ...said }: NonNullable<PriceRecord['prorate']>): string {
  const names = {
    allowance: 'the allowance',
    bounds: 'the bounds of tiers',
    flats: 'flat amounts',
    maximum: 'the maximum',
  };
  const figures = (['allowance', 'bounds', 'flats', 'maximum'] as const).filter((figure) => said[figure] === true);
  return `by the ${by}, less of ${figures.map((figure) => names[figure]).join(' and ')} where it is in force for a part of a period`;
}

/** "what is left of it lasts 2 months more, at most 50 GiB". */
function rolloverText(
  { periods, maximum }: NonNullable<PriceRecord['rollover']>,
  unit: string,
  period: PriceRecord['period'],
): string {
  const most = maximum === undefined ? '' : `, at most ${formatQuantity(maximum)} ${unit}`;
  return `what is left of it lasts ${periods === 1 ? everyText(period) : `${periods} ${period === undefined ? 'months' : 'periods'}`} more${most}`;
}
