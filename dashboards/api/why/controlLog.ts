import type { ControlChange, ControlMessage } from '#core/messages/control.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { Log } from '#platform/log.ts';
import { apiLimits } from '../../limits.ts';
import { inheritance } from './inherited.ts';

export interface ControlStretch {
  readonly partition: number;
  readonly tenant: string;
  /** Last control message that is looked at. */
  readonly controlSeq: number;
}

/** A tenant's changes of master data from the beginning of the log, or as its partition inherited them; no others where it is longer than is looked through. */
export async function* changesUntil(
  log: Log,
  { partition, tenant, controlSeq }: ControlStretch,
): AsyncGenerator<ControlChange> {
  for await (const { control } of inheritance(log, partition))
    yield* control.filter((message) => message.tenant === tenant).flatMap(({ changes }) => changes);
  if (controlSeq === 0 || controlSeq > apiLimits.controlScanMax) return;
  const subject = subjects.control(partition, tenant);
  const patience = AbortSignal.timeout(apiLimits.controlScanMsMax);
  for await (const message of log.follow(streams.control(partition), 1, patience)) {
    if (message.seq > controlSeq) return;
    if (message.subject === subject) yield* changesIn(message.data);
    if (message.seq === controlSeq) return;
  }
}

/** None in what is no control message. */
function changesIn(data: Uint8Array): readonly ControlChange[] {
  try {
    return (JSON.parse(new TextDecoder().decode(data)) as ControlMessage).changes;
  } catch {
    return [];
  }
}
