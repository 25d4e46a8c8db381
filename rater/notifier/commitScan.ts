/**
 * Takes from a commit what the notifier needs without parsing the rest: headers carry every changed tally and may be
 * hundreds of kilobytes, and most raise no alert. A quote inside a JSON text is written `\"`, so the byte patterns
 * below can only be keys of the header itself; when one is absent, the whole header is parsed instead.
 */
import type { Alert } from '#core/messages/alert.ts';
import { splitCommit, type ChainLink, type CommitHeader } from '#core/messages/rated.ts';

export interface CommitScan {
  readonly prev: ChainLink;
  /** Only of a takeover. */
  readonly takeover: { readonly incarnation: number; readonly base: ChainLink } | null;
  readonly alerts: readonly Alert[];
}

const noAlerts = '"alerts":[]';
const prevKey = '"prev":';
const takeoverKind = '"kind":"takeover"';

/** Undefined when the message is not a commit. */
export function scanCommit(message: Uint8Array): CommitScan | undefined {
  const { header } = splitCommit(message);
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  try {
    if (!bytes.includes(noAlerts) || bytes.includes(takeoverKind)) return scanWhole(bytes);
    const start = bytes.indexOf(prevKey);
    if (start < 0) return scanWhole(bytes);
    const end = bytes.indexOf('}', start);
    const prev = JSON.parse(bytes.toString('utf8', start + prevKey.length, end + 1)) as ChainLink;
    return isLink(prev) ? { prev, takeover: null, alerts: [] } : undefined;
  } catch {
    return undefined;
  }
}

function scanWhole(bytes: Buffer): CommitScan | undefined {
  const header = JSON.parse(bytes.toString('utf8')) as CommitHeader;
  if (!isLink(header.prev) || !Array.isArray(header.alerts)) return undefined;
  if (header.kind !== 'takeover') return { prev: header.prev, takeover: null, alerts: header.alerts };
  if (header.base === undefined) return undefined;
  const base = { seq: header.base.outSeq, hash: header.base.hash };
  return { prev: header.prev, takeover: { incarnation: header.incarnation, base }, alerts: header.alerts };
}

const isLink = (value: unknown): value is ChainLink =>
  typeof (value as ChainLink | null)?.seq === 'number' && typeof (value as ChainLink).hash === 'string';
