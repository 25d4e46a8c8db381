/** The back office as one part of the office process: database, publisher, access, routes and master data. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { Kvm } from '@nats-io/kv';
import type { TenantRecord } from '#core/messages/control.ts';
import { activePartitions, buckets } from '#core/messages/names.ts';
import { dataPaths, type Config } from '#platform/config.ts';
import type { Routes } from '#platform/http/index.ts';
import { jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { migrate, openDatabase } from '#platform/postgres/index.ts';
import { loadSealingKey } from '#platform/sealing.ts';
import { newTraceparent, type Logger } from '#platform/telemetry.ts';
import { authenticate, logIn, logOut } from './access/access.ts';
import { ensureAdminKey } from './access/adminKey.ts';
import { checkKeyBucket, reconcileCheckKeys } from './access/checkKeys.ts';
import { accountsOf, tenantIds } from './accounts/accounts.ts';
import { applyDocument, type Secrets } from './apply/index.ts';
import { budgetsOf } from './budgets/budgets.ts';
import { seedBudgets, type BudgetPorts } from './budgets/seeds.ts';
import { agreedOf } from './catalogue/agreed.ts';
import { metersOf, pricesOf } from './catalogue/catalogue.ts';
import { pricingUnitsOf } from './catalogue/pricingUnits.ts';
import { lastPoint, oneSeries } from './catalogue/series.ts';
import type { Office } from './change.ts';
import { billingError } from './errors.ts';
import { billingEvents, type BillingEvents } from './events.ts';
import { settleOutcomes } from './outbox/outcomes.ts';
import { Publisher } from './outbox/publisher.ts';
import { reconcileOutbox } from './outbox/publish.ts';
import { correctionsNamed } from './corrections/corrections.ts';
import type { CorrectionPorts } from './corrections/ports.ts';
import { workOnCorrections } from './corrections/work.ts';
import { closeByThemselves } from './periods/automatic.ts';
import type { ClosePorts } from './periods/gather.ts';
import { producersOf } from './producers/producers.ts';
import { billingRoutes } from './routes.ts';
import type { Db, Tables } from './schema.ts';
import { archiveDeliveries } from './targets/archive.ts';
import { deliveryDesk } from './targets/desk.ts';
import { reconcileTargets, targetBucket } from './targets/targets.ts';

/** What the back office asks of the other parts. */
export interface BillingPorts {
  readonly closes: ClosePorts;
  readonly corrections: CorrectionPorts;
  readonly budgets: BudgetPorts;
}

export type Billing = Awaited<ReturnType<typeof createBilling>>;

/**
 * Opens and migrates the database, agrees with the log and the bucket on what was published, applies the first
 * organisation, and sees to the administrator's key. `start` then publishes until its signal aborts.
 */
