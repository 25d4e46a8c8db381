/** What is stored at the end of the path: counted in ClickHouse, and inserted anew from the log as the limit. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aggregatorLimits } from '#aggregator/limits.ts';
import { splitCommit } from '#core/messages/rated.ts';
import { streams } from '#core/messages/names.ts';
import { jetstreamLog } from '#platform/nats/index.ts';
import type { Pipeline } from './pipeline.ts';

const run = promisify(execFile);
const inNode = async (script: string, ...args: string[]): Promise<string> =>
  (await run(process.execPath, [join(import.meta.dirname, script), ...args], { maxBuffer: 1024 * 1024 })).stdout;

/** Samples in the pipeline's ClickHouse; its loader must have ended. */
export const samplesStored = async (pipeline: Pipeline): Promise<number> =>
  Number(await inNode('countRated.ts', join(pipeline.dataDir, 'clickhouse')));

export interface RawInsert {
  readonly cpuSeconds: number;
  readonly seconds: number;
}

/** Reads commits back from the log and inserts their blocks in pieces as large as the loader's largest, as it does and as the engine's client does. */
export async function insertRaw(
  pipeline: Pipeline,
  from: number,
  to: number,
): Promise<RawInsert & { client: RawInsert }> {
  const log = await jetstreamLog(pipeline.admin);
  const files: string[] = [];
  let piece: Uint8Array[] = [];
  let bytes = 0;
  const write = (): void => {
    if (bytes === 0) return;
    const file = join(pipeline.dir, `raw-${files.length}.tsv`);
    writeFileSync(file, Buffer.concat(piece));
    files.push(file);
    piece = [];
    bytes = 0;
  };
  for await (const message of log.follow(streams.rated(0), from, new AbortController().signal)) {
    const { blocks } = splitCommit(message.data);
    piece.push(blocks);
    bytes += blocks.length;
    if (bytes >= aggregatorLimits.loadBytesMax) write();
    if (message.seq >= to) break;
  }
  write();
  const insert = async (way: 'loader' | 'client'): Promise<RawInsert> =>
    JSON.parse(await inNode('rawInsert.ts', way, join(pipeline.dir, `raw-${way}`), ...files)) as RawInsert;
  return { ...(await insert('loader')), client: await insert('client') };
}
