/** Load over the day and the week, in permille of a host's capacity; whole numbers, so that every machine agrees. */
const hourMs = 3600_000;

/** Permille at each full hour of a working day, per department. */
const workday = {
  checkout: [90, 60, 50, 45, 50, 70, 130, 220, 340, 430, 480, 520, 560, 540, 500, 490, 510, 560, 640, 700, 680, 540, 330, 170],
  search: [110, 80, 60, 55, 60, 80, 150, 260, 400, 520, 580, 600, 590, 600, 610, 600, 580, 560, 540, 520, 470, 380, 260, 160],
  analytics: [180, 160, 150, 150, 160, 180, 250, 380, 560, 680, 720, 700, 640, 700, 730, 710, 640, 500, 360, 280, 240, 220, 200, 190],
  batch: [820, 860, 880, 870, 840, 760, 420, 240, 180, 160, 150, 150, 150, 150, 160, 160, 170, 180, 200, 240, 320, 460, 640, 760],
  infrastructure: [240, 230, 260, 300, 250, 240, 250, 270, 300, 320, 330, 330, 320, 330, 330, 320, 310, 300, 290, 280, 270, 260, 250, 240],
} as const; // prettier-ignore

export type Department = keyof typeof workday;
export const departments = Object.keys(workday) as Department[];

/** Permille of a working day's load, Thursday first, as the week of 1 January 1970 began. */
const weekday = [1000, 970, 520, 460, 980, 1000, 1010] as const;

/** Load at an instant, between the full hours in a straight line, in the local time of Central Europe's winter. */
export function loadPermille(department: Department, atMs: number): number {
  const localMs = atMs + hourMs;
  const hours = workday[department];
  const hour = Math.floor(localMs / hourMs);
  const sinceMs = localMs - hour * hourMs;
  const [from, to] = [hours[hour % 24]!, hours[(hour + 1) % 24]!];
  const level = from + Math.trunc(((to - from) * sinceMs) / hourMs);
  return Math.trunc((level * weekday[Math.floor(hour / 24) % 7]!) / 1000);
}

/** 32 well-mixed bits of up to three whole numbers. */
export function mix(seed: number, a: number, b: number): number {
  let h = (seed ^ Math.imul(a | 0, 0x9e3779b1) ^ Math.imul(b | 0, 0x85ebca6b)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
