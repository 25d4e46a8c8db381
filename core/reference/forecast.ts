/** SPEC §17 again, hour by hour: every figure is a whole number of 1/unit, which all means of the method divide. */
const hourMs = 3_600_000;
const hoursMax = 672;
const likes: Readonly<Record<string, readonly [length: number, countMax: number]>> = {
  hourOfWeek: [168, 4],
  hourOfDay: [24, 7],
  pace: [1, 48],
};

export interface PastAndPeriod {
  readonly hours: readonly bigint[];
  readonly spent: bigint;
  readonly startMs: number;
  readonly nowMs: number;
  readonly endMs: number;
}

/** A fraction; the denominator is positive. */
type Fraction = readonly [above: bigint, below: bigint];

export function forecastByHours(past: PastAndPeriod): {
  readonly expected: bigint;
  readonly low: bigint;
  readonly high: bigint;
  readonly method: string;
} {
  const { spent, startMs, nowMs, endMs } = past;
  const known = past.hours.slice(Math.max(0, past.hours.length - hoursMax));
  while (known.length > 0 && known[0] === 0n) known.shift();
  const isStill = known.length === 0 && (spent === 0n || nowMs <= startMs);
  if (nowMs >= endMs || isStill) return { expected: spent, low: spent, high: spent, method: 'none' };
  const method = known.length >= 336 ? 'hourOfWeek' : known.length >= 48 ? 'hourOfDay' : 'pace';
  const toCome: Fraction =
    known.length === 0
      ? [spent * BigInt(endMs - nowMs), BigInt(nowMs - startMs)]
      : between(known, method, nowMs, endMs);
  const size: Fraction = toCome[0] < 0n ? [-toCome[0], toCome[1]] : toCome;
  const off = usualMiss(known, method, endMs - nowMs) ?? size;
  const expected = spent + halfEven(toCome);
  const lowest = spent + halfEven(plus(toCome, [-off[0], off[1]]));
  const low = expected >= spent && lowest < spent ? spent : lowest;
  return { expected, low, high: spent + halfEven(plus(toCome, off)), method };
}

/** Hour after hour from the end of `known`, each in the share that lies in the stretch. */
function between(known: readonly bigint[], method: string, fromMs: number, toMs: number): Fraction {
  const firstMs = fromMs - (fromMs % hourMs);
  let total: Fraction = [0n, 1n];
  for (let ahead = 0; firstMs + ahead * hourMs < toMs; ahead += 1) {
    const startMs = firstMs + ahead * hourMs;
    const insideMs = Math.min(toMs, startMs + hourMs) - Math.max(fromMs, startMs);
    const [above, below] = hourAhead(known, method, ahead);
    total = plus(total, [above * BigInt(insideMs), below * BigInt(hourMs)]);
  }
  return total;
}

/** The mean of the same hour in past seasons, times what the season to come is to the mean season. */
function hourAhead(known: readonly bigint[], method: string, ahead: number): Fraction {
  const [length, countMax] = likes[method]!;
  const count = Math.min(countMax, Math.floor(known.length / length));
  const place = known.length + (ahead % length);
  let alike = 0n;
  for (let back = 1; back <= count; back += 1) alike += known[place - back * length]!;
  const weeks: bigint[] = [];
  for (let back = count; back >= 1; back -= 1) {
    const from = known.length - back * length;
    weeks.push(known.slice(from, from + length).reduce((sum, hour) => sum + hour, 0n));
  }
  const all = weeks.reduce((sum, week) => sum + week, 0n);
  const step = method === 'hourOfWeek' && all > 0n ? agreedStep(weeks) : 0n;
  if (step === 0n) return [alike, BigInt(count)];
  // Mean season all / count; season to come all / count + step · (count + 1 + 2 · seasons ahead) / 2.
  const seasonsAhead = Math.floor(ahead / length);
  const grown = 2n * all + step * BigInt(count * (count + 1 + 2 * seasonsAhead));
  return grown <= 0n ? [0n, 1n] : [alike * grown, BigInt(count) * 2n * all];
}

function agreedStep(weeks: readonly bigint[]): bigint {
  const steps = weeks.slice(1).map((week, index) => week - weeks[index]!);
  if (steps.length < 2) return 0n;
  if (steps.every((step) => step > 0n)) return steps.reduce((a, b) => (a < b ? a : b));
  if (steps.every((step) => step < 0n)) return steps.reduce((a, b) => (a > b ? a : b));
  return 0n;
}

/** Of errors made before, over a quarter of the hours that can be looked back on, that which nine of ten do not pass. */
function usualMiss(known: readonly bigint[], method: string, remainingMs: number): Fraction | undefined {
  const [length] = likes[method]!;
  const usable = known.length - length;
  if (usable < 8) return undefined;
  const hours = Math.min(Math.max(1, Math.floor(remainingMs / hourMs)), Math.ceil(usable / 4));
  const every = Math.ceil((usable - hours + 1) / 64);
  const found: Fraction[] = [];
  for (let place = known.length - hours; place >= length; place -= every) {
    const guess = between(known.slice(0, place), method, 0, hours * hourMs);
    const actual = known.slice(place, place + hours).reduce((sum, hour) => sum + hour, 0n);
    const [above, below] = plus([actual, 1n], [-guess[0], guess[1]]);
    found.push([above < 0n ? -above : above, below]);
  }
  if (found.length < 8) return undefined;
  found.sort((a, b) => (a[0] * b[1] < b[0] * a[1] ? -1 : a[0] * b[1] > b[0] * a[1] ? 1 : 0));
  const [above, below] = found.findLast((_, index) => (index + 1) * 10 < found.length * 9 + 10)!;
  return [above * BigInt(remainingMs), below * BigInt(hours) * BigInt(hourMs)];
}

/** Over a common denominator, in lowest terms where both have one already. */
function plus(a: Fraction, b: Fraction): Fraction {
  if (a[1] === b[1]) return [a[0] + b[0], a[1]];
  const [above, below] = [a[0] * b[1] + b[0] * a[1], a[1] * b[1]];
  let [x, y] = [above < 0n ? -above : above, below];
  while (y !== 0n) [x, y] = [y, x % y];
  return [above / x, below / x];
}

function halfEven([above, below]: Fraction): bigint {
  const doubled = 2n * above + below;
  const floor = (doubled - (((doubled % (2n * below)) + 2n * below) % (2n * below))) / (2n * below);
  return doubled % (2n * below) === 0n && floor % 2n !== 0n ? floor - 1n : floor;
}
