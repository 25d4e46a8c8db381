/** Reference series of a file, with the points that it knows. */
import { idPattern } from '#core/messages/names.ts';
import { seriesIntervals } from '#core/messages/series.ts';
import { seriesLimits } from '#core/pricing/limits.ts';
import { pointValue, pointValueExpected } from '../catalogue/series.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { Organisation, WantedSeries } from './organisation.ts';
import { isComplete, readTimeZone, unique } from './parts.ts';
import { readInstant } from './readInstant.ts';
import { matching, nameShape } from './shapes.ts';
import type { Node } from './yaml.ts';

const seriesMax = 1000;
const pointsMax = 50_000;
const idShape = matching(idPattern, 'lower-case letters, digits and hyphens, 1 to 36 characters');
const shortShape = matching(
  new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${seriesLimits.textMax}}$`, 'u'),
  `1 to ${seriesLimits.textMax} characters on one line`,
);
const valueShape = { fits: (text: string) => pointValue(text) !== undefined, expected: pointValueExpected };

export function readSeries(file: Fields, timeZone: string, faults: Faults): Organisation['series'] {
  const read = file.list('series', seriesMax).flatMap((node) => {
    const known = ['id', 'name', 'unit', 'interval', 'timeZone', 'maxAgeMs', 'source', 'points'];
    const fields = Fields.of(node, known, faults);
    if (fields === undefined) return [];
    const id = fields.text('id', idShape);
    const series = {
      id,
      name: fields.optional('name', nameShape, id ?? ''),
      unit: fields.text('unit', shortShape),
      interval: fields.oneOf('interval', seriesIntervals),
      timeZone: fields.has('timeZone') ? readTimeZone(fields, faults) : timeZone,
    };
    const maxAgeMs = fields.has('maxAgeMs') ? fields.integer('maxAgeMs', { min: 0, max: 9_999_999_999 }) : undefined;
    const source = fields.optional('source', shortShape, '') ?? '';
    const zone = series.timeZone ?? timeZone;
    const points = fields.list('points', pointsMax).flatMap((each) => readPoint(each, zone, source, faults));
    if (isComplete(series))
      return [{ ...series, ...(maxAgeMs === undefined ? {} : { maxAgeMs }), points, at: fields.atOf('id') }];
    if (id !== undefined) faults.unreadable.add(id);
    return [];
  });
  return unique(read, ({ id }) => id, faults);
}

/** A date is the beginning of its day in the series' zone. */
function readPoint(node: Node, timeZone: string, otherwise: string, faults: Faults): WantedSeries['points'] {
  const fields = Fields.of(node, ['from', 'value', 'revision', 'source'], faults);
  if (fields === undefined) return [];
  const fromMs = readInstant(fields, 'from', timeZone, faults);
  const value = fields.text('value', valueShape);
  const source = fields.optional('source', shortShape, otherwise);
  const isNumbered = fields.has('revision');
  const revision = isNumbered ? fields.integer('revision', { min: 1, max: seriesLimits.revisionMax }) : undefined;
  if (fromMs === undefined || value === undefined || source === undefined || (isNumbered && revision === undefined))
    return [];
  return [{ fromMs, value: pointValue(value)!, revision, source, at: fields.atOf('from') }];
}
