/** Up to when counters of agents are billed, as a commit says it. */

/**
 * End (UTC ms) of the counter of that series id, or of `count` counters whose ids follow on one another: those of a batch come to be
 * together and end together.
 */
export type EndEntry = readonly [id: number, endMs: number, count?: number];

export function endEntries(ended: readonly { readonly id: number; readonly endMs: number }[]): EndEntry[] {
  const entries: EndEntry[] = [];
  let last: [id: number, endMs: number, count?: number] | undefined;
  for (const { id, endMs } of ended) {
    if (last !== undefined && last[1] === endMs && last[0] + (last[2] ?? 1) === id) last[2] = (last[2] ?? 1) + 1;
    else entries.push((last = [id, endMs]));
  }
  return entries;
}

/** Each counter's own. */
export const eachEnd = (entries: readonly EndEntry[]): { readonly id: number; readonly endMs: number }[] =>
  entries.flatMap(([first, endMs, count = 1]) => Array.from({ length: count }, (_, i) => ({ id: first + i, endMs })));
