/** What happens in the back office: each helper writes the metric and the log line together. */
import { Counter, register, type Registry } from 'prom-client';
import type { Logger } from '#platform/telemetry.ts';
import type { Rejected } from './outbox/outcomes.ts';

export interface BillingEvents {
  applied(
    tenant: string,
    counts: { readonly added: number; readonly changed: number; readonly messages: number },
  ): void;
  applyRefused(tenant: string, error: unknown): void;
  changed(action: string, subject: string, actor: string): void;
  loggedIn(tenant: string, user: string): void;
  published(messages: number): void;
  publishRetried(partition: number, outcome: string): void;
  rejected(message: Rejected): void;
  logBehind(partition: number, messages: number): void;
  /** A period that was to close by itself did not; `subject` is `<tenant>/<account>`. */
  closeFailed(subject: string, error: unknown): void;
  /** A step of a correction did not succeed; it is tried again. */
  correctionFailed(error: unknown): void;
  /** A budget was not told what came before it; it is tried again. */
  seedFailed(error: unknown): void;
  /** Attempts of deliveries were not archived; it is tried again, and until then they stay in their stream. */
  archiveFailed(error: unknown): void;
}

export function billingEvents(logger: Logger, registry: Registry = register): BillingEvents {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `meterline_billing_${name}`, help, labelNames, registers: [registry] });
  const applies = counter('applies_total', 'Organisation files applied or refused.', ['result']);
  const changes = counter('changes_total', 'Changes of master data by kind of action.', ['action']);
  const logins = counter('logins_total', 'Sessions opened by login links.');
  const publishedMessages = counter('outbox_published_total', 'Control messages stored in the log.');
  const rejectedMessages = counter('outbox_rejected_total', 'Control messages that the rater rejected.');
  const lostMessages = counter(
    'outbox_lost_total',
    'Control messages that the log had lost and that were published again.',
  );
  const retries = counter('outbox_retries_total', 'Publishing passes that a log or bucket did not take.');
  const closesFailed = counter(
    'automatic_closes_failed_total',
    'Looks at periods to be closed by themselves that failed.',
  );
  const correctionsFailed = counter(
    'correction_steps_failed_total',
    'Steps of corrections that failed and are tried again.',
  );
  const archivesFailed = counter(
    'delivery_archives_failed_total',
    'Times attempts of deliveries were not archived; tried again.',
  );
  const seedsFailed = counter(
    'budget_seeds_failed_total',
    'Budgets that were not told what came before them; tried again.',
  );
  return {
    correctionFailed(error) {
      correctionsFailed.inc();
      logger.warn({ error: String(error) }, 'a step of a correction failed');
    },
    archiveFailed(error) {
      archivesFailed.inc();
      logger.warn({ error: String(error) }, 'attempts of deliveries were not archived');
    },
    seedFailed(error) {
      seedsFailed.inc();
      logger.warn({ error: String(error) }, 'a budget was not told what came before it');
    },
    applied(tenant, { added, changed, messages }) {
      applies.inc({ result: added + changed === 0 ? 'unchanged' : 'applied' });
      logger.info({ tenant, added, changed, messages }, 'organisation file applied');
    },
    applyRefused(tenant, error) {
      applies.inc({ result: 'refused' });
      logger.warn({ tenant, code: (error as { code?: string }).code }, 'organisation file refused');
    },
    changed(action, subject, actor) {
      changes.inc({ action });
      logger.info({ action, subject, actor }, 'master data changed');
    },
    loggedIn(tenant, user) {
      logins.inc();
      logger.info({ tenant, user }, 'user logged in');
    },
    published(messages) {
      publishedMessages.inc(messages);
      logger.debug({ messages }, 'control messages published');
    },
    rejected(message) {
      rejectedMessages.inc();
      logger.error(message, 'the rater rejected a control message; what it knows differs from the database');
    },
    logBehind(partition, messages) {
      lostMessages.inc(messages);
      logger.error({ partition, messages }, 'the control log has lost its end; what it lacks is published again');
    },
    closeFailed(subject, error) {
      closesFailed.inc();
      logger.warn({ subject, err: error }, 'a period did not close by itself; tried again');
    },
    publishRetried(partition, outcome) {
      retries.inc();
      logger.warn({ partition, outcome }, 'outbox not published, will try again');
    },
  };
}