export async function createBilling(config: Config, connection: NatsConnection, logger: Logger, ports: BillingPorts) {
  const paths = dataPaths(config.dataDir);
  const events = billingEvents(logger);
  const database = await openDatabase<Tables>(config.postgres.url);
  try {
    const { db } = database;
    await migrate(db, new URL('./migrations/', import.meta.url));
    const log = await jetstreamLog(connection);
    const targets = await targetBucket(connection, config.nats.replicas);
    for (const { partition, messages } of await reconcileOutbox(db, log, activePartitions(config)))
      events.logBehind(partition, messages);
    for (const each of (await settleOutcomes(db, log, Date.now)).rejected) events.rejected(each);
    await reconcileTargets(db, targets);
    const notifierBucket = await new Kvm(connection).create(buckets.notifier, { replicas: config.nats.replicas });
    const checkKeys = await checkKeyBucket(connection, config.nats.replicas);
    await reconcileCheckKeys(db, checkKeys);
    const publisher = new Publisher({ db, log, targets, checkKeys, events, now: Date.now });
    const office: Office = { db, now: Date.now, placement: config, wake: publisher.wake };
    const secrets: Secrets = { sealingKey: loadSealingKey(paths.sealingKey), targetSecrets: paths.targetSecrets };
    await applyFirst(office, secrets, config.office.applyAtFirstStart, events);
    for (const [index, tenant] of (await tenantIds(db)).entries()) {
      await ensureAdminKey(office, tenant, index === 0 ? paths.adminKey : paths.adminKeyOf(tenant));
    }
    return {
      access: accessOf(office, events),
      master: masterData(db),
      routes: billingRoutes({ office, secrets, events, targets, ...ports }) satisfies Routes,
      async start(signal: AbortSignal): Promise<void> {
        await Promise.all([
          publisher.run(signal),
          closeByThemselves(office, ports.closes, events, signal),
          seedBudgets(office, ports.budgets, events, signal),
          workOnCorrections(office, ports.corrections, events, signal),
          archiveDeliveries({ db, log, bucket: notifierBucket }, events, signal),
        ]);
      },
      desk: deliveryDesk(office, log),
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

const accessOf = (office: Office, events: BillingEvents) => ({
  /** The identity behind an API key (`mtl_…`) or a session (`mts_…`), now. */
  authenticate: (credential: string) => authenticate(office, credential),
  /** Trades a login link's token for a session; throws LOGIN_LINK_INVALID. */
  async redeemLogin(token: string) {
    const session = await logIn(office, token);
    events.loggedIn(session.identity.tenant, session.identity.actor);
    return session;
  },
  endSession: (session: string) => logOut(office, session),
});

/** Master data as committed; published to the log a moment later. */
const masterData = (db: Db) => ({
  async tenants(): Promise<(TenantRecord & { readonly partition: number })[]> {
    const rows = await db.selectFrom('tenant').selectAll().orderBy('created_ms').orderBy('id').execute();
    return rows.map(({ id, name, currency, time_zone: timeZone, partition }) => ({
      id,
      name,
      currency,
      timeZone,
      partition,
    }));
  },
  accounts: (tenant: string) => accountsOf(db, tenant),
  budgets: (tenant: string) => budgetsOf(db, tenant),
  producers: (tenant: string) => producersOf(db, tenant),
  meters: (tenant: string) => metersOf(db, tenant),
  prices: (tenant: string) => pricesOf(db, tenant),
  meter: async (tenant: string, id: string) => (await metersOf(db, tenant)).find((meter) => meter.id === id),
  fees: (tenant: string) => agreedOf(db, tenant, 'fee'),
  agreements: (tenant: string) => agreedOf(db, tenant, 'agreement'),
  correction: async (tenant: string, id: string) => (await correctionsNamed(db, tenant, id))[0],
  pricingUnits: (tenant: string) => pricingUnitsOf(db, tenant),
  async series(tenant: string, id: string, atMs: number) {
    const record = await oneSeries(db, tenant, id);
    return record && { record, points: await lastPoint(db, tenant, id, atMs) };
  },
  price: async (tenant: string, id: number) => (await pricesOf(db, tenant)).find((price) => price.id === id),
});

/** Applies the configured file while its tenant does not exist yet; afterwards the file is nobody's business. */
async function applyFirst(office: Office, secrets: Secrets, path: string, events: BillingEvents): Promise<void> {
  if (path === '') return;
  const text = readOrganisationFile(path);
  const tenant = tenantIdOf(text);
  const known = await tenantIds(office.db);
  if (tenant !== undefined && known.includes(tenant)) return;
  const author = { tenant: tenant ?? '', actor: 'system', trace: newTraceparent() };
  const options = { file: basename(path), dryRun: false, reason: 'first start', isAdmin: true };
  events.applied(author.tenant, await applyDocument(office, author, secrets, text, options));
}

function readOrganisationFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw billingError(
      'ORGANISATION_UNREADABLE',
      `${path} (${(cause as NodeJS.ErrnoException).code}).`,
      { path },
      cause,
    );
  }
}

/** Just the id; what is wrong with the file is for `applyDocument` to say. */
function tenantIdOf(text: string): string | undefined {
  try {
    const id = (parse(text, { schema: 'failsafe' }) as { tenant?: { id?: unknown } } | null)?.tenant?.id;
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
