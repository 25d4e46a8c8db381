/** What the notifier keeps beside the log: the copy of each alert in `ALERTS`, the targets it is told of, what it is asked for. */
import type { Alert } from './alert.ts';
import type { Delivery } from './api.ts';

/** Payload of an `ALERTS` message. The stream holds each alert id once. */
export type AlertRecord = Alert & {
  /** The commit that raised it: message `outSeq` of `RATED_<partition>`. */
  readonly partition: number;
  readonly outSeq: number;
  /** Broker's timestamp of that commit, UTC ms. */
  readonly committedAtMs: number;
};

/**
 * `webhook`: signed, for programs. The others tell people: `slack` (also Mattermost, Rocket.Chat), `teams` (a workflow that
 * takes adaptive cards), `chat` (anything that takes `{"text"}`), `mail` (SMTP).
 */
export const targetKinds = ['webhook', 'slack', 'teams', 'chat', 'mail'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** Value in the bucket `TARGETS` under `<tenant>.<target>`; billing writes it, the notifier only turns it off. */
export interface TargetRecord {
  /** Absent for a webhook. */
  readonly kind?: TargetKind;
  /** Of a webhook where to; of a mail server `smtp://host:port` or `smtps://…`; of a chat its host alone. */
  readonly url: string;
  /**
   * Sealed with the instance's sealing key: of a webhook the Standard Webhooks secret (`whsec_…`), of a chat the whole
   * address, for who knows it may write; of a mail server the password, "" for none.
   */
  readonly secret: string;
  /** The webhook secret before it, sealed: deliveries are signed with both until then, UTC ms. */
  readonly previous?: { readonly secret: string; readonly untilMs: number };
  readonly enabled: boolean;
  /** Why the notifier turned it off: the receiver answered 410 Gone. */
  readonly disabled?: { readonly reason: 'gone'; readonly atMs: number };
  readonly mail?: MailAddresses;
  readonly limits?: TargetLimits;
}

export interface MailAddresses {
  readonly from: string;
  readonly to: readonly string[];
  /** Whom the password is of; absent where the server asks for none. */
  readonly user?: string;
}

/** What its receiver can take; absent ones are the kind's own (`targetDefaults`). */
export interface TargetLimits {
  /** Requests under way at once. */
  readonly concurrency?: number;
  /** Requests a minute, evenly spread; absent for as many as there are. */
  readonly perMinute?: number;
  /** `source`: one after the other of each source; `target`: of all of them. */
  readonly order?: 'source' | 'target';
  /** Alerts in ten seconds beyond which they go grouped. */
  readonly groupAfter?: number;
  /** Hours from an alert's first attempt until it is given up. */
  readonly retryHours?: number;
}

/** Least and most of each limit. */
export const targetLimitBounds = {
  concurrency: [1, 16],
  perMinute: [1, 6000],
  groupAfter: [1, 1000],
  retryHours: [1, 14 * 24],
} as const;

/** Chat services take about one message a second and hook; people read no more than a few. */
export function targetDefaults(kind: TargetKind): TargetLimits & Required<Omit<TargetLimits, 'perMinute'>> {
  const { order, retryHours } = { order: 'source', retryHours: 72 } as const;
  if (kind === 'webhook') return { concurrency: 4, order, groupAfter: 200, retryHours };
  return { concurrency: 1, perMinute: 60, order, groupAfter: kind === 'mail' ? 3 : 5, retryHours };
}

/**
 * What the office asks the notifier for, as a message of `DELIVERIES` under the target's subject: so it is kept, in order
 * with the attempts, and known to whichever process delivers. `by` is who asked, `auditId` the row that says why.
 */
export type DeliveryRequest = {
  readonly tenant: string;
  readonly target: string;
  readonly by: string;
  readonly auditId: string;
  readonly atMs: number;
} & (
  | { readonly kind: 'replay'; readonly deliveries: readonly ReplayedDelivery[] }
  /** The alert is in no commit and not in `ALERTS`: it is delivered once and kept here. */
  | { readonly kind: 'test'; readonly alert: Alert }
);

/** A delivery that is to be attempted again, under the same webhook-id. */
export interface ReplayedDelivery {
  readonly alertId: string;
  /** Attempts so far, so that the count goes on. */
  readonly attempts: number;
  /** Which replay this is, from 1. */
  readonly replay: number;
}

/**
 * An attempt as a message of `DELIVERIES`. One request may carry many alerts: the first one's record then lists the
 * others by what is different with them.
 */
export type DeliveryRecord = Delivery & {
  readonly others?: readonly (Pick<Delivery, 'alertId'> & Partial<Delivery>)[];
};

export function recordOf([first, ...rest]: readonly [Delivery, ...Delivery[]]): DeliveryRecord {
  if (rest.length === 0) return first;
  const differs = (delivery: Delivery) =>
    Object.fromEntries(
      Object.entries(delivery).filter(([key, value]) => key !== 'group' && value !== first[key as keyof Delivery]),
    ) as unknown as Pick<Delivery, 'alertId'>;
  return { ...first, others: rest.map(differs) };
}

/** The attempts that a record is about. What was sent and answered is with the first alone. */
export function deliveriesOf({ others = [], ...first }: DeliveryRecord): readonly Delivery[] {
  const { request: _request, response: _response, ...common } = first;
  return [first, ...others.map((other) => ({ ...common, ...other }))];
}

/** How an alert's delivery to a target is named; targets have no "~". */
export const deliveryId = (target: string, alertId: string): string => `${target}~${alertId}`;

/** Body of a webhook, as Standard Webhooks 1.0.2 shapes it. */
export interface WebhookBody {
  readonly type: Alert['type'];
  /** When the alert was raised (log time), ISO 8601 in UTC; the same in every attempt. */
  readonly timestamp: string;
  readonly data: AlertData;
}

export type AlertData = Omit<Alert, 'targets' | 'trace'>;

/** Body of a webhook in an alert storm: what would have been many. */
export interface GroupedBody {
  readonly type: 'alerts.grouped';
  /** Of the newest alert in it. */
  readonly timestamp: string;
  readonly data: {
    /** Follows from the ids: the same alerts together are the same webhook. */
    readonly id: string;
    readonly tenant: string;
    readonly count: number;
    /** Of all alerts in it, in order: each counts as received. */
    readonly ids: readonly string[];
    /** Where each source stood with its first and its last alert in it; the last is where it stands. */
    readonly sources: readonly {
      readonly source: string;
      readonly account: number;
      readonly accountSlug: string;
      readonly first: string;
      readonly last: string;
      readonly action: Alert['action'];
      readonly logTimeMs: number;
    }[];
    /** The first 50, whole. */
    readonly alerts: readonly AlertData[];
  };
}
