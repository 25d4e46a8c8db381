/** Shapes of credits and wallets; `satisfies` holds them to the types. */
import { z } from 'zod';
import { accounts } from './answers.ts';
import type { CreditGrantRecord, WalletRecord } from '#core/messages/credit.ts';
import type { CreditFigures, GrantDetail } from '#core/messages/creditFigures.ts';

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const amount = z.string().describe('Decimal text in the currency named.');
const instant = z.number().describe('UTC ms.');
const account = accounts.shape.accounts.unwrap().element.shape.id;
const texts = list(z.string());

const grant = z.object({
  id: z.string(),
  account,
  currency: z.string(),
  amount,
  kind: z.enum(['promotional', 'prepaid']),
  priority: z.number().describe('The lower burns first.'),
  effectiveFromMs: instant,
  expiresAtMs: instant.exactOptional(),
  graceMs: z.number().exactOptional(),
  scope: z
    .object({
      services: texts.exactOptional(),
      components: texts.exactOptional(),
      meters: texts.exactOptional(),
    })
    .exactOptional(),
  coversOverage: z.boolean().exactOptional(),
  name: z.string(),
  reason: z.string(),
}) satisfies z.ZodType<CreditGrantRecord>;

const wallet = z.object({
  id: z.string(),
  name: z.string(),
  account,
  currency: z.string(),
  lowAt: amount,
  clearAt: amount.exactOptional(),
  topUp: z.object({ below: amount, amount }).exactOptional(),
  action: z.enum(['notify', 'throttle', 'block']),
  targets: texts,
}) satisfies z.ZodType<WalletRecord>;

const grantFigures = grant.extend({
  accountSlug: z.string(),
  grantedBy: z.string(),
  grantedAtMs: instant,
  voided: z.object({ by: z.string(), atMs: instant, owes: z.boolean(), reason: z.string() }).nullable(),
  status: z.enum(['pending', 'active', 'expired', 'voided']).nullable(),
  left: amount.nullable(),
  burned: amount.nullable().describe('What it has paid and still stands.'),
  ended: amount.nullable().describe('What was left when it expired or was voided.'),
  givenBack: amount.nullable().describe('What came back after that.'),
});

const asOf = z
  .object({ outSeq: z.number(), logTimeMs: instant })
  .nullable()
  .describe('Commit and log time of the figures; null while no rater answers.');

export const creditFigures = z.object({
  asOf,
  grants: list(grantFigures),
  wallets: list(
    wallet.extend({
      accountSlug: z.string(),
      state: z.enum(['covered', 'low', 'empty']).nullable(),
      left: amount.nullable(),
      owed: amount.nullable().describe('What no credit paid of the account and all below it.'),
      topUpAsked: z.boolean().nullable(),
    }),
  ),
}) satisfies z.ZodType<CreditFigures>;

export const grantDetail = grantFigures.extend({
  asOf,
  paid: list(
    z.object({
      account,
      accountSlug: z.string(),
      periodStartMs: instant,
      currency: z.string(),
      service: z.string(),
      component: z.string(),
      meter: z.string(),
      amount,
    }),
  ).describe('What stands paid by it.'),
}) satisfies z.ZodType<GrantDetail>;

const made = {
  auditId: z.string().nullable().describe('The audit row; null when nothing changed.'),
  outcome: z.enum(['taken', 'rejected', 'pending']).optional().describe('What the rater made of it.'),
  rejected: list(z.string()).optional().describe('Reasons of the rater.'),
};
export const changedGrant = z.object({ grant, ...made });
export const changedWallet = z.object({ wallet, ...made });
