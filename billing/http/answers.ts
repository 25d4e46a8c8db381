/**
 * Shapes of the back office's answers, for the API's description and its serializer. `satisfies` holds them to the
 * types: a field that is missing here does not compile, one that is missing there neither.
 */
import { z } from 'zod';
import type { Acknowledgement } from '#core/messages/alert.ts';
import { checkNames, type AccountChecklist, type PeriodList } from '#core/messages/periods.ts';
import type { Accounts, AgreementList, Fees, Me, Meters, Prices, PricingUnits } from '#core/messages/api.ts';
import type { AccountRecord, OwnershipRecord, ProducerRecord } from '#core/messages/control.ts';
import { approvedAgreementSchema, approvedFeeSchema } from '#platform/http/agreed.ts';
import { seriesIntervals, type SeriesRecord } from '#core/messages/series.ts';
import { approvedPriceSchema, meterSchema } from '#platform/http/catalogue.ts';
import { roles } from '#platform/http/index.ts';
import type { ApiKey, LoginLink } from '../access/access.ts';
import type { UserRow } from '../access/users.ts';
import type { ApplyResult } from '../apply/index.ts';
import { sectionOrder } from '../apply/plan.ts';
import type { AuditRow } from '../audit/append.ts';
import type { ChainCheck } from '../audit/read.ts';
import type { ApprovedPrice } from '../catalogue/catalogue.ts';
import type { Outcome } from '../outbox/outcomes.ts';
import type { PeriodBorder } from '../periods/periods.ts';
import type { JsonValue } from '../schema.ts';
import { targetKinds, targetLimitBounds, type TargetLimits } from '#core/messages/delivery.ts';
import type { Target } from '../targets/targets.ts';

export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
export const amount = z.string().describe('Decimal text in the currency named.');
export const instant = z.number().describe('UTC ms.');
const json = z.custom<JsonValue>().meta({ description: 'Any JSON value.' });
const role = z.enum(roles);
export const auditId = z.string().nullable().describe('The audit row; null when nothing changed.');

/** What the rater made of a change. */
export const outcome = {
  outcome: z
    .enum(['taken', 'rejected', 'pending'])
    .optional()
    .describe('What the rater made of it; absent when nothing changed. `pending`: a rejection will be audited.'),
  rejected: list(z.string()).optional().describe('Reasons of the rater.'),
};

export const me = z.object({
  actor: z.string(),
  role,
  tenant: z.object({
    id: z.string(),
    name: z.string(),
    currency: z.string(),
    timeZone: z.string(),
    pricingUnits: list(z.object({ id: z.string(), name: z.string(), decimals: z.number() })),
  }),
}) satisfies z.ZodType<Me>;

const account = z.object({
  id: z.number(),
  slug: z.string(),
  name: z.string(),
  parent: z.number().describe('0 for a root.'),
  type: z.enum(['organisation', 'department', 'project', 'host', 'client', 'suspense']),
  timeZone: z.string(),
  startsOn: z.string().exactOptional().describe('The day that anniversaries of the account count from.'),
}) satisfies z.ZodType<AccountRecord>;

const price = approvedPriceSchema satisfies z.ZodType<ApprovedPrice>;

const ownershipRecord = z.object({
  resource: z.string(),
  account: z.number(),
  fromMs: instant,
}) satisfies z.ZodType<OwnershipRecord>;

const within = ([min, max]: readonly [number, number]) => z.number().int().min(min).max(max).exactOptional();

/** Also what may be set. */
export const targetLimits = z.strictObject({
  concurrency: within(targetLimitBounds.concurrency),
  perMinute: within(targetLimitBounds.perMinute),
  order: z.enum(['source', 'target']).exactOptional(),
  groupAfter: within(targetLimitBounds.groupAfter),
  retryHours: within(targetLimitBounds.retryHours).describe('After so long an alert is given up; 72 without.'),
}) satisfies z.ZodType<TargetLimits>;

const target = z.object({
  id: z.string(),
  kind: z.enum(targetKinds),
  url: z.string().describe('Of a chat, whose address is secret, its host and a fingerprint.'),
  enabled: z.boolean(),
  mail: z.object({ from: z.string(), to: list(z.string()), user: z.string().exactOptional() }).exactOptional(),
  limits: targetLimits,
}) satisfies z.ZodType<Target>;

