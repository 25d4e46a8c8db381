/** When the next snapshot of a partition is to be drawn. Whoever rates only counts what it has committed. */
import { streams } from '#core/messages/names.ts';
import type { PartitionState } from '#core/rating/state.ts';
import type { Log } from '#platform/log.ts';
import type { RaterEvents } from './events.ts';
import { raterLimits } from './limits.ts';
import type { Drawn } from './snapshotDraw.ts';
import type { Snapshots } from './snapshots.ts';

export interface SnapshotDeps {
  readonly log: Log;
  readonly snapshots: Snapshots;
  readonly events: Pick<RaterEvents, 'snapshot' | 'snapshotFailed'>;
  /** Draws one of what `RATED_<p>` holds by now, apart from the loop that asks; undefined where it was given up for a stop. */
  readonly drawSnapshot: (partition: number) => Promise<Drawn | undefined>;
}

export class SnapshotDue {
  readonly #partition: number;
  readonly #deps: SnapshotDeps;
  #commits = 0;
  #bytes = 0;
  /** Monotonic ms. */
  #notBefore = 0;
  #isDrawing = false;

  /** From the take-over on, of which the state is. */
  constructor({ partition, outSeq }: PartitionState, deps: SnapshotDeps) {
    this.#partition = partition;
    this.#deps = deps;
    // Where the store does not say, only what comes is counted.
    void this.#countReplayed(outSeq).catch(() => undefined);
  }

  /** Commits that an owner only replayed count as well, or restarts would put it off for ever. */
  async #countReplayed(outSeq: number): Promise<void> {
    const { log, snapshots } = this.#deps;
    const { firstSeq, lastSeq, bytes } = await log.info(streams.rated(this.#partition));
    const commits = outSeq - (await snapshots.newestSeq(this.#partition, outSeq));
    this.#commits += commits;
    this.#bytes += (bytes * commits) / Math.max(1, lastSeq - firstSeq + 1);
  }

  /** A commit of so many bytes is stored. */
  committed(bytes: number): void {
    this.#commits += 1;
    this.#bytes += bytes;
    const isLong = this.#commits >= raterLimits.snapshotCommits || this.#bytes >= raterLimits.snapshotLogBytes;
    if (isLong && !this.#isDrawing && performance.now() >= this.#notBefore) void this.#draw();
  }

  /** One that cannot be drawn is tried again when the next is due. */
  async #draw(): Promise<void> {
    const startedAt = performance.now();
    this.#isDrawing = true;
    this.#commits = 0;
    this.#bytes = 0;
    try {
      const drawn = await this.#deps.drawSnapshot(this.#partition);
      if (drawn !== undefined) this.#deps.events.snapshot(this.#partition, drawn, performance.now() - startedAt);
    } catch (error) {
      this.#deps.events.snapshotFailed(this.#partition, error);
    }
    const endedAt = performance.now();
    this.#notBefore = endedAt + (endedAt - startedAt) * raterLimits.snapshotPauseFactor;
    this.#isDrawing = false;
  }
}
