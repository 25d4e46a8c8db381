/** Limits of streams against the disk: all of them full must fit, whatever they hold now (architecture §3.10). */
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { bytesText } from '#core/pressure/words.ts';
import { platformError } from '../errors.ts';

export interface StreamSize {
  readonly stream: string;
  readonly bytes: number;
  /** -1 for none. */
  readonly bytesMax: number;
}

export const sizeOf = ({ config, state }: Pick<StreamInfo, 'config' | 'state'>): StreamSize => ({
  stream: config.name,
  bytes: state.bytes,
  bytesMax: config.max_bytes,
});

/**
 * What each stream shall be limited to: what is wanted, or more where somebody raised it, as long as all fit into the
 * budget; else what is wanted, and never less than it holds. Throws STORE_TOO_SMALL when not even that fits.
 */
export function limitsWithin(
  found: readonly StreamSize[],
  wanted: ReadonlyMap<string, number>,
  budgetBytes: number,
): ReadonlyMap<string, number> {
  const known = new Map(found.map((size) => [size.stream, size]));
  const limitEach = (limit: (bytes: number, size: StreamSize | undefined) => number) =>
    new Map([...wanted].map(([stream, bytes]) => [stream, limit(bytes, known.get(stream))]));
  const kept = limitEach((bytes, size) => Math.max(bytes, size?.bytesMax ?? 0));
  if (sumOf(kept) <= budgetBytes) return kept;
  const least = limitEach((bytes, size) => Math.max(bytes, size?.bytes ?? 0));
  assertFit(sumOf(least), budgetBytes);
  return least;
}

/** Throws STORE_TOO_SMALL. */
export function assertFit(bytes: number, budgetBytes: number): void {
  if (bytes <= budgetBytes) return;
  const detail = `The logs may come to ${bytesText(bytes)} together, the disk has ${bytesText(budgetBytes)} for them beside the reserve.`;
  throw platformError('STORE_TOO_SMALL', detail, { bytes, budgetBytes });
}

/** Sets the limits that differ, smaller ones first: the broker promises no more than its store. Streams go on meanwhile. */
export async function applyLimits(
  manager: JetStreamManager,
  found: readonly StreamSize[],
  limits: ReadonlyMap<string, number>,
): Promise<void> {
  const changes = found.flatMap(({ stream, bytesMax }) => {
    const limit = limits.get(stream) ?? bytesMax;
    return limit === bytesMax ? [] : [{ stream, limit, by: limit - bytesMax }];
  });
  for (const { stream, limit } of changes.toSorted((a, b) => a.by - b.by))
    await manager.streams.update(stream, { max_bytes: limit });
}

const sumOf = (limits: ReadonlyMap<string, number>): number =>
  [...limits.values()].reduce((sum, bytes) => sum + bytes, 0);