const producer = z.object({
  id: z.string(),
  type: z.enum(['agent', 'gateway', 'importer']),
  simulated: z.boolean(),
  keys: list(z.object({ id: z.string(), publicKey: z.string() })),
  enabled: z.boolean(),
  completeUntilMs: instant.exactOptional().describe('Up to where an operator said, last, that all of it has come.'),
}) satisfies z.ZodType<ProducerRecord>;

const user = z.object({ id: z.string(), name: z.string(), role, enabled: z.boolean() }) satisfies z.ZodType<UserRow>;
const keyScope = z.enum(['office', 'checks']).describe('`checks`: for raters alone.');
const keyAccount = z.number().describe('For scope checks: the account whose subtree it is confined to; 0 for all.');
const key = z.object({
  id: z.string(),
  role,
  scope: keyScope,
  account: keyAccount,
  createdAtMs: instant,
}) satisfies z.ZodType<ApiKey>;

const auditRow = z.object({
  tenant: z.string(),
  seq: z.number().describe('Gapless from 1.'),
  id: z.string(),
  atMs: instant,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  before: json,
  after: json,
  why: z.string(),
  prevHash: z.string(),
  hash: z.string(),
}) satisfies z.ZodType<AuditRow>;

export const accounts = z.object({ accounts: list(account) }) satisfies z.ZodType<Accounts>;
export const meters = z.object({ meters: list(meterSchema) }) satisfies z.ZodType<Meters>;
export const prices = z.object({ prices: list(price) }) satisfies z.ZodType<Prices>;
export const fees = z.object({ fees: list(approvedFeeSchema) }) satisfies z.ZodType<Fees>;
export const agreements = z.object({
  agreements: list(approvedAgreementSchema),
}) satisfies z.ZodType<AgreementList>;
export const pricingUnits = z.object({
  pricingUnits: list(
    z.object({
      id: z.string().describe('What stands where a currency would.'),
      name: z.string(),
      decimals: z.number().describe('Decimals that amounts are shown with; nothing is rounded to them.'),
      value: z
        .object({
          currency: z.string(),
          points: list(z.object({ fromMs: instant, amount: z.string().describe('Money for one unit, decimal text.') })),
        })
        .exactOptional()
        .describe('What one unit is worth; absent: nobody says.'),
    }),
  ),
}) satisfies z.ZodType<PricingUnits>;
const seriesRecord = z.object({
  id: z.string(),
  name: z.string(),
  currency: z.string(),
  unit: z.string().describe('What a point prices one of.'),
  interval: z.enum(seriesIntervals),
  timeZone: z.string(),
  maxAgeMs: z.number().exactOptional().describe('How old the last known point may be to stand in for a missing one.'),
}) satisfies z.ZodType<SeriesRecord>;
export const series = z.object({ series: list(seriesRecord) });
export const points = z.object({
  series: seriesRecord,
  points: list(
    z.object({
      fromMs: instant,
      value: z.string().describe('Decimal text, in the currency of the series per its unit.'),
      revision: z.number(),
      source: z.string(),
      publishedBy: z.string(),
      publishedAtMs: instant,
    }),
  ),
});
export const publishedPoints = z.object({
  series: z.string(),
  added: z.number(),
  revised: z.number(),
  unchanged: z.number(),
  auditId,
  ...outcome,
});
export const ownership = z.object({ ownership: list(ownershipRecord) });
export const targets = z.object({
  targets: list(
    target.extend({
      disabled: z
        .object({ reason: z.literal('gone'), atMs: instant })
        .exactOptional()
        .describe('The receiver answered 410 Gone; PATCH with `enabled: true` turns it on again.'),
    }),
  ),
});
export const users = z.object({ users: list(user) });
export const apiKeys = z.object({ keys: list(key) });
export const newApiKey = z.object({
  id: z.string(),
  role,
  scope: keyScope,
  key: z.string().describe('The key; it is not kept.'),
});
export const auditRows = z.object({ rows: list(auditRow) });
export const chainCheck = z.object({
  ok: z.boolean(),
  checked: z.number(),
  brokenAt: z.number().nullable(),
  head: z.string(),
}) satisfies z.ZodType<ChainCheck>;
export const movedPeriods = z.object({
  account: z.string(),
  atMs: instant.describe('The border: periods before it are closed, or periods after it are open again; UTC ms.'),
  auditId,
  outcome: z
    .enum(['taken', 'rejected', 'pending'])
    .optional()
    .describe('What the rater made of it; absent for a repeated request. `pending`: a rejection will be audited.'),
  rejected: list(z.string()).optional().describe('Reasons of the rater.'),
}) satisfies z.ZodType<PeriodBorder & { [Key in keyof Outcome]?: Outcome[Key] | undefined }>;
const dateText = z.string().describe('A date in the zone of the account.');
export const unitPeriods = z.object({
  asOfMs: instant.nullable().describe('Log time of what is known of closes; null while no rater answers.'),
  accounts: list(
    z.object({
      account: z.string(),
      name: z.string(),
      timeZone: z.string(),
      closedUntilMs: instant.describe('End of what is closed; 0 for nothing.'),
      closedUntil: dateText.nullable(),
      runsFrom: dateText.describe('First day of the period that runs.'),
      closeAfterDays: z.number().nullable().describe('Closes by itself so many days after the end; null for never.'),
    }),
  ),
}) satisfies z.ZodType<PeriodList>;
export const checklist = z.object({
  account: z.string(),
  until: dateText,
  untilMs: instant,
  asOfMs: instant.nullable(),
  closedUntilMs: instant,
  closable: z.boolean().describe('Nothing blocks the close.'),
  green: z.boolean().describe('Nothing at all is open.'),
  items: list(
    z.object({
      name: z.enum(checkNames),
      ok: z.boolean(),
      blocks: z.boolean().describe('Whether the close waits for it.'),
      detail: z.string(),
      who: z.string().describe('Whose business it is.'),
      solve: z.string().describe('What to do; empty where it is ok.'),
    }),
  ),
  missing: list(
    z.object({
      producer: z.string(),
      type: producer.shape.type,
      lastSampleMs: instant.nullable(),
      completeUntilMs: instant.nullable().describe('Up to where it, or an operator for it, said that all has come.'),
      lastSeenMs: instant.nullable(),
      behindMs: z.number().nullable().describe('From the later of both to the end of the period.'),
      spoolBatches: z.number().describe('Batches that it said it still held.'),
    }),
  ).describe('Producers of which neither samples nor words have reached the end.'),
}) satisfies z.ZodType<AccountChecklist>;
const acknowledgement = z.object({ alert: z.string(), actor: z.string(), atMs: instant, note: z.string() });
export const acknowledgements = z.object({
  acknowledgements: list(acknowledgement satisfies z.ZodType<Acknowledgement>),
});
export const acknowledged = acknowledgement.extend({ auditId });
export const changedTarget = z.object({ target, auditId });
export const changedProducer = z.object({ producer, auditId });
export const enrolledProducers = z.object({ producers: list(producer), auditId });
export const rotatedSecret = z.object({
  secret: z.string().describe('`whsec_…`; shown this once.'),
  previousUntilMs: instant.nullable().describe('Until then deliveries are signed with the old secret as well.'),
});
export const loginLink = z.object({
  url: z.string(),
  token: z.string(),
  user: z.string(),
  expiresAtMs: instant,
}) satisfies z.ZodType<LoginLink>;

export const applied = z.object({
  tenant: z.string(),
  dryRun: z.boolean(),
  added: z.number(),
  changed: z.number(),
  unchanged: z.number(),
  changes: list(
    z.object({
      section: z.enum(sectionOrder),
      id: z.string(),
      status: z.enum(['added', 'changed']),
      fields: list(z.object({ field: z.string(), before: json, after: json })),
    }),
  ),
  auditId,
  messages: z.number().describe('Control messages on their way to the rater.'),
  ...outcome,
}) satisfies z.ZodType<ApplyResult & { [Key in keyof Outcome]?: Outcome[Key] | undefined }>;
