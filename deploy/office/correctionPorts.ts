/** What corrections ask of the store, the log and the rater. */
import type { Aggregator } from '#aggregator/main.ts';
import { selectedSamples } from '#aggregator/queries/again.ts';
import { bookedEffects, hasCutSamples, selectedBlocks } from '#aggregator/queries/corrections.ts';
import { adjustments, correctedPlaces, standingRows } from '#aggregator/queries/standing.ts';
import type { CorrectionPorts } from '#billing/corrections/ports.ts';
import { correctionLimits } from '#billing/limits.ts';
import { decodeEnvelope, type BatchBody } from '#core/metering/batch.ts';
import type { CorrectionPreviewReply } from '#core/messages/correction.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { Log } from '#platform/log.ts';
import type { NatsConnection } from '#platform/nats/index.ts';

export function correctionPorts(aggregator: Aggregator, connection: NatsConnection, log: Log): CorrectionPorts {
  const { store } = aggregator;
  return {
    loadedSeq: async (partition) => (await aggregator.loaded(partition)).outSeq,
    headSeq: async (partition) => (await log.info(streams.rated(partition))).lastSeq,
    selected: (tenant, { partition, asOf, ...question }) =>
      selectedBlocks(store, {
        ...question,
        scope: { tenant, partition, outSeqMax: asOf },
        limit: correctionLimits.pageBlocksMax,
      }),
    selectedSamples: (tenant, { partition, asOf, ...question }) =>
      selectedSamples(store, {
        ...question,
        scope: { tenant, partition, outSeqMax: asOf },
        limit: correctionLimits.pageBatchesMax,
      }),
    hasCutSamples: (tenant, meter, usageSeqs) => hasCutSamples(store, tenant, meter, usageSeqs),
    standing: (tenant, { partition, asOf, ...question }) =>
      standingRows(store, { ...question, scope: { tenant, partition, outSeqMax: asOf } }),
    correctedPlaces: (tenant, { partition, asOf }, correction) =>
      correctedPlaces(store, { tenant, partition, outSeqMax: asOf }, correction),
    adjustments: (tenant, { partition, asOf }, meters) =>
      adjustments(store, { tenant, partition, outSeqMax: asOf }, meters),
    async batch(partition, usageSeq, tenant, producer) {
      const message = await log.get(streams.usage(partition), usageSeq);
      if (message?.subject !== subjects.usage(partition, tenant, producer)) return undefined;
      const envelope = decodeEnvelope(message.data);
      return envelope && (JSON.parse(Buffer.from(envelope.body).toString()) as BatchBody);
    },
    booked: (tenant, correction) => bookedEffects(store, tenant, correction),
    async preview(partition, request) {
      const timeout = correctionLimits.previewTimeoutMs;
      const subject = subjects.correctionPreview(partition);
      const reply = await connection.request(subject, JSON.stringify(request), { timeout }).catch(() => undefined);
      return reply?.json<CorrectionPreviewReply>();
    },
  };
}
