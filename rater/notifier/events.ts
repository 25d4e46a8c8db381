/** What happens in the notifier: each helper writes its metric and its log line together. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Delivery } from '#core/messages/api.ts';
import type { DeliveryRequest } from '#core/messages/delivery.ts';
import type { Logger } from '#platform/telemetry.ts';

export type LogUse = 'alert' | 'delivery' | 'position' | 'target' | 'commit' | 'trim';
export type NotifierEvents = ReturnType<typeof notifierEvents>;

export function notifierEvents(registry: Registry, logger: Logger) {
  const registers = [registry];
  const alertsCopied = new Counter({
    name: 'meterline_notifier_alerts_copied_total',
    help: 'Alerts written to the ALERTS stream, each once.',
    registers,
  });
  const attempts = new Counter({
    name: 'meterline_notifier_attempts_total',
    help: 'Attempts to deliver an alert to a target, by what came of them.',
    labelNames: ['status'],
    registers,
  });
  const deliverySeconds = new Histogram({
    name: 'meterline_notifier_delivery_seconds',
    help: "From the commit that raised an alert to the receiver's answer, delivered alerts only.",
    buckets: [0.001, 0.002, 0.003, 0.005, 0.008, 0.015, 0.03, 0.1, 0.5, 2, 10, 60, 600],
    registers,
  });
  const pendingDeliveries = new Gauge({
    name: 'meterline_notifier_pending_deliveries',
    help: 'Alerts that wait for a target, over all targets.',
    registers,
  });
  const messagesIgnored = new Counter({
    name: 'meterline_notifier_messages_ignored_total',
    help: 'Messages of RATED streams that do not chain to the one before.',
    registers,
  });
  const rewinds = new Counter({
    name: 'meterline_notifier_rewinds_total',
    help: 'Times a RATED stream had lost its tail and was read again from its beginning.',
    registers,
  });
  const targetsTurnedOff = new Counter({
    name: 'meterline_notifier_targets_turned_off_total',
    help: 'Targets turned off because they answered 410 Gone.',
    registers,
  });
  const failures = new Counter({
    name: 'meterline_notifier_failures_total',
    help: 'Times the notifier failed as a whole and began anew from what is recorded.',
    registers,
  });
  const logRetries = new Counter({
    name: 'meterline_notifier_log_retries_total',
    help: 'Reads and writes of the log that failed and are tried again, by what they were for.',
    labelNames: ['what'],
    registers,
  });
  const requests = new Counter({
    name: 'meterline_notifier_requests_total',
    help: 'Replays and tests that people asked for.',
    labelNames: ['kind'],
    registers,
  });
  const trimmedMessages = new Counter({
    name: 'meterline_notifier_trimmed_total',
    help: 'Messages that were settled and old, or in the way of a stream that filled, and have left ALERTS and DELIVERIES.',
    labelNames: ['stream'],
    registers,
  });
  return {
    started(pending: number, alerts: number) {
      logger.info({ pending, alerts }, 'notifier delivers');
    },
    failed(error: unknown) {
      failures.inc();
      logger.error({ err: error }, 'notifier failed: it begins anew');
    },
    alertCopied(alertId: string) {
      alertsCopied.inc();
      logger.info({ alert: alertId }, 'alert recorded');
    },
    attempted({ request: _request, response: _response, ...delivery }: Delivery) {
      attempts.inc({ status: delivery.status });
      if (delivery.status === 'delivered') deliverySeconds.observe(delivery.latencyMs / 1000);
      const level = delivery.status === 'delivered' ? 'info' : 'warn';
      logger[level]({ delivery }, `webhook ${delivery.status.replace('_', ' ')}`);
    },
    pending(count: number) {
      pendingDeliveries.set(count);
    },
    ignored(partition: number, seq: number) {
      messagesIgnored.inc();
      logger.warn({ partition, seq }, 'message ignored: it does not chain to the one before');
    },
    rewound(partition: number, outSeq: number) {
      rewinds.inc();
      logger.error({ partition, outSeq }, 'the log was rewound: reading it again from its beginning');
    },
    targetTurnedOff(target: string) {
      targetsTurnedOff.inc();
      logger.warn({ target }, 'webhook target turned off: it answered 410 Gone');
    },
    targetUnusable(target: string, code: string) {
      logger.warn({ target, code }, 'webhook target cannot be used');
    },
    logRetried(what: LogUse, reason: string) {
      logRetries.inc({ what });
      logger.warn({ what, reason }, 'the log did not answer as hoped: trying again');
    },
    asked({ kind, target, by, auditId }: DeliveryRequest) {
      requests.inc({ kind });
      logger.info({ target, by, audit: auditId }, kind === 'test' ? 'test asked for' : 'replay asked for');
    },
    replayIgnored(alertId: string, target: string) {
      logger.warn({ alert: alertId, target }, 'asked for again, but ALERTS has no such alert');
    },
    trimmed(stream: 'alerts' | 'deliveries', count: number) {
      trimmedMessages.inc({ stream }, count);
      logger.info({ stream, count }, 'what is settled has left the stream');
    },
    skipped(alertId: string, target: string) {
      logger.error({ alert: alertId, target }, 'alert names a target that cannot exist: not delivered to it');
    },
  };
}
