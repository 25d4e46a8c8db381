/** Where usage is held up on its way, from the agents' disks to ClickHouse (architecture §3.10). GET /pressure, and in GET /status. */
export interface Pressure {
  readonly asOfMs: number;
  /** The worst of the stages. */
  readonly state: StageState;
  /** In the order of the path. */
  readonly stages: readonly Stage[];
}

/** `warn`: it fills or falls behind, nothing waits for it yet. `full`: what comes before it waits. */
export type StageState = 'ok' | 'warn' | 'full';
export const stageIds = ['spool', 'usage', 'rating', 'rated', 'load', 'control', 'alerts', 'disk'] as const;
export type StageId = (typeof stageIds)[number];

export interface Stage {
  readonly id: StageId;
  readonly name: string;
  readonly state: StageState;
  /** Of the fullest part, and what it may come to; of `disk` what is free, and what must be. */
  readonly value: number;
  readonly limit: number;
  readonly unit: 'bytes' | 'ms';
  /** Which stream, partition or producer is meant; "" for the whole. */
  readonly where: string;
  /** How it is, in words. */
  readonly detail: string;
  /** What becomes of usage meanwhile, and what to do; "" while all is well. */
  readonly effect: string;
  readonly solve: string;
  /** Since when it is not well; null while it is. */
  readonly sinceMs: number | null;
}
