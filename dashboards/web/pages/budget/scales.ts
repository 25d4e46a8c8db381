/** Where figures of the burn chart lie on it, in pixels. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Scales {
  x(ms: number): number;
  y(value: number): number;
}

export const scalesOf = (area: Area, startMs: number, endMs: number, top: number): Scales => ({
  x: (ms) =>
    area.left + ((Math.min(endMs, Math.max(startMs, ms)) - startMs) / (endMs - startMs)) * (area.right - area.left),
  y: (value) => area.bottom - (Math.min(top, Math.max(0, value)) / top) * (area.bottom - area.top),
});

const dayMs = 86_400_000;
const steps = [
  3_600_000,
  3 * 3_600_000,
  6 * 3_600_000,
  dayMs,
  2 * dayMs,
  7 * dayMs,
  14 * dayMs,
  30 * dayMs,
  90 * dayMs,
];

/** Instants for the axis, at most so many, from the start on. */
export function ticksOf(startMs: number, endMs: number, countMax: number): number[] {
  const step = steps.find((each) => (endMs - startMs) / each <= Math.max(2, countMax)) ?? steps.at(-1)!;
  const ticks: number[] = [];
  for (let at = startMs; at < endMs && ticks.length <= countMax; at += step) ticks.push(at);
  return ticks;
}

/** Labels moved apart so that none covers another, downwards first, and kept inside. */
export function spread<Label extends { readonly y: number }>(
  labels: readonly Label[],
  gap: number,
  bottom: number,
): (Label & { readonly at: number })[] {
  const placed = labels.toSorted((a, b) => a.y - b.y).map((label) => ({ ...label, at: label.y }));
  for (let i = 1; i < placed.length; i++) placed[i]!.at = Math.max(placed[i]!.at, placed[i - 1]!.at + gap);
  for (let i = placed.length - 1; i >= 0; i--)
    placed[i]!.at = Math.min(placed[i]!.at, i === placed.length - 1 ? bottom : placed[i + 1]!.at - gap);
  return placed;
}
