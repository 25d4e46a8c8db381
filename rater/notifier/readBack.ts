import { sleep } from '#platform/lifecycle.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { notifierLimits } from './limits.ts';

/** Reads a stream from `fromSeq` to what is its end now, in order; returns that end's sequence. Throws when aborted. */
export async function readBack(
  log: Log,
  stream: string,
  fromSeq: number,
  signal: AbortSignal,
  take: (message: LogMessage) => void,
): Promise<number> {
  const { firstSeq, lastSeq } = await log.info(stream);
  if (lastSeq < fromSeq || firstSeq > lastSeq) return lastSeq;
  const reading = new AbortController();
  const ending = AbortSignal.any([signal, reading.signal]);
  const watching = endWhenGone(log, stream, lastSeq, reading, ending);
  for await (const message of log.follow(stream, fromSeq, ending)) {
    take(message);
    if (message.seq >= lastSeq) break;
  }
  reading.abort();
  await watching;
  signal.throwIfAborted();
  return lastSeq;
}

/** The last message may leave the stream while it is read: nothing would come then. */
async function endWhenGone(
  log: Log,
  stream: string,
  lastSeq: number,
  reading: AbortController,
  ending: AbortSignal,
): Promise<void> {
  while (!ending.aborted) {
    await sleep(notifierLimits.logRetryMs, ending);
    if (ending.aborted) return;
    const firstSeq = await log.info(stream).then(
      (info) => info.firstSeq,
      () => 0,
    );
    if (firstSeq > lastSeq) reading.abort();
  }
}

/** Undefined when the message is no JSON object: others may write to these streams too. */
export function readJson<T extends object>(message: LogMessage): T | undefined {
  try {
    const value = JSON.parse(Buffer.from(message.data).toString('utf8')) as T | null;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

export const writeJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value), 'utf8');
