/** How far the figures on the page can be trusted to be of now. */
import type { Condition } from './connection.ts';
import type { LiveView } from './state.ts';

export const freshnessLimits = {
  /** Without a commit for this long, the page says so although the socket is open. */
  quietAfterMs: 5_000,
  /** Without one for this long, figures count as stale. */
  staleAfterMs: 20_000,
} as const;

export type Freshness = 'connecting' | 'live' | 'quiet' | 'stale';

/** `lastMessageMs` and `nowMs` are of the same clock, the page's own. */
export function freshnessOf(
  view: LiveView | null,
  condition: Condition,
  lastMessageMs: number,
  nowMs: number,
): Freshness {
  if (view === null) return 'connecting';
  const silentMs = nowMs - lastMessageMs;
  const open = condition.name === 'open';
  if (silentMs < freshnessLimits.quietAfterMs) return open ? 'live' : 'quiet';
  return open && silentMs < freshnessLimits.staleAfterMs ? 'quiet' : 'stale';
}
