/** The stores of a running instance: its broker, its rater's answers, and its office for ClickHouse, which has one owner. */
import type { StoredAnswer } from '#aggregator/reconcileRoutes.ts';
import type { BalanceReply, BalanceRequest } from '#core/messages/balances.ts';
import { subjects } from '#core/messages/names.ts';
import type { Config } from '#platform/config.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { officeClient } from '../officeClient.ts';
import { verifyLimits } from './limits.ts';
import { trimmedMarks, type Source } from './source.ts';

export async function openRunning(config: Config): Promise<Source> {
  const connection = await connectNats({ ...config.nats, role: 'admin' });
  const office = officeClient(config);
  return {
    placement: config,
    log: await jetstreamLog(connection),
    trimmedUntil: await trimmedMarks(connection),
    async balances(partition, tenant) {
      const request: BalanceRequest = { tenant };
      const options = { timeout: verifyLimits.askMsMax };
      const reply = await connection.request(subjects.balanceGet(partition), JSON.stringify(request), options);
      return reply.json<BalanceReply>();
    },
    stored: (partition, upTo) => office.get<StoredAnswer>(`/reconcile?partition=${partition}&upTo=${upTo}`),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
