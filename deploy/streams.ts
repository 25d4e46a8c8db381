/** `meterline streams`: what the logs hold and may hold; raises or lowers a limit while everything runs. */
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { bytesText, shareText } from '#core/pressure/words.ts';
import { configPath, dataPaths, readConfig } from '#platform/config.ts';
import { connectNats } from '#platform/nats/index.ts';
import { applyLimits, assertFit, sizeOf, type StreamSize } from '#platform/nats/streamLimits.ts';
import { printJson, printLine, printTable } from './cli/report.ts';
import { deployError } from './errors.ts';
import { readInstance } from './instance/instanceFile.ts';
import { folderBytes, freeBytesAt, planStore } from './instance/disk.ts';

/** New limits in bytes, of every stream of that kind. */
export interface StreamFlags {
  readonly usage?: number | undefined;
  readonly rated?: number | undefined;
  readonly control?: number | undefined;
  readonly alerts?: number | undefined;
}

/** Throws STORE_TOO_SMALL when the disk could not hold all logs full, USAGE for a limit below what a log holds. */
export async function streamsCommand(dataDir: string, flags: StreamFlags, json: boolean): Promise<void> {
  const config = readConfig(configPath(dataDir));
  const connection = await connectNats({ ...config.nats, role: 'admin' });
  try {
    const manager = await jetstreamManager(connection);
    const found = await sizesOf(manager);
    const limits = wantedOf(found, flags);
    if (config.clickhouse.url.startsWith('embedded:')) {
      const { retiredBytes } = readInstance(dataDir);
      const { budgetBytes } = planStore(
        freeBytesAt(dataDir),
        folderBytes(dataPaths(dataDir).nats),
        config.partitions,
        retiredBytes,
      );
      const rises = found.some(({ stream, bytesMax }) => (limits.get(stream) ?? bytesMax) > bytesMax);
      const bytes = found.reduce((sum, { stream, bytesMax }) => sum + (limits.get(stream) ?? bytesMax), 0);
      if (rises) assertFit(bytes, budgetBytes);
    }
    await applyLimits(manager, found, limits);
    print(await sizesOf(manager), json);
  } finally {
    await connection.close();
  }
}

const kinds: readonly (readonly [keyof StreamFlags, RegExp])[] = [
  ['usage', /^USAGE_/],
  ['rated', /^RATED_/],
  ['control', /^CONTROL_/],
  ['alerts', /^(ALERTS|DELIVERIES)$/],
];

async function sizesOf(manager: JetStreamManager): Promise<StreamSize[]> {
  const sizes: StreamSize[] = [];
  for await (const info of manager.streams.list()) if (!info.config.sealed) sizes.push(sizeOf(info));
  return sizes
    .filter(({ stream }) => kinds.some(([, pattern]) => pattern.test(stream)))
    .toSorted((a, b) => (a.stream < b.stream ? -1 : 1));
}

function wantedOf(found: readonly StreamSize[], flags: StreamFlags): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { stream, bytes } of found) {
    const limit = flags[kinds.find(([, pattern]) => pattern.test(stream))![0]];
    if (limit === undefined) continue;
    if (limit < bytes) {
      throw deployError(
        'USAGE',
        `${stream} holds ${bytesText(bytes)} already, which is more than ${bytesText(limit)}.`,
      );
    }
    limits.set(stream, limit);
  }
  return limits;
}

function print(streams: readonly StreamSize[], json: boolean): void {
  if (json) return printJson({ ok: true, streams });
  printTable([
    ['STREAM', 'HOLDS', 'LIMIT', ''],
    ...streams.map(({ stream, bytes, bytesMax }) => [
      stream,
      bytesText(bytes),
      bytesText(bytesMax),
      shareText(bytes, bytesMax),
    ]),
  ]);
  printLine('\nRaise one while it runs: meterline streams --rated 12GiB');
}

const factors: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** "12GiB", "500MiB" as bytes. Throws USAGE. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB|TiB)$/.exec(text);
  if (match === null)
    throw deployError('USAGE', `${text} is not a size: a number and KiB, MiB, GiB or TiB, as in 12GiB.`);
  return Math.floor(Number(match[1]) * factors[match[2]!]!);
}
