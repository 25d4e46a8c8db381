import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { webhookBody, webhookHeaders } from './webhook.ts';
import { alertOf } from './testHarness.ts';

/** Of the specification's example. */
const key = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const secret = `whsec_${key}`;

/** The scheme as the specification words it, by hand: base64 of HMAC-SHA256 over id, seconds and body, joined by full stops. */
const signature = (id: string, seconds: number, body: string): string =>
  `v1,${createHmac('sha256', Buffer.from(key, 'base64')).update(`${id}.${seconds}.${body}`).digest('base64')}`;

test('signs as Standard Webhooks 1.0.2 does: its published vector, and our webhooks', () => {
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  const published = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
  const body = '{"test": 2432232314}';
  expect(signature(id, 1_614_265_330, body)).toBe(published);
  expect(new Webhook(secret).sign(id, new Date(1_614_265_330_000), body)).toBe(published);

  const alert = alertOf('t:b:2026-11:87.5:0');
  const text = webhookBody([alert]);
  const headers = webhookHeaders(
    [{ webhook: new Webhook(secret), untilMs: Infinity }],
    [alert],
    text,
    1_790_000_000_999,
  );
  expect(headers['webhook-id']).not.toContain('.');
  expect(headers['webhook-timestamp']).toBe('1790000000');
  expect(headers['webhook-signature']).toBe(signature(headers['webhook-id']!, 1_790_000_000, text));
  expect(Object.keys(JSON.parse(text) as object)).toEqual(['type', 'timestamp', 'data']);
});
