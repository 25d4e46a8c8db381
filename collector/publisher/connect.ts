/** Ties publishers to one connection: pushed marks, and word of its loss and return. */
import type { MarkMessage } from '#core/messages/mark.ts';
import { subjects } from '#core/messages/names.ts';
import { append, moveOnWhenSilent, type NatsConnection } from '#platform/nats/index.ts';
import { limits } from '../limits.ts';
import type { UsageBroker } from './publisher.ts';

export function natsBroker(connection: NatsConnection): UsageBroker {
  const tell = moveOnWhenSilent(connection);
  return {
    async append(subject, envelope) {
      const askedAt = performance.now();
      const result = await append(connection, subject, envelope);
      tell(result.kind !== 'unknown', askedAt);
      return result;
    },
    async markOf(partition, tenant, producer) {
      const subject = subjects.markGet(partition, tenant, producer);
      return (await connection.request(subject, '', { timeout: limits.markTimeoutMs })).json<MarkMessage>();
    },
  };
}

export interface Listener {
  onMark(mark: MarkMessage): void;
  onConnection(connected: boolean): void;
}

/** `producer` is "*" for many; `find` names the listener of a producer. Ends with the connection. */
export function listen(
  connection: NatsConnection,
  tenant: string,
  producer: string,
  find: (producer: string) => Listener | undefined,
  onConnection: (connected: boolean) => void,
): void {
  connection.subscribe(subjects.mark(tenant, producer), {
    callback: (error, message) => {
      if (error !== null || message.data.length === 0) return;
      const mark = message.json<MarkMessage>();
      // Another agent can have answers of the broker and the rater to itself sent here; they name it, or nobody.
      const isOurs = mark.tenant === tenant && (producer === '*' || mark.producer === producer);
      if (isOurs) find(mark.producer)?.onMark(mark);
    },
  });
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') onConnection(false);
      else if (status.type === 'reconnect') onConnection(true);
    }
  })();
}
