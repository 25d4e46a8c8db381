import { meterPattern, metricPattern } from '#core/messages/names.ts';
import { aggregations } from '#core/messages/control.ts';
import type { Faults } from './faults.ts';
import { Fields, textOf } from './fields.ts';
import type { Organisation } from './organisation.ts';
import { isComplete, unique } from './parts.ts';
import { readTerms } from './readAggregation.ts';
import { matching, valueShape } from './shapes.ts';

const metricShape = matching(metricPattern, 'lower-case letters, digits, dots and underscores, such as host.cpu.time');
const meterShape = matching(
  meterPattern,
  'lower-case letters, digits, dots, hyphens and underscores, such as cpu-busy',
);
const unitShape = matching(/^[A-Za-z0-9./{}%[\]]{1,20}$/, 'a UCUM unit, such as us, By or 1');

const metersMax = 1000;

export function readMeters(file: Fields, faults: Faults): Organisation['meters'] {
  const read = file.list('meters', metersMax).flatMap((node) => {
    const fields = Fields.of(
      node,
      ['id', 'metric', 'unit', 'scale', 'aggregation', 'distinct', 'exact', 'slots', 'samples', 'recurs', 'filter'],
      faults,
    );
    if (fields === undefined) return [];
    const id = fields.text('id', meterShape);
    const metric = fields.text('metric', metricShape);
    const unit = fields.text('unit', unitShape);
    const scale = fields.integer('scale', { min: 0, max: 12, otherwise: 0 });
    const aggregation = fields.oneOf('aggregation', aggregations);
    const filter = readFilter(fields, faults);
    const terms = aggregation === undefined ? {} : readTerms(fields, aggregation, faults);
    // What counts has no unit of its own: samples in any unit count.
    if (aggregation === 'count' || aggregation === 'unique') {
      if (unit !== undefined && unit !== '1')
        faults.add('VALUE_INVALID', fields.atOf('unit'), unit, `1, for ${aggregation} counts`);
      if (scale !== undefined && scale !== 0)
        faults.add('VALUE_INVALID', fields.atOf('scale'), String(scale), `0, for ${aggregation} counts`);
    }
    const meter = { id, metric, unit, scale, aggregation };
    if (isComplete(meter) && terms !== undefined) return [{ ...meter, ...terms, filter, at: fields.atOf('id') }];
    if (id !== undefined) faults.unreadable.add(id);
    return [];
  });
  return unique(read, (meter) => meter.id, faults);
}

/** `filter: { mode: [user, system] }`; one value needs no list. Dimensions and values in code-unit order. */
function readFilter(fields: Fields, faults: Faults): Record<string, string[]> {
  const node = fields.nodeOf('filter');
  if (node === undefined) return {};
  if (node.kind !== 'map') {
    faults.add('VALUE_INVALID', node.at, textOf(node), 'a map from dimension to the values that count');
    return {};
  }
  const dimensions = [...node.entries.keys()].toSorted();
  return Object.fromEntries(
    dimensions.map((dimension) => {
      const { keyAt, node: value } = node.entries.get(dimension)!;
      if (!valueShape.fits(dimension)) faults.add('VALUE_INVALID', keyAt, dimension, valueShape.expected);
      const items = value.kind === 'list' ? value.items : [value];
      const texts = items.flatMap((item) => {
        if (item.kind === 'text' && valueShape.fits(item.text)) return item.text;
        faults.add('VALUE_INVALID', item.at, textOf(item), valueShape.expected);
        return [];
      });
      if (items.length === 0) faults.add('VALUE_INVALID', value.at, '[]', 'at least one value');
      return [dimension, [...new Set(texts)].toSorted()];
    }),
  );
}
