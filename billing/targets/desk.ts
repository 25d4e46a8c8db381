/** What people ask the notifier for: an audit row first, then a message in `DELIVERIES`, which the notifier follows. */
import { randomBytes } from 'node:crypto';
import { deliveryId, type DeliveryRequest, type ReplayedDelivery } from '#core/messages/delivery.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { Alert } from '#core/messages/alert.ts';
import type { Log } from '#platform/log.ts';
import { newTraceparent } from '#platform/telemetry.ts';
import { change, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { archivedAttempts, type ArchiveQuery } from './archive.ts';
import { targetsOf } from './targets.ts';

interface Asker {
  readonly tenant: string;
  readonly actor: string;
}

export function deliveryDesk(office: Office, log: Pick<Log, 'append'>) {
  /** Should the message not be stored, the row stays: it was asked for, and whoever asked is told. */
  async function ask(
    by: Asker,
    target: string,
    what: { readonly action: string; readonly subject: string; readonly why: string },
    kind: { kind: 'replay'; deliveries: readonly ReplayedDelivery[] } | { kind: 'test'; alert: Alert },
  ): Promise<{ auditId: string }> {
    const after = kind.kind === 'replay' ? kind.deliveries.map(({ alertId }) => alertId) : {};
    const { auditId } = await change(office, { ...by, trace: '' }, async (tx) => {
      if (!(await targetsOf(tx, by.tenant)).some(({ id }) => id === target))
        throw billingError('TARGET_UNKNOWN', target, { target });
      return { result: undefined, recorded: { ...what, before: {}, after, changes: [] } };
    });
    const request: DeliveryRequest = {
      ...kind, tenant: by.tenant, target, by: by.actor, auditId: auditId!, atMs: office.now(),
    }; // prettier-ignore
    const data = Buffer.from(JSON.stringify(request));
    const { kind: outcome } = await log.append(streams.deliveries, subjects.deliveries(by.tenant, target), data);
    if (outcome !== 'stored') throw billingError('DELIVERY_LOG_REFUSED', `It answered: ${outcome}.`, { target });
    return { auditId: auditId! };
  }

  return {
    /** Attempts of the tenant, newest first, those that have left `DELIVERIES` among them. */
    archived: ({ tenant }: Pick<Asker, 'tenant'>, query: ArchiveQuery) => archivedAttempts(office.db, tenant, query),
    replay(by: Asker, target: string, deliveries: readonly ReplayedDelivery[], why: string) {
      const subject =
        deliveries.length === 1 ? `delivery/${deliveryId(target, deliveries[0]!.alertId)}` : `target/${target}`;
      return ask(by, target, { action: 'delivery.replay', subject, why }, { kind: 'replay', deliveries });
    },
    async test(by: Asker, target: string, why: string) {
      const alert = testAlert(by.tenant, target, office.now());
      const { auditId } = await ask(
        by,
        target,
        { action: 'target.test', subject: `target/${target}`, why },
        { kind: 'test', alert },
      );
      return { id: deliveryId(target, alert.id), auditId };
    },
  };
}

/** What a receiver is sent to show that it is reached and verifies: of no account, and asks for nothing. */
function testAlert(tenant: string, target: string, atMs: number): Alert {
  const id = `${tenant}:test:${target}:${randomBytes(6).toString('hex')}`;
  return {
    id, tenant, type: 'target.test', severity: 'info', source: `test:${target}`, account: 0, accountSlug: '', action: 'notify', state: 'within',
    targets: [target], logTimeMs: atMs, cause: null, trace: newTraceparent(),
  }; // prettier-ignore
}
