/** Reads the live store from components, each only the part that it shows. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { freshnessOf, type Freshness } from './freshness.ts';
import { readLive, subscribeLive, type LiveSnapshot } from './store.ts';
import type { LiveView } from './state.ts';

/** `select` must return the same reference while its part is unchanged: a field of the view, an entry of a map. */
export function useLive<Part>(select: (view: LiveView) => Part): Part | undefined {
  return useSyncExternalStore(subscribeLive, () => {
    const { view } = readLive();
    return view === null ? undefined : select(view);
  });
}

export const useLiveSnapshot = (): LiveSnapshot => useSyncExternalStore(subscribeLive, readLive);

/** The page's clock, advancing every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How fresh the figures are; re-read each half second, so that silence shows without a message. */
export function useFreshness(): Freshness {
  const now = useNow(500);
  const { view, condition, lastMessageMs } = useLiveSnapshot();
  return freshnessOf(view, condition, lastMessageMs, Math.max(now, lastMessageMs));
}

/** Log time carried on by the page's clock since the last message: ages come out right on a machine whose clock is off. */
export function useLedgerNow(everyMs = 1000): number {
  const now = useNow(everyMs);
  const { view, lastMessageMs } = useLiveSnapshot();
  return view === null ? now : view.logTimeMs + Math.max(0, now - lastMessageMs);
}
