/** Which versions of a key are shown: the one in force, those to come, and how many were before. */
export interface Version {
  readonly key: string;
  readonly version: number;
}

export interface Versions<One> {
  /** In force, or the first to come where none is yet. */
  readonly shown: One;
  readonly isInForce: boolean;
  readonly upcoming: readonly One[];
  readonly earlier: readonly One[];
}

/** By key, in the order of the first version of each. `fromMs` says when a version takes effect. */
export function versionsOf<One extends Version>(
  records: readonly One[],
  fromMs: (record: One) => number,
  nowMs: number,
): Versions<One>[] {
  return [...Map.groupBy(records, ({ key }) => key).values()].map((list) => {
    const sorted = list.toSorted((a, b) => a.version - b.version);
    const inForce = sorted.findLast((record) => fromMs(record) <= nowMs);
    const shown = inForce ?? sorted[0]!;
    return {
      shown,
      isInForce: inForce !== undefined,
      upcoming: sorted.filter(({ version }) => version > shown.version),
      earlier: sorted.filter(({ version }) => version < shown.version),
    };
  });
}
