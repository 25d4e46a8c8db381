/** Answers `mark.get` and `balance.get` from committed state; only the owner of the partition answers. */
import type { Msg } from '@nats-io/transport-node';
import type { BalanceRequest } from '#core/messages/balances.ts';
import type { CorrectionPreviewReply, CorrectionPreviewRequest } from '#core/messages/correction.ts';
import { allPartitions, placeOf, subjects, type Placement } from '#core/messages/names.ts';
import { ControlFault } from '#core/rating/controlFault.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import type { CommittedView } from './committedView.ts';

export function answerRequests(
  connection: NatsConnection,
  viewOf: (partition: number) => CommittedView | undefined,
  placement: Placement,
): void {
  for (const partition of allPartitions(placement)) {
    connection.subscribe(subjects.markGetOf(partition), {
      callback: (error, message) => {
        const [, , , tenant = '', producer = ''] = message.subject.split('.');
        // A producer that knows a retired partition learns where its tenant is placed now.
        const view = viewOf(partition < placement.firstPartition ? placeOf(tenant, placement) : partition);
        if (error !== null || view === undefined) return;
        message.respond(JSON.stringify(view.mark(tenant, producer)));
      },
    });
    if (partition < placement.firstPartition) continue;
    connection.subscribe(subjects.correctionPreview(partition), {
      callback: (error, message) => {
        const view = viewOf(partition);
        if (error === null && view !== undefined) message.respond(JSON.stringify(previewed(view, message)));
      },
    });
    connection.subscribe(subjects.balanceGet(partition), {
      callback: (error, message) => {
        const view = viewOf(partition);
        if (error === null && view !== undefined) message.respond(JSON.stringify(view.reply(tenantOf(message))));
      },
    });
  }
}

function previewed(view: CommittedView, message: Msg): CorrectionPreviewReply {
  try {
    return view.preview(message.json<CorrectionPreviewRequest>());
  } catch (error) {
    if (error instanceof ControlFault) return { fault: error.message };
    return { fault: 'the request is not one' };
  }
}

function tenantOf(message: Msg): string {
  try {
    return message.json<BalanceRequest>().tenant;
  } catch {
    return '';
  }
}
