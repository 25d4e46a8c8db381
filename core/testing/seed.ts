import { createHash } from 'node:crypto';

/** METERLINE_SEED draws the same cases again, METERLINE_RUNS as many. */
export const seed = Number(
  process.env['METERLINE_SEED'] ?? createHash('sha256').update(String(process.hrtime.bigint())).digest().readUInt32LE(),
);
export const options = { seed, numRuns: Number(process.env['METERLINE_RUNS'] ?? 3000) };
