/** What the notifier keeps beside the log: the copy of each alert in `ALERTS`, and the webhook targets it is told of. */
import type { Alert } from './alert.ts';

/** Payload of an `ALERTS` message. The stream holds each alert id once. */
export type AlertRecord = Alert & {
  /** The commit that raised it: message `outSeq` of `RATED_<partition>`. */
  readonly partition: number;
  readonly outSeq: number;
  /** Broker's timestamp of that commit, UTC ms. */
  readonly committedAtMs: number;
};

/** Value in the bucket `TARGETS` under `<tenant>.<target>`; billing writes it, the notifier only turns it off. */
export interface TargetRecord {
  readonly url: string;
  /** The Standard Webhooks secret (`whsec_…`), sealed with the instance's sealing key. */
  readonly secret: string;
  readonly enabled: boolean;
  /** Why the notifier turned it off: the receiver answered 410 Gone. */
  readonly disabled?: { readonly reason: 'gone'; readonly atMs: number };
}

/** Body of a webhook, as Standard Webhooks 1.0.2 shapes it. */
export interface WebhookBody {
  readonly type: Alert['type'];
  /** When the alert was raised (log time), ISO 8601 in UTC; the same in every attempt. */
  readonly timestamp: string;
  readonly data: Omit<Alert, 'targets' | 'trace'>;
}
