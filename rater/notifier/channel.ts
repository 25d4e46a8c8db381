/** The way to one target: what an alert looks like there, and how it is sent. */
import type { DeliveryCall } from '#core/messages/api.ts';
import type { Alert } from '#core/messages/alert.ts';
import type { SentOutcome } from './sender.ts';

export interface Sent {
  readonly outcome: SentOutcome;
  readonly call: DeliveryCall;
}

export interface Channel {
  /** One alert, or many as one. Never rejects: whatever happens is an outcome. */
  send(alerts: readonly Alert[], nowMs: number): Promise<Sent>;
  close(): void;
}
