/** Answers `mark.get` and `balance.get` from committed state; only the owner of the partition answers. */
import type { Msg } from '@nats-io/transport-node';
import { heldUnder } from '#core/holds/held.ts';
import type { BalanceReply, BalanceRequest } from '#core/messages/balances.ts';
import type { CorrectionPreviewReply, CorrectionPreviewRequest } from '#core/messages/correction.ts';
import { allPartitions, placeOf, subjects, type Placement } from '#core/messages/names.ts';
import { formatAmount } from '#core/money/fixed.ts';
import { ControlFault } from '#core/rating/controlFault.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import type { Books } from './checks/books.ts';
import type { CommittedView } from './committedView.ts';

export function answerRequests(
  connection: NatsConnection,
  viewOf: (partition: number) => CommittedView | undefined,
  placement: Placement,
  booksOf: (partition: number) => Books | undefined,
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
        if (error === null && view !== undefined) {
          const tenant = tenantOf(message);
          message.respond(JSON.stringify({ ...view.reply(tenant), held: heldIn(booksOf(partition), tenant) }));
        }
      },
    });
  }
}

function heldIn(books: Books | undefined, id: string): BalanceReply['held'] {
  const tenant = books?.tenant(id);
  if (tenant === undefined) return [];
  return [...tenant.master.budgets.values()].flatMap((record): [string, string][] => {
    const held = heldUnder(tenant, record);
    return held === 0n ? [] : [[record.id, formatAmount(held)]];
  });
}

function previewed(view: CommittedView, message: Msg): CorrectionPreviewReply {
  try {
    const { tenant, blocks } = message.json<CorrectionPreviewRequest>();
    return { effects: view.preview(tenant, blocks) };
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
