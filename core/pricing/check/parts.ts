/** What can be wrong with the cells of a price. */
import type { LeafModel } from '../../messages/price.ts';
import { dayMinutes, minutesOf, weekdays, weekMinutes } from '../cells/schedule.ts';
import { otherwiseKey } from '../cells/named.ts';
import { priceLimits } from '../limits.ts';
import { isFields, isText, type Checker, type Fields } from './checker.ts';
import { checkLeaf, checkOrder } from './leaves.ts';

/** Checks a model of any kind and returns its leaves; `dimensions` are those of the meter, where they are known. */
export function checkModel(
  checker: Checker,
  path: string,
  model: unknown,
  dimensions: readonly string[] | undefined,
): readonly LeafModel[] {
  const kind = isFields(model) ? model['kind'] : undefined;
  const leaves: (LeafModel | undefined)[] = [];
  const leaf = (at: string, value: unknown) => void leaves.push(checkLeaf(checker, at, value));
  const fields = model as Fields;
  switch (kind) {
    case 'matrix':
      checkRules(checker, namedIn(checker, `${path}.rules`, fields['rules'], priceLimits.rulesMax, leaf), dimensions);
      checkOtherwise(`${path}.otherwise`, fields['otherwise'], leaf);
      break;
    case 'grouped':
      checkGrouping(checker, path, fields, dimensions);
      leaf(`${path}.model`, fields['model']);
      break;
    case 'schedule': {
      const bands = namedIn(checker, `${path}.bands`, fields['bands'], priceLimits.bandsMax, leaf);
      checkBands(checker, path, bands, fields['otherwise']);
      checkOtherwise(`${path}.otherwise`, fields['otherwise'], leaf);
      break;
    }
    case 'spot':
      checkSpot(checker, path, fields);
      break;
    default:
      leaf(path, model);
  }
  return leaves.filter((each) => each !== undefined);
}

function checkSpot(checker: Checker, path: string, { series, multiplier, adder, minimum, maximum }: Fields): void {
  checker.field(isText(series), `${path}.series`, series, 'the id of a reference series');
  if (multiplier !== undefined) checker.decimal(`${path}.multiplier`, multiplier, priceLimits.multiplierMax);
  const figure = (name: string, value: unknown) =>
    value === undefined ? undefined : checker.signed(`${path}.${name}`, value, priceLimits.unitPriceMax);
  figure('adder', adder);
  checkOrder(checker, path, figure('minimum', minimum), figure('maximum', maximum));
}

function checkOtherwise(path: string, otherwise: unknown, leaf: (path: string, value: unknown) => void): void {
  if (otherwise !== null) leaf(path, otherwise);
}

interface Entry {
  readonly at: string;
  readonly fields: Fields;
}

/** Entries with names, which are keys of tallies, and leaves. */
function namedIn(
  checker: Checker,
  path: string,
  value: unknown,
  max: number,
  leaf: (path: string, value: unknown) => void,
): Entry[] {
  const names = new Map<unknown, string>();
  return checker.list(path, value, max).flatMap((entry, index): Entry[] => {
    const at = `${path}[${index}]`;
    if (!checker.field(isFields(entry), at, entry, 'a named part of the price')) return [];
    const fields = entry as Fields;
    const { name } = fields;
    if (!isText(name) || name === otherwiseKey || name.length > priceLimits.nameMax)
      checker.add('NAME_INVALID', `${at}.name`, name, `1 to ${priceLimits.nameMax} characters, not "${otherwiseKey}"`);
    else if (names.has(name))
      checker.add('NAME_TWICE', `${at}.name`, name, `another name than that of ${names.get(name)}`);
    else names.set(name, at);
    leaf(`${at}.model`, fields['model']);
    return [{ at, fields }];
  });
}

function checkDimension(
  checker: Checker,
  path: string,
  name: unknown,
  dimensions: readonly string[] | undefined,
): void {
  if (!checker.field(isText(name), path, name, 'the name of a dimension')) return;
  if (dimensions !== undefined && !dimensions.includes(name as string))
    checker.add('DIMENSION_UNKNOWN', path, name, dimensions.length === 0 ? 'none' : `one of ${dimensions.join(', ')}`);
}

