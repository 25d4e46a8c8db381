/** CAP: the stream `ALERTS` holds every committed alert exactly once, as it was committed. */
import { streams } from '#core/messages/names.ts';
import type { AlertRecord } from '#core/messages/delivery.ts';
import type { Auditor } from '#core/reference/audit/auditor.ts';
import type { Faults } from '#core/reference/audit/faults.ts';
import type { Log } from '#platform/log.ts';
import { sleep } from '#platform/lifecycle.ts';
import { StreamReader } from './inputs.ts';
import { verifyLimits } from './limits.ts';

/** `waits`: a notifier runs and may still be copying. Answers how many alerts the stream holds. */
export async function compareAlerts(
  auditors: readonly Auditor[],
  log: Log,
  waits: boolean,
  faults: Faults,
): Promise<number> {
  await using reader = new StreamReader(log, streams.alerts);
  const missing = new Set(auditors.flatMap(({ decisions }) => [...decisions.ids]));
  const seen = new Set<string>();
  const deadline = performance.now() + (waits ? verifyLimits.alertsMsMax : 0);
  let next = 1;
  for (;;) {
    const { lastSeq } = await log.info(streams.alerts);
    for (; next <= lastSeq; next++) {
      const record = JSON.parse(Buffer.from((await reader.read(next)).data).toString('utf8')) as AlertRecord;
      missing.delete(record.id);
      if (seen.has(record.id)) faults.add('CAP', `ALERTS holds alert ${record.id} again, at ${next}`);
      seen.add(record.id);
      compareRecord(record, auditors[record.partition], faults);
    }
    if (missing.size === 0 || performance.now() >= deadline) break;
    await sleep(verifyLimits.alertsPollMs);
  }
  for (const id of missing) faults.add('CAP', `ALERTS does not hold alert ${id}, which was committed`);
  return seen.size;
}

/** An alert of a commit that the audit has not come to is none of its business. */
function compareRecord(record: AlertRecord, auditor: Auditor | undefined, faults: Faults): void {
  const { partition: _, outSeq, committedAtMs: __, ...alert } = record;
  if (auditor !== undefined && outSeq > auditor.chain.seq) return;
  if (auditor?.decisions.isAsCommitted(alert) === true) return;
  faults.add(
    'CAP',
    `ALERTS holds alert ${record.id} otherwise than commit ${outSeq} of partition ${record.partition} raised it`,
  );
}
