/**
 * The narrow path: what a charge grows by, in machine numbers. A tally's total may be as large as it likes; only the
 * remainder of its division is carried along, so that an increment is one product and one division below 2⁵³.
 *
 * With N = (x − origin) × factor = c × divisor + r, the rounded charge is c, or c + 1 where r is beyond a half (or at it
 * and c odd). Adding dx moves r by dx × factor; the quotient of that is what c grows by. Exact, proved against `charge`
 * by `narrow.test.ts`.
 */
import type { Cell, Measures } from '../pricing/compiled.ts';

const safeMax = Number.MAX_SAFE_INTEGER;
const safe = BigInt(safeMax);

/** Where a tally stands in the piece of the charge that it has reached. */
export interface Cursor {
  /** Per tally unit; the stretch is in it. */
  readonly factor: number;
  readonly divisor: number;
  /** Largest quantity of one sample that stays below 2⁵³ in the product. */
  readonly quantityMax: number;
  /** Tally units left in the piece. */
  room: number;
  remainder: number;
  /** Whether c is odd, and whether the charge is c + 1. */
  isOdd: boolean;
  roundsUp: number;
  /** What was added since the tally's own figures were last true. */
  quantity: number;
  charge: number;
}

/** The cursor of a tally at these measures, or undefined where numbers would not do. `room` bounds what may be added. */
export function seat(cell: Cell | undefined, { quantity }: Measures, room: bigint): Cursor | undefined {
  if (cell === undefined) return cursor(0n, 1n, room, 0n);
  if (cell.linear === undefined || cell.countsEvents) return undefined;
  const { stretch, pieces } = cell.linear;
  const x = quantity * stretch;
  const piece = pieces.find(({ upTo }) => upTo === null || x <= upTo);
  if (piece === undefined) return undefined;
  // Below the first piece nothing is charged; at a bound the next unit belongs to the next piece, so there is no room.
  if (x <= piece.from)
    return piece === pieces[0] ? cursor(0n, 1n, least(room, (piece.from - x) / stretch), 0n) : undefined;
  const left = piece.upTo === null ? room : least(room, (piece.upTo - x) / stretch);
  return cursor(piece.factor * stretch, piece.divisor, left, (x - piece.origin) * piece.factor);
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function cursor(factor: bigint, divisor: bigint, room: bigint, product: bigint): Cursor | undefined {
  const free = safe - divisor;
  if (factor < 0n || factor > free || 2n * divisor > safe || room < 0n || product < 0n) return undefined;
  const remainder = Number(product % divisor);
  const isOdd = ((product / divisor) & 1n) === 1n;
  return {
    factor: Number(factor),
    divisor: Number(divisor),
    quantityMax: factor === 0n ? safeMax : Number(free / factor),
    room: Number(least(room, safe)),
    remainder,
    isOdd,
    roundsUp: roundsUp(remainder, Number(divisor), isOdd),
    quantity: 0,
    charge: 0,
  };
}

const roundsUp = (remainder: number, divisor: number, isOdd: boolean): number =>
  2 * remainder > divisor || (2 * remainder === divisor && isOdd) ? 1 : 0;

/** Adds a quantity and returns what the charge grows by; −1, and nothing is changed, where this path cannot say. */
export function advance(at: Cursor, quantity: number): number {
  if (!fits(at, quantity)) return -1;
  let charged = 0;
  if (at.factor !== 0) {
    // As `growth`, and the remainder is kept: once a sample, this is not computed twice.
    const { divisor } = at;
    const product = at.remainder + quantity * at.factor;
    const quotient = wholeOf(product, divisor);
    const remainder = product - quotient * divisor;
    const isOdd = at.isOdd !== (quotient % 2 === 1);
    const up = roundsUp(remainder, divisor, isOdd);
    charged = quotient + up - at.roundsUp;
    if (at.charge + charged > safeMax) return -1;
    at.remainder = remainder;
    at.isOdd = isOdd;
    at.roundsUp = up;
    at.charge += charged;
  }
  at.room -= quantity;
  at.quantity += quantity;
  return charged;
}

/** What the charge would grow by; −1 where this path cannot say. */
export function growth(at: Cursor, quantity: number): number {
  if (!fits(at, quantity)) return -1;
  if (at.factor === 0) return 0;
  const { divisor } = at;
  const product = at.remainder + quantity * at.factor;
  const quotient = wholeOf(product, divisor);
  const isOdd = at.isOdd !== (quotient % 2 === 1);
  const charged = quotient + roundsUp(product - quotient * divisor, divisor, isOdd) - at.roundsUp;
  return at.charge + charged > safeMax ? -1 : charged;
}

/** Whether the piece has room, and every product and sum stays below 2⁵³. */
const fits = (at: Cursor, quantity: number): boolean =>
  quantity <= at.room && quantity <= at.quantityMax && at.quantity + quantity <= safeMax;

/** ⌊a / b⌋ of safe integers: the quotient of doubles may be one off, its product with b tells. */
function wholeOf(a: number, b: number): number {
  const quotient = Math.floor(a / b);
  const rest = a - quotient * b;
  return rest < 0 ? quotient - 1 : rest >= b ? quotient + 1 : quotient;
}
