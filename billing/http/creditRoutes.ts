import { z } from 'zod';
import { creditIdPattern, creditLimits } from '#core/messages/credit.ts';
import type { App } from '#platform/http/index.ts';
import { slugShape } from '../apply/shapes.ts';
import type { Author } from '../change.ts';
import { creditFigures, grantDetail } from '../credits/figures.ts';
import { grantCredit, setWallet, voidCredit, type GrantRequest, type WalletRequest } from '../credits/credits.ts';
import { outcomeOf } from '../outbox/outcomes.ts';
import * as answers from './creditAnswers.ts';
import { authorOf, once, reason, type BillingRoutesDeps } from './parts.ts';

const account = z.string().refine((text) => slugShape.fits(text), slugShape.expected).describe('Slug of an account.'); // prettier-ignore
const id = z.string().regex(creditIdPattern);
const amount = z.string().max(60).describe('Decimal text in the currency.');
const instant = z.number().int().nonnegative().describe('UTC ms.');
const names = z.array(z.string().max(200)).min(1).max(creditLimits.listMax).exactOptional();
const currency = z.string().max(12).exactOptional().describe("The tenant's, unless a pricing unit is named.");
const name = z.string().min(1).max(creditLimits.textLengthMax).exactOptional();

const grantBody = z.strictObject({
  id: id.exactOptional().describe('Your name for it: asked twice with the same, it is given once. Absent: a new one.'),
  account,
  amount,
  currency,
  kind: z.enum(['promotional', 'prepaid']),
  priority: z.number().int().min(0).max(1_000_000).exactOptional().describe('The lower burns first (0).'),
  effectiveFromMs: instant.exactOptional().describe('Usage from then on is paid; absent: from now on.'),
  expiresAtMs: instant.exactOptional(),
  graceMs: z.number().int().min(0).max(creditLimits.graceMsMax).exactOptional(),
  scope: z.strictObject({ services: names, components: names, meters: names }).exactOptional(),
  coversOverage: z.boolean().exactOptional().describe('Pays what is owed already, too.'),
  name,
  reason,
}) satisfies z.ZodType<GrantRequest>;

const walletBody = z.strictObject({
  account,
  currency,
  name,
  lowAt: amount,
  clearAt: amount.exactOptional(),
  topUp: z.strictObject({ below: amount, amount }).exactOptional(),
  action: z.enum(['notify', 'throttle', 'block']),
  targets: z.array(z.string().max(36)).max(creditLimits.listMax).exactOptional(),
  reason,
}) satisfies z.ZodType<Omit<WalletRequest, 'id'>>;

export function creditRoutes(app: App, { office, events, closes }: BillingRoutesDeps): void {
  const tags = ['credits'];
  /** What the rater made of it, as far as that is known in time. */
  async function told(author: Author, action: string, subject: string, auditId: string | null) {
    if (auditId === null) return { auditId };
    events.changed(action, subject, author.actor);
    return { auditId, ...(await outcomeOf(office.db, author.tenant, auditId)) };
  }
  app.get(
    '/credits',
    {
      schema: {
        tags,
        summary: 'Grants and wallets: what was given, burned, is left, is owed',
        querystring: z.strictObject({ account: account.exactOptional() }),
        response: { 200: answers.creditFigures },
      },
    },
    ({ identity, query }) => creditFigures(office, closes, identity.tenant, query.account),
  );
  app.get(
    '/credits/:id',
    {
      schema: {
        tags,
        summary: 'One grant, and what it paid for',
        params: z.object({ id }),
        response: { 200: answers.grantDetail },
      },
    },
    ({ identity, params }) => grantDetail(office, closes, identity.tenant, params.id),
  );
  app.post(
    '/credits',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        summary: 'Gives credit to an account and all below it',
        headers: once,
        body: grantBody,
        response: { 200: answers.changedGrant },
      },
    },
    async (request) => {
      const author = authorOf(request);
      const { result, auditId } = await grantCredit(office, author, request.body, request.headers['idempotency-key']);
      return { grant: result, ...(await told(author, 'credit.grant', `credit/${result.id}`, auditId)) };
    },
  );
  app.post(
    '/credits/:id/void',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        summary: 'Takes away what is left of a grant; what it paid stays paid, or is owed again',
        headers: once,
        params: z.object({ id }),
        body: z.strictObject({ owes: z.boolean().exactOptional().describe('What it paid is owed again.'), reason }),
        response: { 200: answers.changedGrant },
      },
    },
    async (request) => {
      const author = authorOf(request);
      const key = request.headers['idempotency-key'];
      const { result, auditId } = await voidCredit(office, author, request.params.id, request.body, key);
      return { grant: result, ...(await told(author, 'credit.void', `credit/${result.id}`, auditId)) };
    },
  );
  app.put(
    '/wallets/:id',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        summary: "Watches an account's credit: low, empty, top-ups asked for; throttles or blocks while it is empty",
        headers: once,
        params: z.object({ id }),
        body: walletBody,
        response: { 200: answers.changedWallet },
      },
    },
    async (request) => {
      const author = authorOf(request);
      const asked = { ...request.body, id: request.params.id };
      const { result, auditId } = await setWallet(office, author, asked, request.headers['idempotency-key']);
      return { wallet: result, ...(await told(author, 'wallet.set', `wallet/${result.id}`, auditId)) };
    },
  );
}
