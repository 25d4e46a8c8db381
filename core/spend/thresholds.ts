/** Which marks a figure passes on its way: alerts of spend (rising) and of credit that is left (falling). */
import type { AmountPico } from '../money/fixed.ts';

export interface Thresholds {
  /** `rising`: crossed when reached from below. `falling`: when reached from above. */
  readonly direction: 'rising' | 'falling';
  readonly marks: readonly AmountPico[];
  /** Beyond the last mark (or 0, without any) another at every multiple; above 0. */
  readonly step?: AmountPico;
}

/** Marks told of one move; the rest are counted. */
export const crossedMax = 1000;

export interface Crossed {
  /** Ascending. */
  readonly marks: readonly AmountPico[];
  /** Marks of the step that are beyond `crossedMax`. */
  readonly more: bigint;
}

/** Rising: the marks in (previous, current]; falling: in [current, previous). A move the other way crosses none. */
export function crossed(thresholds: Thresholds, previous: AmountPico, current: AmountPico): Crossed {
  const { direction, step } = thresholds;
  if (step !== undefined && step <= 0n) throw new RangeError(`a step of ${step} is not above 0`);
  // A falling figure is a rising one seen in a mirror.
  const mirrored = direction === 'rising' ? 1n : -1n;
  const from = previous * mirrored;
  const to = current * mirrored;
  const marks = thresholds.marks.map((mark) => mark * mirrored);
  const passed = marks.filter((mark) => mark > from && mark <= to);
  let more = 0n;
  if (step !== undefined) {
    const last = marks.reduce((a, b) => (a > b ? a : b), marks[0] ?? 0n);
    const first = floorDivide(from - last, step) + 1n;
    const newest = floorDivide(to - last, step);
    for (let count = first > 1n ? first : 1n; count <= newest; count += 1n) {
      if (passed.length >= crossedMax) {
        more = newest - count + 1n;
        break;
      }
      passed.push(last + count * step);
    }
  }
  return { marks: passed.map((mark) => mark * mirrored).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), more };
}

const floorDivide = (a: bigint, b: bigint): bigint => (a % b < 0n ? a / b - 1n : a / b);
