import {
  Counter,
  Gauge,
  register,
  type CounterConfiguration,
  type GaugeConfiguration,
  type Registry,
} from 'prom-client';
import type { Logger } from '#platform/telemetry.ts';

export type CloseReason = 'stalled' | 'silent' | 'revoked' | 'talkative' | 'draining';
export type FaultPart = 'mirror' | 'master' | 'store' | 'history' | 'request';

function metricsOf(registry: Registry) {
  const counter = <Label extends string>(options: CounterConfiguration<Label>) =>
    new Counter({ ...options, registers: [registry] });
  const gauge = (options: GaugeConfiguration<string>) => new Gauge({ ...options, registers: [registry] });
  return {
    commits: counter({
      name: 'meterline_dashboards_commits_total',
      help: 'Commits that the live mirror read, by what it did with them: apply, ignore, resync.',
      labelNames: ['verdict'],
    }),
    syncs: counter({
      name: 'meterline_dashboards_mirror_syncs_total',
      help: 'Times that a partition’s mirror was synced from its owner.',
    }),
    faults: counter({
      name: 'meterline_dashboards_faults_total',
      help: 'Failures that were retried or shown, by part: mirror, master, store, history, request.',
      labelNames: ['part'],
    }),
    clients: gauge({
      name: 'meterline_dashboards_live_clients',
      help: 'Pages that are connected to the live gateway.',
    }),
    pushes: counter({
      name: 'meterline_dashboards_live_pushes_total',
      help: 'Messages sent to live clients, by kind: state, delta, skipped (the client was slow).',
      labelNames: ['kind'],
    }),
    closed: counter({
      name: 'meterline_dashboards_live_closed_total',
      help: 'Live clients that the gateway closed, by reason: stalled, silent, revoked, talkative, draining.',
      labelNames: ['reason'],
    }),
    refusals: counter({
      name: 'meterline_dashboards_refused_requests_total',
      help: 'Requests refused before their route ran, by error code.',
      labelNames: ['code'],
    }),
    logins: counter({
      name: 'meterline_dashboards_logins_total',
      help: 'Attempts to log in by one-time link, by outcome: ok, refused, limited.',
      labelNames: ['outcome'],
    }),
  };
}

/** One helper per business event: metric and log line together. No tenant, address or credential is a label. */
export function dashboardEvents(logger: Logger, registry: Registry = register) {
  const metrics = metricsOf(registry);
  const fault = (part: FaultPart, message: string, error: unknown, fields: object = {}) => {
    metrics.faults.inc({ part });
    logger.warn({ ...fields, err: error }, message);
  };
  return {
    registry,
    commitSeen(partition: number, verdict: 'apply' | 'ignore' | 'resync'): void {
      metrics.commits.inc({ verdict });
      if (verdict !== 'apply') logger.info({ partition, verdict }, 'a commit does not chain');
    },
    mirrorSynced(partition: number, outSeq: number): void {
      metrics.syncs.inc();
      logger.info({ partition, outSeq }, 'live mirror synced');
    },
    mirrorBroke: (partition: number, error: unknown) =>
      fault('mirror', 'live mirror starts anew', error, { partition }),
    masterFailed: (tenant: string, error: unknown) =>
      fault('master', 'master data could not be read', error, { tenant }),
    storeFailed: (tenant: string, error: unknown) => fault('store', 'the store did not answer', error, { tenant }),
    historyBroke: (stream: string, error: unknown) =>
      fault('history', 'a history stream is read anew', error, { stream }),
    requestBroke: (route: string, error: unknown) => fault('request', 'a request failed', error, { route }),
    clientsNow: (count: number) => metrics.clients.set(count),
    pushed: (kind: 'state' | 'delta' | 'skipped') => metrics.pushes.inc({ kind }),
    clientClosed(tenant: string, reason: CloseReason): void {
      metrics.closed.inc({ reason });
      logger.info({ tenant, reason }, 'live client closed');
    },
    requestRefused: (code: string) => metrics.refusals.inc({ code }),
    login(outcome: 'ok' | 'refused' | 'limited', address: string): void {
      metrics.logins.inc({ outcome });
      logger.info({ outcome, address }, 'login by link');
    },
    listening: (url: string) => logger.info({ url }, 'dashboards listen'),
  };
}

export type DashboardEvents = ReturnType<typeof dashboardEvents>;
