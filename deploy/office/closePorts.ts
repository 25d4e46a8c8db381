/** What closes of periods ask of the rater and of the store. */
import type { Aggregator } from '#aggregator/main.ts';
import { unpricedUsage } from '#aggregator/queries/unpriced.ts';
import type { ClosePorts } from '#billing/periods/gather.ts';
import { periodLimits } from '#billing/limits.ts';
import type { BalanceReply, BalanceRequest } from '#core/messages/balances.ts';
import { subjects } from '#core/messages/names.ts';
import type { NatsConnection } from '#platform/nats/index.ts';

export function closePorts(aggregator: Aggregator, connection: NatsConnection): ClosePorts {
  return {
    async rater(tenant, partition) {
      const request: BalanceRequest = { tenant };
      try {
        const timeout = periodLimits.raterTimeoutMs;
        const reply = await connection.request(subjects.balanceGet(partition), JSON.stringify(request), { timeout });
        return reply.json<BalanceReply>();
      } catch {
        return undefined;
      }
    },
    loadedSeq: async (partition) => (await aggregator.loaded(partition)).outSeq,
    async store(tenant, { partition, ...range }) {
      const head = await aggregator.loaded(partition);
      const { differenceByTenant } = await aggregator.reconcile();
      const scope = { tenant, partition, outSeqMax: head.outSeq };
      const { unpricedMetersMax: metersMax } = periodLimits;
      const unpriced = await unpricedUsage(aggregator.store, scope, { ...range, metersMax });
      return { ...head, difference: differenceByTenant.get(tenant) ?? '0', unpriced };
    },
  };
}
