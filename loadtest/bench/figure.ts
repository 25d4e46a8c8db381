import { cpus, totalmem } from 'node:os';

/** What a measurement is told. */
export interface BenchOptions {
  readonly seconds: number;
}

/** One measurement, as `npm run bench -- NAME --json` prints it. */
export interface Figure {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: number;
  readonly better: 'higher' | 'lower';
  readonly runs: readonly number[];
  /** The physical limit, measured in the same run. */
  readonly limit: {
    readonly what: string;
    readonly value: number;
    readonly unit: string;
    readonly [more: string]: unknown;
  };
  readonly ratioToLimit: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** How far the runs lie apart, as a share of their median; 0 for one run. */
export const spread = (runs: readonly number[]): number =>
  runs.length === 0 ? 0 : (Math.max(...runs) - Math.min(...runs)) / median(runs);

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 1024 ** 3),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
});
