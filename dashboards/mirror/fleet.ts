import type { FleetMember } from '#core/messages/api.ts';
import type { ProducerRecord } from '#core/messages/control.ts';
import type { ProducerState } from '#core/messages/rated.ts';
import { mirrorLimits } from '../limits.ts';

export type Health = FleetMember['health'];

/**
 * `live` until three of its intervals (at least 15 s) passed without a sign of life, then `late`, and `silent` after
 * four times that (at least a minute). Measured against the wall clock: a rater that stands still sees nobody.
 */
export function healthOf(lastSeenMs: number, intervalMs: number, nowMs: number): Health {
  if (lastSeenMs === 0) return 'never';
  const lateAfterMs = Math.max(3 * intervalMs, mirrorLimits.lateAfterMs);
  const quietMs = nowMs - lastSeenMs;
  if (quietMs < lateAfterMs) return 'live';
  return quietMs < Math.max(4 * lateAfterMs, mirrorLimits.silentAfterMs) ? 'late' : 'silent';
}

/** Master data and committed state of one producer, joined; one that has never sent is a member, too. */
export function fleetMember(
  record: ProducerRecord | undefined,
  state: ProducerState,
  intervalMs: number,
  nowMs: number,
): FleetMember {
  return {
    ...state,
    // The rater's duplicate window is of no use to a page, and three kilobytes a producer.
    hashes: [],
    type: record?.type ?? 'agent',
    simulated: record?.simulated ?? false,
    enabled: record?.enabled ?? false,
    keyIds: record?.keys.map((key) => key.id) ?? [],
    health: healthOf(state.lastSeenMs, intervalMs, nowMs),
  };
}

const none = { received: 0, rated: 0, duplicates: 0, refused: 0 } as const;

export const neverSeen = (tenant: string, producer: string): ProducerState => ({
  tenant,
  producer,
  epoch: null,
  mark: 0,
  hashes: [],
  samples: none,
  batches: none,
  lastSeenMs: 0,
  lastSampleMs: 0,
  notes: {},
  spool: { batches: 0, bytes: 0 },
});
