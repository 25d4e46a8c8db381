import { MeterlineError } from '#core/errors.ts';
import { clickhouseError } from './errors.ts';

/** Codes of the engine (src/Common/ErrorCodes.cpp) that mean more than "refused". */
const timeouts = new Set([159, 160]);
const fullDisks = new Set([243]);
const networkFaults = new Set([209, 210]);
const socketFaults = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

/** Whatever the engine or the client threw, as an error with a stable code; `engineCode` keeps the engine's own. */
export function failureOf(cause: unknown, detail: string): MeterlineError {
  if (cause instanceof MeterlineError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const engineCode = engineCodeOf(cause, message);
  const details = { ...(engineCode === undefined ? {} : { engineCode }) };
  const text = `${detail} ${firstLine(message)}`.trim();
  if (engineCode !== undefined && fullDisks.has(engineCode))
    return clickhouseError('CLICKHOUSE_FULL', text, details, cause);
  if (/No space left on device|errno: 28\b/.test(message))
    return clickhouseError('CLICKHOUSE_FULL', text, details, cause);
  if (engineCode !== undefined && timeouts.has(engineCode))
    return clickhouseError('CLICKHOUSE_TIMEOUT', text, details, cause);
  if (engineCode !== undefined && !networkFaults.has(engineCode))
    return clickhouseError('CLICKHOUSE_REFUSED', text, details, cause);
  if (engineCode !== undefined || isUnreachable(cause, message))
    return clickhouseError('CLICKHOUSE_UNREACHABLE', text, details, cause);
  return clickhouseError('CLICKHOUSE_REFUSED', text, details, cause);
}

function engineCodeOf(cause: unknown, message: string): number | undefined {
  const stated = /\bCode: (\d+)\b/.exec(message)?.[1] ?? (cause as { code?: unknown } | null)?.code;
  const code = Number(stated);
  return stated !== undefined && Number.isInteger(code) ? code : undefined;
}

function isUnreachable(cause: unknown, message: string): boolean {
  const code = (cause as { code?: unknown } | null)?.code;
  return (
    (typeof code === 'string' && socketFaults.has(code)) || /socket hang up|timeout error|fetch failed/i.test(message)
  );
}

const firstLine = (message: string): string => message.split('\n', 1)[0]!.slice(0, 500);
