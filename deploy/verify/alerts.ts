/** CAP: the stream `ALERTS` holds every committed alert exactly once, as it was committed. */
import { streams } from '#core/messages/names.ts';
import type { AlertRecord } from '#core/messages/delivery.ts';
import type { Auditor } from '#core/reference/audit/auditor.ts';
import type { Faults } from '#core/reference/audit/faults.ts';
import { sleep } from '#platform/lifecycle.ts';
import { StreamReader } from './inputs.ts';
import { verifyLimits } from './limits.ts';
import type { Source } from './source.ts';

export interface Copies {
  readonly copied: number;
  /** Raised just before the instance stopped; the notifier copies them at the next start. */
  readonly pending: number;
  /** Settled, and gone from the stream since. */
  readonly trimmed: number;
}

/** Waits a while for a running notifier; on a stopped instance what it has not come to is pending. */
export async function compareAlerts(auditors: readonly Auditor[], source: Source, faults: Faults): Promise<Copies> {
  await using reader = new StreamReader(source.log, streams.alerts);
  const missing = new Map<
    string,
    { readonly partition: number; readonly outSeq: number; readonly logTimeMs: number }
  >();
  for (const { partition, decisions } of auditors) {
    for (const { id, ...raised } of decisions.raised()) missing.set(id, { partition, ...raised });
  }
  let trimmed = 0;
  /** What was settled and has left the stream is not missing. Asked again at the end: the notifier may go on meanwhile. */
  const passTrimmed = async (): Promise<void> => {
    const untilMs = await Promise.all(auditors.map(({ partition }) => source.trimmedUntil(partition)));
    for (const [id, { partition, logTimeMs }] of missing)
      if (logTimeMs <= (untilMs[partition] ?? 0) && missing.delete(id)) trimmed += 1;
  };
  const seen = new Set<string>();
  const copiedUpTo = await Promise.all(
    auditors.map(async ({ partition }) => (await source.copiedUpTo?.(partition)) ?? Infinity),
  );
  const deadline = performance.now() + (source.copiedUpTo === undefined ? verifyLimits.alertsMsMax : 0);
  const { firstSeq } = await source.log.info(streams.alerts);
  for (let next = Math.max(1, firstSeq); ;) {
    const { lastSeq } = await source.log.info(streams.alerts);
    for (; next <= lastSeq; next++) {
      const record = JSON.parse(Buffer.from((await reader.read(next)).data).toString('utf8')) as AlertRecord;
      const { id, partition, outSeq } = record;
      missing.delete(id);
      if (seen.has(id)) faults.add('CAP', `ALERTS holds alert ${id} again, at ${next}`);
      seen.add(id);
      copiedUpTo[partition] = Math.max(copiedUpTo[partition] ?? 0, outSeq - 1);
      compareRecord(record, auditors[partition], faults);
    }
    await passTrimmed();
    if (missing.size === 0 || performance.now() >= deadline) break;
    await sleep(verifyLimits.alertsPollMs);
  }
  let pending = 0;
  for (const [id, { partition, outSeq }] of missing) {
    if (outSeq > (copiedUpTo[partition] ?? 0)) pending += 1;
    else faults.add('CAP', `ALERTS does not hold alert ${id}, which commit ${outSeq} of partition ${partition} raised`);
  }
  return { copied: seen.size, pending, trimmed };
}

/** An alert of a commit that the audit has not come to is none of its business. */
function compareRecord(record: AlertRecord, auditor: Auditor | undefined, faults: Faults): void {
  const { partition, outSeq, committedAtMs: _, ...alert } = record;
  if (auditor !== undefined && outSeq > auditor.chain.seq) return;
  if (auditor?.decisions.isAsCommitted(alert) === true) return;
  faults.add(
    'CAP',
    `ALERTS holds alert ${record.id} otherwise than commit ${outSeq} of partition ${partition} raised it`,
  );
}
