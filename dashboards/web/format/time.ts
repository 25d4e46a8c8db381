/** Instants (UTC milliseconds) in the tenant's time zone. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${timeZone} ${name}`;
  let format = formatters.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', ...options });
    formatters.set(key, format);
  }
  return format;
}

const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;

/** "22:31:04.218" */
export const formatClockMs = (ms: number, timeZone: string): string =>
  formatter(timeZone, 'clockMs', { ...clock, fractionalSecondDigits: 3 }).format(ms);

/** "22:31:04" */
export const formatClock = (ms: number, timeZone: string): string => formatter(timeZone, 'clock', clock).format(ms);

/** "22:31" */
export const formatMinute = (ms: number, timeZone: string): string =>
  formatter(timeZone, 'minute', { hour: '2-digit', minute: '2-digit' }).format(ms);

/** "23 Nov 2026" */
export const formatDate = (ms: number, timeZone: string): string =>
  formatter(timeZone, 'date', { day: 'numeric', month: 'short', year: 'numeric' }).format(ms);

/** "23 Nov 2026, 22:31:04.218" */
export const formatInstant = (ms: number, timeZone: string): string =>
  `${formatDate(ms, timeZone)}, ${formatClockMs(ms, timeZone)}`;

/** "23 Nov, 22:31:04.218": where the page names the year. */
export const formatDayClock = (ms: number, timeZone: string): string =>
  `${formatter(timeZone, 'day', { day: 'numeric', month: 'short' }).format(ms)}, ${formatClockMs(ms, timeZone)}`;

/** "22:31:04.218" for an instant of the same day as `nowMs`, with its date otherwise. */
export function formatRecent(ms: number, nowMs: number, timeZone: string): string {
  const sameDay = formatDate(ms, timeZone) === formatDate(nowMs, timeZone);
  return sameDay ? formatClockMs(ms, timeZone) : formatInstant(ms, timeZone);
}

/** A text of the API with its instants in the tenant's time: "2026-11-23T22:00:00Z" reads "23 Nov 2026, 23:00". */
export const withLocalInstants = (text: string, timeZone: string): string =>
  text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/g, (found) => {
    const ms = Date.parse(found);
    return ms % 60_000 === 0
      ? `${formatDate(ms, timeZone)}, ${formatMinute(ms, timeZone)}`
      : formatInstant(ms, timeZone);
  });

/** "now", "4 s ago", "12 min ago", "3 h ago", "5 days ago". */
export function formatAge(ageMs: number): string {
  if (ageMs < 2_000) return 'now';
  if (ageMs < 60_000) return `${Math.floor(ageMs / 1000)} s ago`;
  if (ageMs < 3_600_000) return `${Math.floor(ageMs / 60_000)} min ago`;
  if (ageMs < 48 * 3_600_000) return `${Math.floor(ageMs / 3_600_000)} h ago`;
  return `${Math.floor(ageMs / 86_400_000)} days ago`;
}

/** "11 ms", "2.4 s", "3 min". */
export function formatSpan(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(Math.round(ms / 100) / 10).toLocaleString('en')} s`;
  return `${Math.round(ms / 60_000)} min`;
}
