import { expect, test } from 'vitest';
import type { MarkMessage } from '#core/messages/mark.ts';
import { agentRole, connectNats } from '#platform/nats/index.ts';
import { startTestServer } from '#platform/nats/testServer.ts';
import { listen } from './connect.ts';

test('an agent believes no mark but its own, wherever another has its answers sent', async () => {
  const agents = [
    { tenant: 'acme', producer: 'honest' },
    { tenant: 'rival', producer: 'thief' },
  ];
  await using server = await startTestServer({ partitions: 1, agents });
  const [rater, honest, thief] = await Promise.all(
    ['rater', agentRole('honest'), agentRole('thief')].map((role) => connectNats({ ...server, role })),
  );
  const markOf = (tenant: string, producer: string): MarkMessage => ({
    tenant, producer, epoch: '', mark: 7, partition: 0, logTimeMs: 0, refusal: null,
  }); // prettier-ignore
  rater!.subscribe('mark.get.0.rival.thief', {
    callback: (_, message) => void message.respond(JSON.stringify(markOf('rival', 'thief'))),
  });
  const believed: MarkMessage[] = [];
  const listener = { onMark: (mark: MarkMessage) => void believed.push(mark), onConnection: () => undefined };
  listen(honest!, 'acme', 'honest', () => listener, () => undefined); // prettier-ignore
  const seen: string[] = [];
  honest!.subscribe('mark.acme.honest', { callback: (_, message) => void seen.push(message.string()) });
  await Promise.all([rater!.flush(), honest!.flush()]);

  thief!.publish('usage.0.rival.thief', 'x', { reply: 'mark.acme.honest' });
  thief!.publish('mark.get.0.rival.thief', '', { reply: 'mark.acme.honest' });
  await expect.poll(() => seen.length).toBe(2); // the broker does deliver them
  rater!.publish('mark.acme.honest', JSON.stringify(markOf('acme', 'honest')));
  await expect.poll(() => believed).toEqual([markOf('acme', 'honest')]);
  await Promise.all([rater!, honest!, thief!].map((connection) => connection.close()));
});
