/** What a meter says besides its aggregation: what is told apart, time slots, directions, limits. */
import type { Aggregation, Directions, MeterRecord } from '#core/messages/control.ts';
import { exactLimits } from '#core/rating/distinct.ts';
import { samplesMax } from '#core/rating/ranked.ts';
import { slotLimits } from '#core/rating/slots.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import { matching, valueShape } from './shapes.ts';

const distinctShape = matching(/^[^\p{Cc}\p{Cs}]{0,200}$/u, 'a dimension, or nothing for resources');

/** Below that an estimate would be off by more than a tenth. */
const exactMin = 102;
const valuesMax = 100;

type Terms = Pick<MeterRecord, 'distinct' | 'exact' | 'slots' | 'samples' | 'recurs'>;

const termsOf: Partial<Record<Aggregation, readonly (keyof Terms)[]>> = {
  unique: ['distinct', 'exact'],
  percentile: ['slots'],
  samplePercentile: ['samples'],
  recurring: ['recurs'],
};

/** What belongs to the aggregation alone. Undefined, and told, when it does not fit. */
export function readTerms(fields: Fields, aggregation: Aggregation, faults: Faults): Terms | undefined {
  for (const [owner, keys] of Object.entries(termsOf)) {
    if (owner === aggregation) continue;
    for (const key of keys.filter((name) => fields.has(name)))
      faults.add('KEY_UNKNOWN', fields.atOf(key), key, `aggregation: ${owner} with ${key === 'distinct' || key === 'exact' ? 'it' : 'them'}`); // prettier-ignore
  }
  switch (aggregation) {
    case 'unique':
      return readUnique(fields, faults);
    case 'percentile':
      return readSlots(fields, faults);
    case 'samplePercentile':
      return readSamples(fields, faults);
    case 'recurring':
      return readRecurs(fields, faults);
    default:
      return {};
  }
}

/** `distinct: mode`, nothing for resources; `exact: { upTo: 10000, beyond: approximate }`. */
function readUnique(fields: Fields, faults: Faults): Terms | undefined {
  const distinct = fields.optional('distinct', distinctShape, '') ?? '';
  if (!fields.has('exact')) return { distinct };
  const exact = Fields.of(fields.nodeOf('exact'), ['upTo', 'beyond'], faults);
  const upTo = exact?.integer('upTo', { min: exactMin, max: exactLimits.upToMax, otherwise: exactLimits.upToMax });
  const beyond = exact?.oneOf('beyond', ['refuse', 'approximate']);
  return upTo === undefined || beyond === undefined ? undefined : { distinct, exact: { upTo, beyond } };
}

/** `slots: { lengthMs: 300000, discardPercent: 5 }`, with `directions: { dimension, in, out, take, of }` where usage has two. */
function readSlots(fields: Fields, faults: Faults): Terms | undefined {
  if (!fields.has('slots')) fields.missing('slots', 'a map with lengthMs and discardPercent');
  const slots = Fields.of(fields.nodeOf('slots'), ['lengthMs', 'discardPercent', 'directions'], faults);
  const lengthMs = slots?.integer('lengthMs', { min: slotLimits.lengthMsMin, max: slotLimits.lengthMsMax });
  const discardPercent = slots && readShare(slots, faults);
  const hasDirections = slots?.has('directions') === true;
  const directions = hasDirections ? readDirections(slots, faults) : undefined;
  if (lengthMs === undefined || discardPercent === undefined || (hasDirections && directions === undefined))
    return undefined;
  return { slots: { lengthMs, discardPercent, ...(directions && { directions }) } };
}

function readDirections(slots: Fields, faults: Faults): Directions | undefined {
  const known = ['dimension', 'in', 'out', 'take', 'of'];
  const fields = Fields.of(slots.nodeOf('directions'), known, faults);
  if (fields === undefined) return undefined;
  const dimension = fields.text('dimension', valueShape);
  const [inward, outward] = (['in', 'out'] as const).map((way) => {
    if (!fields.has(way)) fields.missing(way, 'the values of the dimension that go this way');
    return fields.texts(way, valueShape, valuesMax);
  });
  for (const way of ['in', 'out'] as const)
    if (fields.has(way) && fields.list(way, valuesMax).length === 0)
      faults.add('VALUE_INVALID', fields.atOf(way), '[]', 'at least one value');
  const both = outward!.filter(({ text }) => inward!.some((other) => other.text === text));
  for (const { text, at } of both) faults.add('VALUE_INVALID', at, text, 'a value that is not in already');
  const take = fields.oneOf('take', ['max', 'sum']);
  const of = fields.oneOf('of', ['percentiles', 'slots']);
  const texts = (list: typeof inward) => [...new Set(list!.map(({ text }) => text))].toSorted();
  if (dimension === undefined || take === undefined || of === undefined) return undefined;
  const directions = { dimension, in: texts(inward), out: texts(outward), take, of };
  return both.length > 0 || directions.in.length * directions.out.length === 0 ? undefined : directions;
}

/** `samples: { discardPercent: 5, countMax: 10000 }`. */
function readSamples(fields: Fields, faults: Faults): Terms | undefined {
  if (!fields.has('samples')) fields.missing('samples', 'a map with discardPercent and countMax');
  const samples = Fields.of(fields.nodeOf('samples'), ['discardPercent', 'countMax'], faults);
  const discardPercent = samples && readShare(samples, faults);
  const countMax = samples?.integer('countMax', { min: 1, max: samplesMax, otherwise: samplesMax });
  return discardPercent === undefined || countMax === undefined ? undefined : { samples: { discardPercent, countMax } };
}

/** `recurs: { by: day }`. */
function readRecurs(fields: Fields, faults: Faults): Terms | undefined {
  if (!fields.has('recurs')) fields.missing('recurs', 'a map with by: second or day');
  const by = Fields.of(fields.nodeOf('recurs'), ['by'], faults)?.oneOf('by', ['second', 'day']);
  return by && { recurs: { by } };
}

function readShare(fields: Fields, faults: Faults): string | undefined {
  const discardPercent = fields.decimal('discardPercent', { scale: 12 });
  if (discardPercent === undefined || /^\d{1,2}(\.|$)/.test(discardPercent)) return discardPercent;
  faults.add('VALUE_INVALID', fields.atOf('discardPercent'), discardPercent, 'less than 100');
  return undefined;
}
