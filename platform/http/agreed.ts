/** Shapes of fees and agreements in answers; `satisfies` holds them to the records. */
import { z } from 'zod';
import type { AgreementTerms } from '#core/messages/agreement.ts';
import type { AgreementRecord, FeeRecord } from '#core/messages/control.ts';
import type { FeeTerms } from '#core/messages/fee.ts';
import { calendarSchema as calendar } from './catalogue.ts';

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const amount = z.string().describe('Decimal text in the currency of the record.');
const percent = z.string().describe('Decimal text.');
const instant = z.number().describe('UTC ms.');

const span = { fromMs: instant, toMs: instant };
const round = z.object({
  decimals: z.number(),
  mode: z.enum(['halfEven', 'halfAwayFromZero', 'halfTowardsZero', 'up', 'down', 'ceiling', 'floor']),
});

const feeTerms = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('recurring'),
    terms: z.enum(['advance', 'arrears']),
    proration: z.enum(['second', 'day', 'none']),
    onDecrease: z.enum(['credit', 'keep']),
    term: z.object({
      fromMs: instant,
      toMs: instant.nullable(),
      trialEndMs: instant.exactOptional(),
      pauses: list(z.object(span)),
      handedOver: z.boolean().exactOptional(),
    }),
    amounts: list(z.object({ fromMs: instant, amount })),
    quantities: list(z.object({ fromMs: instant, quantity: z.string() })).exactOptional(),
    uplift: z
      .discriminatedUnion('kind', [
        z.object({
          kind: z.literal('scheduled'),
          fromMs: instant,
          everyMonths: z.number(),
          percent,
          compounding: z.boolean(),
          round: round.exactOptional(),
        }),
        z.object({
          kind: z.literal('indexed'),
          base: z.string(),
          points: list(z.object({ fromMs: instant, value: z.string(), source: z.string() })),
          share: percent.exactOptional(),
          round: round.exactOptional(),
        }),
      ])
      .exactOptional(),
  }),
  z.object({ kind: z.literal('oneTime'), amount, atMs: instant }),
  z.object({
    kind: z.literal('installments'),
    total: amount,
    dueAtMs: list(instant),
    weights: list(z.string()).exactOptional(),
    decimals: z.number(),
    onEnd: z.enum(['due', 'lapse']),
    endMs: instant.exactOptional(),
  }),
]) satisfies z.ZodType<FeeTerms>;

const record = {
  id: z.number(),
  key: z.string(),
  version: z.number(),
  service: z.string(),
  component: z.string(),
  currency: z.string(),
  account: z.number(),
};

/** Who approved a version, and when. */
const approval = { approvedBy: z.string(), approvedAtMs: instant };

const fee = z.object({
  ...record,
  calendar,
  terms: feeTerms,
  allocation: list(z.object({ service: z.string(), component: z.string(), weight: z.string() })).exactOptional(),
  plan: z.string().exactOptional(),
  contract: z.string().exactOptional(),
}) satisfies z.ZodType<FeeRecord>;

const items = z
  .object({
    services: list(z.string()).exactOptional(),
    components: list(z.string()).exactOptional(),
    prices: list(z.string()).exactOptional(),
  })
  .exactOptional();

const agreementTerms = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('discount'),
    order: z.number(),
    take: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('percent'), percent }),
      z.object({ kind: z.literal('amount'), amount }),
      z.object({
        kind: z.literal('tiers'),
        of: z.enum(['spend', 'quantity']),
        reach: z.enum(['graduated', 'volume']),
        tiers: list(z.object({ upTo: z.string().nullable(), percent })),
      }),
    ]),
    base: z.enum(['list', 'left']),
    only: items,
    except: items,
    notWith: list(z.string()).exactOptional(),
    maximum: amount.exactOptional(),
    maximumTotal: amount.exactOptional(),
    duration: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('once') }),
      z.object({ kind: z.literal('periods'), count: z.number() }),
      z.object({ kind: z.literal('forever') }),
    ]),
  }),
  z.object({
    kind: z.literal('commitment'),
    segments: list(z.object({ ...span, amount })),
    coveredPercent: percent,
    overagePercent: percent,
    payment: z.enum(['advance', 'arrears']),
    services: list(z.string()).exactOptional(),
    basis: z.enum(['list', 'net']),
    contract: z.string().exactOptional(),
  }),
  z.object({
    kind: z.literal('bound'),
    scope: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('price'), price: z.string(), plan: z.string(), contract: z.string() }),
      z.object({ kind: z.literal('plan'), plan: z.string(), contract: z.string() }),
      z.object({ kind: z.literal('contract'), contract: z.string() }),
      z.object({ kind: z.literal('subtree') }),
    ]),
    minimum: amount.exactOptional(),
    maximum: amount.exactOptional(),
    minimumBasis: z.enum(['net', 'list']),
    prorate: z.object({ minimum: z.boolean(), maximum: z.boolean() }),
  }),
]) satisfies z.ZodType<AgreementTerms>;

const agreement = z.object({
  ...record,
  fromMs: instant,
  toMs: instant.nullable(),
  name: z.string(),
  terms: agreementTerms,
}) satisfies z.ZodType<AgreementRecord>;

export const approvedFeeSchema = fee.extend(approval);
export const approvedAgreementSchema = agreement.extend(approval);
z.globalRegistry.add(approvedFeeSchema, { id: 'Fee' });
z.globalRegistry.add(approvedAgreementSchema, { id: 'Agreement' });
