/** Many alerts as one: what an alert storm comes to. */
import type { Alert } from '#core/messages/alert.ts';
import type { AlertData, GroupedBody } from '#core/messages/delivery.ts';
import { sha256 } from '#platform/crypto.ts';
import { notifierLimits } from './limits.ts';

/** Follows from the alerts' ids, so that another attempt with the same ones has the same id. */
export const groupId = (alerts: readonly Alert[]): string =>
  `group:${sha256(Buffer.from(alerts.map(({ id }) => id).join('\n'))).slice(0, 32)}`;

export function groupedBody(alerts: readonly Alert[]): GroupedBody {
  const sources = new Map<string, GroupedBody['data']['sources'][number]>();
  for (const alert of alerts) {
    const { account, accountSlug, action, state, logTimeMs } = alert;
    const source = alert.source;
    const first = sources.get(source)?.first ?? state;
    sources.set(source, { source, account, accountSlug, first, last: state, action, logTimeMs });
  }
  return {
    type: 'alerts.grouped',
    timestamp: new Date(Math.max(...alerts.map(({ logTimeMs }) => logTimeMs))).toISOString(),
    data: {
      id: groupId(alerts),
      tenant: alerts[0]!.tenant,
      count: alerts.length,
      ids: alerts.map(({ id }) => id),
      sources: [...sources.values()],
      alerts: alerts.slice(0, notifierLimits.groupListedMax).map(alertData),
    },
  };
}

/** What a receiver is told of an alert: neither its other targets nor our trace. */
export function alertData({ targets: _targets, trace: _trace, ...data }: Alert): AlertData {
  return data;
}
