import { z } from 'zod';
import type { App } from '#platform/http/index.ts';
import { billingLimits } from '../limits.ts';
import { enrol, revokeKey, setComplete, setEnabled } from '../producers/producers.ts';
import * as answers from './answers.ts';
import { authorOf, byId, id, withReason, type BillingRoutesDeps } from './parts.ts';

const enrolment = z.strictObject({
  id,
  type: z.enum(['agent', 'gateway', 'importer']),
  simulated: z.boolean().default(false),
  publicKey: z.string().describe('Raw Ed25519 public key, 43 base64url characters.'),
});

/** The last instant that a store can write. */
const instantMsMax = 9_999_999_999_999;

export function producerRoutes(app: App, { office, events }: BillingRoutesDeps): void {
  const tags = ['fleet'];
  const bulk = z.strictObject({ producers: z.array(enrolment).min(1).max(billingLimits.enrolmentsMax) });
  app.post(
    '/producers',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Enrols producers or adds keys to them',
        tags,
        body: z.union([enrolment, bulk]),
        response: { 200: answers.enrolledProducers },
      },
    },
    async (request) => {
      const author = authorOf(request);
      const enrolments = 'producers' in request.body ? request.body.producers : [request.body];
      const { result, auditId } = await enrol(office, author, enrolments);
      events.changed('producer.enrol', `${result.length} producers`, author.actor);
      return { producers: result, auditId };
    },
  );
  for (const [verb, enabled] of [
    ['disable', false],
    ['enable', true],
  ] as const) {
    app.post(
      `/producers/:id/${verb}`,
      {
        config: { role: 'admin' },
        schema: {
          summary: `Makes a producer's batches ${enabled ? 'taken' : 'refused'}`,
          tags,
          params: byId,
          body: withReason,
          response: { 200: answers.changedProducer },
        },
      },
      async (request) => {
        const author = authorOf(request);
        const { result, auditId } = await setEnabled(office, author, request.params.id, {
          enabled,
          reason: request.body.reason,
        });
        events.changed(`producer.${verb}`, request.params.id, author.actor);
        return { producer: result, auditId };
      },
    );
  }
  app.post(
    '/producers/:id/complete',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Says for a producer that all of its usage up to an instant has come; closes go by it',
        tags,
        params: byId,
        body: withReason.extend({
          untilMs: z.number().int().min(0).max(instantMsMax).describe('Event time, UTC ms; not in the future.'),
        }),
        response: { 200: answers.changedProducer },
      },
    },
    async (request) => {
      const author = authorOf(request);
      const { result, auditId } = await setComplete(office, author, request.params.id, request.body);
      events.changed('producer.complete', request.params.id, author.actor);
      return { producer: result, auditId };
    },
  );
  app.post(
    '/producers/:id/keys/:keyId/revoke',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Refuses what the key signs from now on',
        tags,
        params: z.object({ id, keyId: z.string().regex(/^[A-Za-z0-9_-]{1,50}$/) }),
        body: withReason,
        response: { 200: answers.changedProducer },
      },
    },
    async (request) => {
      const author = authorOf(request);
      const { keyId } = request.params;
      const { result, auditId } = await revokeKey(office, author, request.params.id, {
        keyId,
        reason: request.body.reason,
      });
      events.changed('producer.revoke', `${request.params.id} ${keyId}`, author.actor);
      return { producer: result, auditId };
    },
  );
}
