/** How long inputs waited because the owner changed. */
import { streams } from '#core/messages/names.ts';
import type { OwnerDeps } from './owner.ts';

/**
 * `committed` as the owner is to call it: at its first commit of inputs it tells the time since the last commit of the
 * owner before, or since the oldest input where that came later. `lastSeq`: that last commit, 0 for none.
 */
export function tellingGap(
  { log, events, nowMs, committed }: OwnerDeps,
  partition: number,
  lastSeq: number,
): OwnerDeps['committed'] {
  const last = lastSeq === 0 ? undefined : log.get(streams.rated(partition), lastSeq).catch(() => undefined);
  let isFirst = true;
  return (latencyMs) => {
    committed(latencyMs);
    if (!isFirst) return;
    isFirst = false;
    const atMs = nowMs();
    void last?.then((message) => {
      if (message !== undefined) events.gap(partition, Math.max(0, Math.min(latencyMs, atMs - message.timeMs)));
    });
  };
}