function checkRules(checker: Checker, entries: readonly Entry[], dimensions?: readonly string[]): void {
  const rules = entries.flatMap(({ at, fields: { match } }) => {
    const isMatch = isFields(match) && Object.values(match).every((value) => typeof value === 'string');
    if (!checker.field(isMatch, `${at}.match`, match, 'texts by dimension')) return [];
    const names = Object.keys(match as Fields);
    for (const name of names) checkDimension(checker, `${at}.match.${name}`, name, dimensions);
    if (names.length > priceLimits.dimensionsMax)
      checker.add('LIST_TOO_LONG', `${at}.match`, names.length, `at most ${priceLimits.dimensionsMax} dimensions`);
    return [{ at, match: new Map(Object.entries(match as Record<string, string>)) }];
  });
  rules.forEach((rule, index) => {
    const other = rules.slice(0, index).find((before) => isAmbiguous(rule.match, before.match, rules));
    if (other === undefined) return;
    const expected = `a value that ${other.at} excludes, or a rule for what matches both`;
    checker.add('RULES_AMBIGUOUS', `${rule.at}.match`, Object.fromEntries(rule.match), expected);
  });
}

type Match = ReadonlyMap<string, string>;

/** Equally specific, both able to match one sample, and no more specific rule takes all that matches both. */
function isAmbiguous(a: Match, b: Match, rules: readonly { readonly match: Match }[]): boolean {
  if (a.size !== b.size || [...a].some(([name, value]) => (b.get(name) ?? value) !== value)) return false;
  const both = new Map([...a, ...b]);
  return !rules.some(
    ({ match }) => match.size > a.size && [...match].every(([name, value]) => both.get(name) === value),
  );
}

function checkGrouping(
  checker: Checker,
  path: string,
  { by, groupsMax }: Fields,
  dimensions?: readonly string[],
): void {
  const names = checker.list(`${path}.by`, by, priceLimits.dimensionsMax);
  if (names.length === 0 && Array.isArray(by)) checker.add('FIELD_INVALID', `${path}.by`, by, 'at least one dimension');
  names.forEach((name, index) => {
    checkDimension(checker, `${path}.by[${index}]`, name, dimensions);
    if (names.indexOf(name) < index)
      checker.add('DIMENSION_TWICE', `${path}.by[${index}]`, name, 'each dimension once');
  });
  const isCount = Number.isSafeInteger(groupsMax) && (groupsMax as number) > 0;
  if (!isCount || (groupsMax as number) > priceLimits.groupsMaxMax)
    checker.add(
      'COUNT_INVALID',
      `${path}.groupsMax`,
      groupsMax,
      `a whole number from 1 to ${priceLimits.groupsMaxMax}`,
    );
}

interface Taken {
  readonly from: number;
  readonly to: number;
  readonly at: string;
}

function checkBands(checker: Checker, path: string, entries: readonly Entry[], otherwise: unknown): void {
  const taken = entries.flatMap(({ at, fields }) => timesOf(checker, at, fields)).sort((a, b) => a.from - b.from);
  const gaps: string[] = [];
  let reached = 0;
  let last: Taken | undefined;
  for (const band of taken) {
    if (last !== undefined && band.from < reached) {
      const overlap = spanText(band.from, Math.min(band.to, reached));
      checker.add('BANDS_OVERLAP', band.at, overlap, `times that ${last.at} does not hold`);
    } else if (band.from > reached) gaps.push(spanText(reached, band.from));
    if (band.to > reached) {
      reached = band.to;
      last = band;
    }
  }
  if (reached < weekMinutes) gaps.push(spanText(reached, weekMinutes));
  if (gaps.length > 0 && otherwise === null)
    checker.add('BANDS_GAP', `${path}.bands`, gaps.join(', '), 'bands for these times, or a model in `otherwise`');
}

function timesOf(checker: Checker, at: string, { days, from, to }: Fields): Taken[] {
  const isDays = Array.isArray(days) && days.length > 0 && new Set(days).size === days.length;
  const areDays = isDays && days.every((day) => (weekdays as readonly unknown[]).includes(day));
  if (!areDays) checker.add('BAND_INVALID', `${at}.days`, days, `some of ${weekdays.join(', ')}, each once`);
  try {
    const known = areDays ? (days as typeof weekdays) : [];
    return minutesOf({ days: known, from: String(from), to: String(to) }).map((span) => ({
      from: span[0],
      to: span[1],
      at,
    }));
  } catch {
    const expected = 'from before to, as "HH:MM"; what passes midnight is two bands';
    checker.add('BAND_INVALID', `${at}.to`, `${JSON.stringify(from)} to ${JSON.stringify(to)}`, expected);
    return [];
  }
}

/** "mon 08:00–09:30", "fri 18:00–mon 06:00". */
function spanText(from: number, to: number): string {
  const day = (minute: number) => weekdays[Math.floor(minute / dayMinutes) % 7]!;
  const time = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const start = Math.floor(from / dayMinutes);
  const end = to - start * dayMinutes;
  const endText = end <= dayMinutes ? time(end) : `${day(to)} ${time(to % dayMinutes)}`;
  return `${day(from)} ${time(from % dayMinutes)}–${endText}`;
}
