/** One helper per business event of the agent: metric and log together. Things that last are told when they change. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { MarkMessage } from '#core/messages/mark.ts';
import type { Logger } from '#platform/telemetry.ts';
import { limits } from './limits.ts';
import { collectorError } from './errors.ts';
import { adviceFor } from './publisher/mark.ts';
import type { AppendFailure } from './publisher/publisher.ts';

export type CollectorEvents = ReturnType<typeof collectorEvents>;

export function collectorEvents(registry: Registry, logger: Logger) {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name: `meterline_collector_${name}`, help, labelNames: [...labelNames], registers });
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `meterline_collector_${name}`, help, labelNames: [...labelNames], registers });

  const samples = counter('samples_total', 'Samples written to the spool.', ['source']);
  const batches = counter('batches_total', 'Batches written to the spool.');
  const resets = counter('notes_total', 'Resets, gaps, losses and clock changes noted in batches.', ['kind']);
  const skipped = counter('readings_skipped_total', 'Readings whose turn passed while the agent was busy or asleep.');
  const published = counter('published_total', 'Appends that the broker acknowledged.');
  const failures = counter('append_failures_total', 'Appends that failed and are tried again.', ['kind']);
  const resends = counter('resends_total', 'Times that sending went back to the mark.');
  const lost = counter('lost_batches_total', 'Batches of the spool that could not be read any more.');
  const healthy = gauge('source_up', 'Whether the source could be read whole at its last turn.', ['source']);
  const spoolWritable = gauge('spool_writable', 'Whether the last batch could be written to the spool.');
  const spoolBatches = gauge('spool_batches', 'Batches that the rater has not taken.');
  const spoolBytes = gauge('spool_bytes', 'Bytes of the segments that hold them.');
  new Gauge({
    name: 'meterline_collector_spool_bytes_max',
    help: 'Bytes that the spool may hold.',
    registers,
  }).set(limits.spoolBytesMax);
  const heldSlices = gauge('held_slices', 'Longer slices, beside the spool, of samples for which it has no room.');
  const duplicates = gauge('duplicated', '1 once another agent sends under this name and this one has left off.');
  const rewinds = counter('mark_rewinds_total', 'Times that the mark went back: the log has lost what it had taken.');
  let newest: MarkMessage | undefined;
  const faults = new Map<string, string>();
  let spoolFault = '';
  let appendFault = '';
  let refusal = '';

  return {
    started(details: Record<string, unknown>) {
      spoolWritable.set(1);
      logger.info(details, 'agent started');
    },
    torn(bytes: number) {
      if (bytes > 0) logger.warn({ bytes }, 'a torn record at the end of the spool was cut; it had not been published');
    },
    metered(source: string, sampleCount: number) {
      samples.inc({ source }, sampleCount);
    },
    spooled(batchCount: number, notes: readonly { readonly kind: string }[]) {
      batches.inc(batchCount);
      for (const { kind } of notes) resets.inc({ kind });
      if (spoolFault === '') return;
      spoolFault = '';
      spoolWritable.set(1);
      logger.info('the spool can be written again');
    },
    spoolRefused(detail: string) {
      spoolWritable.set(0);
      if (spoolFault === detail) return;
      spoolFault = detail;
      logger.error(
        { detail },
        'the spool has no room: what it holds stays, samples are added up into longer slices until it has; no usage is lost',
      );
    },
    held(slices: number) {
      heldSlices.set(slices);
    },
    spoolSize(size: { readonly batches: number; readonly bytes: number }) {
      spoolBatches.set(size.batches);
      spoolBytes.set(size.bytes);
    },
    sourceState(source: string, fault: string | undefined) {
      healthy.set({ source }, fault === undefined ? 1 : 0);
      if ((faults.get(source) ?? '') === (fault ?? '')) return;
      faults.set(source, fault ?? '');
      if (fault === undefined) logger.info({ source }, 'source can be read again');
      else logger.warn({ source, fault }, 'source cannot be read whole; the others go on');
    },
    skipped(count: number) {
      skipped.inc(count);
    },
    lost(count: number, detail: string) {
      lost.inc(count);
      logger.error({ batches: count, detail }, 'part of the spool is lost; it is shown as a loss');
    },
    published(count: number) {
      published.inc(count);
    },
    appendFailed(kind: AppendFailure, detail: string) {
      failures.inc({ kind });
      if (appendFault === kind) return;
      appendFault = kind;
      logger.warn(
        { kind, detail },
        'a batch could not be handed to the broker; it waits in the spool and is tried again',
      );
    },
    appendRecovered() {
      appendFault = '';
      logger.info('the broker takes batches again');
    },
    resent(fromSeq: number, why: string) {
      resends.inc();
      logger.debug({ fromSeq, why }, 'sending again from the mark');
    },
    duplicated(mark: MarkMessage) {
      duplicates.set(1);
      const { message, solve } = collectorError('AGENT_DUPLICATED', `It began epoch ${mark.epoch}.`, {});
      logger.error({ code: 'AGENT_DUPLICATED', epoch: mark.epoch, solve }, message);
    },
    marked(mark: MarkMessage) {
      if (newest !== undefined && mark.epoch === newest.epoch && mark.mark < newest.mark) {
        rewinds.inc();
        logger.error(
          { from: newest.mark, to: mark.mark },
          'the log has lost what it had taken; it is sent again, as far as it is kept',
        );
      }
      newest = mark;
      const now = mark.refusal === null ? '' : `${mark.refusal.reason}: ${mark.refusal.detail}`;
      if (now === refusal) return;
      refusal = now;
      if (mark.refusal === null) logger.info('the rater takes batches again');
      else logger.error({ ...mark.refusal, solve: adviceFor(mark.refusal.reason) }, 'the rater refuses a batch');
    },
    connection(connected: boolean) {
      if (connected) logger.info('connected to the broker again');
      else logger.warn('the broker is out of reach; batches wait in the spool');
    },
    stopped(unsent: number) {
      logger.info({ unsent }, unsent === 0 ? 'all batches are taken' : 'batches wait in the spool for the next start');
    },
  };
}
