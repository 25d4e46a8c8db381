/** Answers `mark.get` and `balance.get` from committed state; only the owner of the partition answers. */
import type { Msg } from '@nats-io/transport-node';
import type { BalanceRequest } from '#core/messages/balances.ts';
import { subjects } from '#core/messages/names.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import type { CommittedView } from './committedView.ts';

export function answerRequests(
  connection: NatsConnection,
  viewOf: (partition: number) => CommittedView | undefined,
  partitions: number,
): void {
  for (let partition = 0; partition < partitions; partition++) {
    connection.subscribe(subjects.markGetOf(partition), {
      callback: (error, message) => {
        const view = viewOf(partition);
        if (error !== null || view === undefined) return;
        const [, , , tenant = '', producer = ''] = message.subject.split('.');
        message.respond(JSON.stringify(view.mark(tenant, producer)));
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

function tenantOf(message: Msg): string {
  try {
    return message.json<BalanceRequest>().tenant;
  } catch {
    return '';
  }
}
