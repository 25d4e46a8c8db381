import type { BatchMetric } from '#core/metering/batch.ts';

/**
 * A source reads one kind of meter of the host: cumulative counters, never rates, and levels. It keeps no state that
 * matters; what a reading means against the one before is decided in `counters/`.
 */
export interface Source {
  readonly name: string;
  /** All readings of this instant. Throws when the source as a whole cannot be read. */
  read(): Reading[];
  /** Parts that could not be read although the rest could; undefined when all is well. */
  fault?(): string | undefined;
}

export interface Reading {
  readonly series: Series;
  /** The cumulative counter, or the level, in 10⁻ˢᶜᵃˡᵉ metric units. */
  readonly value: bigint;
  /** Names the incarnation of what is counted (a cgroup, a process): another one started at zero. */
  readonly identity?: string;
  /** When what is counted came to be, UTC ms, where the source knows. */
  readonly bornMs?: number;
}

/** What a row of samples is about. One object per series lives as long as its source. */
export interface Series {
  /** Unique in its source: resource, metric and dimensions. */
  readonly key: string;
  readonly resource: string;
  readonly metric: BatchMetric;
  readonly dims: Readonly<Record<string, string>> | undefined;
  readonly counter: CounterKind;
}

/** How a counter behaves; undefined behaviour is never guessed in favour of a charge. */
export interface CounterKind {
  /** `birth`: zero when the thing counted came to be. `boot`: zero at boot only. `unknown`: of nobody knows what. */
  readonly zeroAt: 'birth' | 'boot' | 'unknown';
  /** 32 when the counter wraps at 2³². */
  readonly widthBits?: 32;
  /** A fall of at most this is the kernel's jitter, not a reset: the higher value stays the base. */
  readonly dipMax?: bigint;
}

export const zeroAtBirth: CounterKind = { zeroAt: 'birth' };
/** Per-mode CPU times of Linux may fall by a few ticks (iowait, idle). */
export const zeroAtBoot: CounterKind = { zeroAt: 'boot', dipMax: 1_000_000n };

/** Makes each series once and hands out the same object ever after. */
export class SeriesTable {
  readonly #byKey = new Map<string, Series>();

  get(
    resource: string,
    metric: BatchMetric,
    dims?: Readonly<Record<string, string>>,
    counter: CounterKind = zeroAtBirth,
  ): Series {
    const key =
      dims === undefined ? `${resource} ${metric.name}` : `${resource} ${metric.name} ${JSON.stringify(dims)}`;
    let series = this.#byKey.get(key);
    if (series === undefined) {
      series = { key, resource, metric, dims, counter };
      this.#byKey.set(key, series);
    }
    return series;
  }

  /** Forgets everything once it holds more than `max`, so that passing containers do not pile up. */
  trim(max: number): void {
    if (this.#byKey.size > max) this.#byKey.clear();
  }
}
