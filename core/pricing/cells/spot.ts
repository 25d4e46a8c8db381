/** Cells by interval of a reference series, each at the point in force there. */
import type { SpotModel } from '../../messages/price.ts';
import type { Rational } from '../../money/fixed.ts';
import { add, larger, multiply, one, smaller, zero } from '../../money/rational.ts';
import { bracketLeaf } from '../brackets.ts';
import type { Cell } from '../compiled.ts';
import { decimalText, rational, signed } from '../exact.ts';
import type { LeafDraft } from '../leaf.ts';
import type { Charging } from '../pipeline.ts';
import { intervalAt, keyOf, startOf } from '../series/intervals.ts';
import { pointAt, type InForce, type PriceSeries } from '../series/points.ts';
import type { PartedCells } from './cells.ts';

const knownMax = 10_000;

/**
 * Charge of an interval = Q × clamp(point × multiplier + adder): power by the hour of the exchange, a daily fuel price, a monthly
 * index. A missing point prices at the last one known, which its step says; without any the interval costs nothing yet. The
 * points are those of the series as it is handed over: a new one makes the price anew, and the owner of the tallies charges
 * the difference.
 */
export function spot(model: SpotModel, series: PriceSeries, charging: (draft: LeafDraft) => Charging): PartedCells {
  const terms = termsOf(model);
  const known = new Map<number, Cell>();
  const cellOf = (startMs: number): Cell => {
    let cell = known.get(startMs);
    if (cell === undefined) {
      if (known.size >= knownMax) known.clear();
      const leaf = leafOf(series, pointAt(series, startMs), terms);
      known.set(startMs, (cell = { ...charging(leaf), key: keyOf(startMs) }));
    }
    return cell;
  };
  return {
    of: [charging(leafOf(series, undefined, terms))],
    cellAt({ atMs, boundary }) {
      const { startMs, endMs } = intervalAt(series.record, atMs);
      boundary(startMs);
      boundary(endMs);
      return cellOf(startMs);
    },
    cell(key) {
      const startMs = startOf(key);
      return startMs === undefined || intervalAt(series.record, startMs).startMs !== startMs
        ? undefined
        : cellOf(startMs);
    },
  };
}

interface Terms {
  readonly unitPrice: (point: Rational) => Rational;
  /** " × 1.05 + 0.01, at least 0", for people. */
  readonly text: string;
}

function termsOf({ multiplier, adder, minimum, maximum }: SpotModel): Terms {
  const factor = multiplier === undefined ? one : rational(multiplier);
  const more = adder === undefined ? zero : signed(adder);
  const text = [
    multiplier === undefined ? '' : ` × ${multiplier}`,
    adder === undefined ? '' : ` + ${adder}`,
    minimum === undefined ? '' : `, at least ${minimum}`,
    maximum === undefined ? '' : `, at most ${maximum}`,
  ].join('');
  return {
    text,
    unitPrice(point) {
      const listed = add(multiply(point, factor), more);
      const raised = minimum === undefined ? listed : larger(listed, signed(minimum));
      return maximum === undefined ? raised : smaller(raised, signed(maximum));
    },
  };
}

function leafOf({ record }: PriceSeries, inForce: InForce | undefined, terms: Terms): LeafDraft {
  const priced = (unitPrice: Rational, label: string) =>
    bracketLeaf([{ from: zero, upTo: null, unitPrice, flat: zero, label, span: '' }], 'whole');
  if (inForce === undefined) return priced(zero, `no point of ${record.id} is known yet`);
  const { point, isProvisional } = inForce;
  const unitPrice = terms.unitPrice(signed(point.value));
  const standing = isProvisional ? `provisional, last known of ${keyOf(point.fromMs)}: ` : '';
  const says = `revision ${point.revision}, ${point.source}`;
  return priced(unitPrice, `${record.id}: ${standing}${decimalText(signed(point.value))}${terms.text} (${says})`);
}
