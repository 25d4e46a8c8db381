/** Webhooks as Standard Webhooks 1.0.2 shapes and signs them. */
import type { Webhook } from 'standardwebhooks';
import type { WebhookBody } from '#core/messages/delivery.ts';
import type { Alert } from '#core/messages/alert.ts';
import { childTraceparent } from '#platform/telemetry.ts';
import type { Channel } from './channel.ts';
import { alertData, groupedBody, groupId } from './group.ts';
import type { Sender } from './sender.ts';

/** Signs until `untilMs`. While a secret is being replaced there are two. */
export interface Signer {
  readonly webhook: Webhook;
  readonly untilMs: number;
}

/** A percent such as "87.5" puts a full stop into an alert's id, which the standard bars from `webhook-id`. */
export const webhookId = (alertId: string): string => alertId.replaceAll('.', '_');

/** The same bytes in every attempt with the same alerts. */
export function webhookBody(alerts: readonly Alert[]): string {
  const [alert] = alerts;
  if (alerts.length > 1) return JSON.stringify(groupedBody(alerts));
  const { type, logTimeMs } = alert!;
  const body: WebhookBody = { type, timestamp: new Date(logTimeMs).toISOString(), data: alertData(alert!) };
  return JSON.stringify(body);
}

export function webhookHeaders(
  signers: readonly Signer[],
  alerts: readonly Alert[],
  body: string,
  nowMs: number,
): Record<string, string> {
  const id = webhookId(alerts.length > 1 ? groupId(alerts) : alerts[0]!.id);
  const signatures = signers
    .filter(({ untilMs }) => nowMs < untilMs)
    .map(({ webhook }) => webhook.sign(id, new Date(nowMs), body));
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'meterline',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(nowMs / 1000)),
    'webhook-signature': signatures.join(' '),
    traceparent: childTraceparent(alerts.at(-1)!.trace),
  };
}

export function webhookChannel(sender: Sender, signers: readonly Signer[]): Channel {
  return {
    async send(alerts, nowMs) {
      const body = webhookBody(alerts);
      const headers = webhookHeaders(signers, alerts, body, nowMs);
      const call = { to: sender.shown, webhookId: headers['webhook-id']!, bytes: Buffer.byteLength(body) };
      return { outcome: await sender.send(headers, body), call };
    },
    close: () => sender.close(),
  };
}
