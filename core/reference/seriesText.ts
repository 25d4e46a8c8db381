/** A metric with its dimensions, as a commit writes it: kind, name, and the dimensions by name. */
export function seriesText(kind: 'delta' | 'level', name: string, dims: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(dims).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${kind}:${name}${sorted.length === 0 ? '' : JSON.stringify(sorted)}`;
}
