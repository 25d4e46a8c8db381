/** SPEC §16.1: what a correction must look like. */
import { isListOf, isNatural, isObject, isText, type Fields } from '../body.ts';
import { isOneOf } from '../prices/figures.ts';

const isId = (value: unknown) => isText(value) && /^[a-z0-9-]{1,36}$/.test(value);

export const isBeginning = ({ id, what, reason, author, approvedBy, selection, asOf, pieces }: Fields): boolean =>
  isId(id) &&
  isOneOf(what, 'void', 'revert', 'rerate') &&
  [reason, author, approvedBy, selection].every(isText) &&
  isNatural(asOf) &&
  (pieces === undefined || (isNatural(pieces) && pieces > 0));

export const isEnding = ({ id, pieces }: Fields): boolean => isId(id) && isNatural(pieces);

export const isPiece = ({ id, n, blocks, again }: Fields): boolean =>
  isId(id) && isNatural(n) && n > 0 && isListOf(blocks, isBlock) && (again === undefined || isListOf(again, isAgain));

const isAgain = (value: unknown) =>
  isObject(value) &&
  [value['usageSeq'], value['seq']].every(isPositive) &&
  isNatural(value['partition']) &&
  [value['producer'], value['epoch']].every(isText) &&
  isListOf(value['resources'], isText) &&
  isListOf(value['metrics'], isMetric) &&
  isListOf(value['dims'], (dims) => isObject(dims) && Object.values(dims).every(isText)) &&
  isListOf(value['samples'], isSample);

const isMetric = (value: unknown) =>
  isObject(value) &&
  [value['name'], value['unit']].every(isText) &&
  isNatural(value['scale']) &&
  isOneOf(value['kind'], 'delta', 'level');

const isSample = (value: unknown) =>
  Array.isArray(value) &&
  value.length === 7 &&
  value.slice(0, 6).every((one, at) => isNatural(one) || (at === 3 && one === -1)) &&
  isText(value[6]) &&
  /^\d{1,25}$/.test(value[6]);

const isBlock = (value: unknown) =>
  isObject(value) &&
  isText(value['ref']) &&
  /^\d{1,5}-\d{1,16}-\d{1,16}-\d{1,16}$/.test(value['ref']) &&
  isOneOf(value['kind'], 'usage', 'unpriced', 'void', 'corrected', 'rerated') &&
  isNatural(value['account']) &&
  value['account'] > 0 &&
  [value['price'], value['periodStartMs'], value['seq'], value['usageSeq'], value['firstMs']].every(isNatural) &&
  [value['meter'], value['cell'], value['producer'], value['epoch']].every(isText) &&
  isListOf(value['resources'], (name) => isText(name) && name !== '') &&
  isListOf(value['rows'], isRow) &&
  (value['rows'] as readonly unknown[]).length > 0;

const isRow = (value: unknown) =>
  Array.isArray(value) && value.length === 6 && value.slice(0, 4).every(isNatural) && value.slice(4).every(isText);

export const isShadow = ({ id, n, tallies }: Fields): boolean =>
  isId(id) && isNatural(n) && n > 0 && isListOf(tallies, isTally);

export const isRebuilding = ({ id, n, tally, kept, carried, isLast }: Fields): boolean =>
  isId(id) && isNatural(n) && n > 0 && isTally(tally) && isObject(kept) && areKept(kept) && isBelow(10n ** 39n)(carried) && typeof isLast === 'boolean'; // prettier-ignore

const isTally = (value: unknown) =>
  isObject(value) &&
  [value['price'], value['periodStartMs']].every(isNatural) &&
  isNatural(value['account']) &&
  value['account'] > 0 &&
  [value['meter'], value['cell'], value['resource']].every(isText);

const isBelow = (most: bigint) => (value: unknown) => isText(value) && /^\d{1,40}$/.test(value) && BigInt(value) < most;
const isListOrNone = (value: unknown, isOne: (one: unknown) => boolean) =>
  value === undefined || isListOf(value, isOne);
const isPositive = (value: unknown) => isNatural(value) && value > 0;

const areKept = ({ quantity, newest, values, hashes, slots, samples }: Fields): boolean =>
  isBelow(10n ** 39n)(quantity) &&
  (newest === undefined || isPlace(newest)) &&
  isListOrNone(values, isText) &&
  isListOrNone(hashes, isPositive) &&
  isListOrNone(slots, (slot) => Array.isArray(slot) && slot.length === 2 && isNatural(slot[0]) && isBelow(2n ** 63n)(slot[1])) &&
  isListOrNone(samples, isBelow(2n ** 63n)); // prettier-ignore

const isPlace = (value: unknown) =>
  Array.isArray(value) &&
  value.length === 5 &&
  [value[0], value[3], value[4]].every(isNatural) &&
  [value[1], value[2]].every(isText);
