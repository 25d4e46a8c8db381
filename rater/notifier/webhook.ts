/** One webhook as Standard Webhooks 1.0.2 shapes and signs it. */
import { Webhook } from 'standardwebhooks';
import type { WebhookBody } from '#core/messages/delivery.ts';
import type { Alert } from '#core/messages/alert.ts';
import { childTraceparent } from '#platform/telemetry.ts';

/** A percent such as "87.5" puts a full stop into an alert's id, which the standard bars from `webhook-id`. */
export const webhookId = (alertId: string): string => alertId.replaceAll('.', '_');

/** The same bytes in every attempt. */
export function webhookBody(alert: Alert): string {
  const { targets: _targets, trace: _trace, ...data } = alert;
  const body: WebhookBody = { type: alert.type, timestamp: new Date(alert.logTimeMs).toISOString(), data };
  return JSON.stringify(body);
}

export function webhookHeaders(signer: Webhook, alert: Alert, body: string, atMs: number): Record<string, string> {
  const id = webhookId(alert.id);
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'meterline',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1000)),
    'webhook-signature': signer.sign(id, new Date(atMs), body),
    traceparent: childTraceparent(alert.trace),
  };
}
