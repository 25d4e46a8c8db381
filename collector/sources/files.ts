/** Reads the small files of /proc and cgroups with one buffer for all of them. */
import { closeSync, openSync, readSync } from 'node:fs';
import { collectorError } from '../errors.ts';
import { limits } from '../limits.ts';

let buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** The text of a file; throws SOURCE_FAILED with the reason. */
export function readText(path: string): string {
  const text = tryReadText(path);
  if (typeof text === 'string') return text;
  throw collectorError('SOURCE_FAILED', `${path}: ${text.message}.`, { path }, text);
}

/** The text of a file, or the error that kept it from being read. */
export function tryReadText(path: string): string | Error {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    return error as Error;
  }
  try {
    let length = 0;
    for (;;) {
      const count = readSync(fd, buffer, length, buffer.length - length, null);
      if (count === 0) return buffer.toString('latin1', 0, length);
      length += count;
      if (length < buffer.length) continue;
      if (length >= limits.procFileBytesMax) return new Error(`larger than ${limits.procFileBytesMax} bytes`);
      const larger = Buffer.allocUnsafeSlow(buffer.length * 2);
      buffer.copy(larger, 0, 0, length);
      buffer = larger;
    }
  } catch (error) {
    return error as Error;
  } finally {
    closeSync(fd);
  }
}

/** A whole number as the kernel writes it; throws on anything else, so that no text is ever taken for usage. */
export function parseCounter(text: string | undefined, where: string): bigint {
  if (text !== undefined && /^\d{1,20}$/.test(text)) return BigInt(text);
  throw collectorError('SOURCE_FAILED', `${where}: ${JSON.stringify(text ?? '')} is not a counter.`, { where });
}
