/** One helper per business event: metric and log together. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CommitHeader } from '#core/messages/rated.ts';
import type { PartitionState } from '#core/rating/state.ts';
import type { Logger } from '#platform/telemetry.ts';
import type { Drawn } from './snapshotDraw.ts';

export type RaterEvents = ReturnType<typeof raterEvents>;

export function raterEvents(registry: Registry, logger: Logger, partitionsOwned: () => number) {
  const registers = [registry];
  const commits = new Counter({
    name: 'meterline_rater_commits_total',
    help: 'Commits stored.',
    labelNames: ['partition'],
    registers,
  });
  const samples = new Counter({
    name: 'meterline_rater_samples_total',
    help: 'Samples by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const refusals = new Counter({
    name: 'meterline_rater_refusals_total',
    help: 'Refusals by reason.',
    labelNames: ['reason'],
    registers,
  });
  const alerts = new Counter({
    name: 'meterline_rater_alerts_total',
    help: 'Alerts committed.',
    labelNames: ['type'],
    registers,
  });
  const takeovers = new Counter({
    name: 'meterline_rater_takeovers_total',
    help: 'Partitions taken over: warm from a standby that followed the log, cold from a snapshot.',
    labelNames: ['partition', 'start'],
    registers,
  });
  const fenced = new Counter({
    name: 'meterline_rater_fenced_total',
    help: 'Ownerships ended by another owner or a rewound log.',
    labelNames: ['why'],
    registers,
  });
  const full = new Counter({
    name: 'meterline_rater_log_full_total',
    help: 'Appends refused for space.',
    labelNames: ['partition'],
    registers,
  });
  const held = new Gauge({
    name: 'meterline_rater_rating_held',
    help: 'Whether rating stands still because RATED has reached its share of its limit; control is still taken.',
    labelNames: ['partition'],
    registers,
  });
  const snapshots = new Counter({
    name: 'meterline_rater_snapshots_total',
    help: 'Snapshots saved.',
    labelNames: ['partition'],
    registers,
  });
  const snapshotBytes = new Gauge({
    name: 'meterline_rater_snapshot_bytes',
    help: 'Size of the last snapshot as stored.',
    labelNames: ['partition'],
    registers,
  });
  const snapshotSeconds = new Gauge({
    name: 'meterline_rater_snapshot_seconds',
    help: 'How long the last snapshot took to be drawn and stored, apart from rating.',
    labelNames: ['partition'],
    registers,
  });
  new Gauge({
    name: 'meterline_rater_partitions_owned',
    help: 'Partitions owned by this process.',
    registers,
    collect() {
      this.set(partitionsOwned());
    },
  });
  const stale = new Counter({
    name: 'meterline_rater_stale_commits_total',
    help: 'Messages of former owners behind a take-over, which no reader counts.',
    labelNames: ['partition'],
    registers,
  });
  const passedOver = new Counter({
    name: 'meterline_rater_snapshots_passed_over_total',
    help: 'Snapshots not used: unreadable, or unconfirmed by a log that has lost its end.',
    labelNames: ['why'],
    registers,
  });
  const rewoundInputs = new Counter({
    name: 'meterline_rater_rewound_inputs_total',
    help: 'Times that an input log had lost what was taken of it and was read again.',
    labelNames: ['stream'],
    registers,
  });
  const latency = new Histogram({
    name: 'meterline_rater_commit_seconds',
    help: 'From the broker time of the oldest input of a commit to its acknowledgement.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });

  const gap = new Histogram({
    name: 'meterline_rater_takeover_gap_seconds',
    help: 'How long inputs waited because the owner changed: from its last commit to the first of the next one.',
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    registers,
  });
  /** Partitions whose log refuses at present. */
  const refused = new Set<number>();

  return {
    takeover({ partition, incarnation, outSeq }: PartitionState, start: 'warm' | 'cold', tookMs: number) {
      takeovers.inc({ partition, start });
      logger.info({ partition, incarnation, outSeq, start, tookMs: Math.round(tookMs) }, 'partition taken over');
    },
    followFailed(partition: number, error: unknown) {
      logger.warn({ partition, err: error }, 'a standby lost the log; it begins anew from the newest snapshot');
    },
    snapshotPassedOver(name: string, why: 'unreadable' | 'unconfirmed') {
      passedOver.inc({ why });
      logger.warn(
        { snapshot: name, why },
        why === 'unreadable'
          ? 'a snapshot is damaged or of another shape; the one before it is used'
          : 'a snapshot names a commit that the log does not hold, so the log has lost its end; the snapshot before it is used',
      );
    },
    inputRewound(partition: number, stream: 'usage' | 'control', seq: number) {
      rewoundInputs.inc({ stream });
      logger.error(
        { partition, stream, seq },
        'the log has lost inputs that were taken; it is read again from its first message, what was taken counts as duplicate',
      );
    },
    gap(partition: number, gapMs: number) {
      gap.observe(gapMs / 1000);
      logger.info({ partition, gapMs }, 'first commit of inputs after a take-over');
    },
    released(partition: number, why: string) {
      logger.info({ partition, why }, 'partition released');
    },
    fenced(partition: number, why: 'Fenced' | 'Rewound', detail: string) {
      fenced.inc({ why });
      logger.warn({ partition, why, detail }, 'ownership ended; the speculative state is dropped');
    },
    stale(partition: number, seq: number) {
      stale.inc({ partition });
      logger.warn({ partition, seq }, 'a former owner wrote this behind a take-over; it counts for nobody');
    },
    failed(partition: number, error: unknown) {
      logger.error({ partition, err: error }, 'partition stopped; it is tried again');
    },
    ratingHeld(partition: number, isHeld: boolean, bytes: number, bytesMax: number) {
      held.set({ partition }, isHeld ? 1 : 0);
      if (isHeld)
        logger.error(
          { partition, bytes, bytesMax },
          'RATED is nearly full: usage waits in the log, control is taken; raise its limit',
        );
      else logger.info({ partition, bytes, bytesMax }, 'RATED has room again: rating goes on');
    },
    logFull(partition: number) {
      full.inc({ partition });
      if (!refused.has(partition))
        logger.error({ partition }, 'RATED refuses for space; rating waits until there is some');
      refused.add(partition);
    },
    snapshot(partition: number, { outSeq, bytes }: Drawn, tookMs: number) {
      snapshots.inc({ partition });
      snapshotBytes.set({ partition }, bytes);
      snapshotSeconds.set({ partition }, tookMs / 1000);
      logger.info({ partition, outSeq, bytes, tookMs: Math.round(tookMs) }, 'snapshot saved');
    },
    snapshotFailed(partition: number, error: unknown) {
      logger.error({ partition, err: error }, 'a snapshot could not be saved; rating goes on, a restart takes longer');
    },
    committed(header: CommitHeader, before: CommitHeader['totals'], latencyMs: number | undefined) {
      commits.inc({ partition: header.partition });
      refused.delete(header.partition);
      for (const outcome of ['rated', 'duplicates', 'refused'] as const) {
        samples.inc({ outcome }, header.totals.samples[outcome] - before.samples[outcome]);
      }
      for (const { reason } of header.refusals) refusals.inc({ reason });
      const newest = header.refusals.at(-1);
      if (newest !== undefined)
        logger.warn({ partition: header.partition, count: header.refusals.length, newest }, 'refused');
      for (const alert of header.alerts) {
        alerts.inc({ type: alert.type });
        const { id, action, state, severity } = alert;
        logger.info({ alert: id, action, state, severity }, 'alert');
      }
      if (latencyMs !== undefined) latency.observe(latencyMs / 1000);
    },
  };
}
