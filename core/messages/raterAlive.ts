/**
 * What each rater's process says on `rater.alive` twice a second, and at once when it changes. Nobody keeps it: who has not
 * been heard of for a while is gone. It spreads the partitions and tells people; what may be written the fence decides.
 */
export interface RaterAlive {
  /** One life of a process. */
  readonly rater: string;
  /** Since its start, by its monotonic clock. */
  readonly ageMs: number;
  /** It has just started: whoever hears it answers at once. */
  readonly isAsking: boolean;
  /** It gives back what it owns, and takes nothing more. */
  readonly isLeaving: boolean;
  /** Base URL of its own port, for health, metrics and status. */
  readonly url: string;
  /** Partitions whose lease it holds, and partitions that it follows as a standby, each with the last commit there. */
  readonly owns: readonly PartitionAt[];
  readonly follows: readonly PartitionAt[];
}

export interface PartitionAt {
  readonly partition: number;
  /** 0 before its state is loaded. */
  readonly outSeq: number;
}

/** What cannot be read is nobody's word. */
export function parseRaterAlive(text: string): RaterAlive | undefined {
  try {
    const value = JSON.parse(text) as RaterAlive;
    return typeof value.rater === 'string' && Array.isArray(value.owns) && Array.isArray(value.follows)
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
