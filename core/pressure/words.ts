/** Figures as words, for people who look while something is held up. */
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** "40 s", "12 min", "3.5 h", "2 days". */
export function spanText(ms: number): string {
  if (ms < 90_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 90 * 60_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 48 * 3_600_000) return `${(ms / 3_600_000).toFixed(1)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}

export function shareText(value: number, limit: number): string {
  const percent = Math.floor((value * 100) / limit);
  return `${percent === 0 ? bytesText(value) : `${percent} %`} of ${bytesText(limit)}`;
}
