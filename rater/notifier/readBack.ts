import type { Log, LogMessage } from '#platform/log.ts';

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
  for await (const message of log.follow(stream, fromSeq, AbortSignal.any([signal, reading.signal]))) {
    take(message);
    if (message.seq >= lastSeq) break;
  }
  reading.abort();
  signal.throwIfAborted();
  return lastSeq;
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
