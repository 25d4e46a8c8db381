/** Parts of schemas and requests that the routes share. */
import { z } from 'zod';
import { idPattern } from '#core/messages/names.ts';
import type { Identity } from '#platform/http/index.ts';
import { newTraceparent } from '#platform/telemetry.ts';
import type { Secrets } from '../apply/index.ts';
import { nameShape } from '../apply/shapes.ts';
import type { Author, Office } from '../change.ts';
import type { BudgetPorts } from '../budgets/seeds.ts';
import type { BillingEvents } from '../events.ts';
import type { TargetBucket } from '../targets/targets.ts';
import type { CorrectionPorts } from '../corrections/ports.ts';
import type { ClosePorts } from '../periods/gather.ts';

export interface BillingRoutesDeps {
  readonly office: Office;
  readonly secrets: Secrets;
  readonly events: BillingEvents;
  readonly targets: TargetBucket;
  readonly closes: ClosePorts;
  readonly corrections: CorrectionPorts;
  readonly budgets: BudgetPorts;
}

export const reason = z
  .string()
  .refine((text) => nameShape.fits(text), nameShape.expected)
  .describe('Why; it is kept in the audit log.');
export const withReason = z.strictObject({ reason });
export const once = z.object({
  'idempotency-key': z.string().min(1).max(200).optional().describe('The same request with the same key is done once.'),
});
export const id = z.string().regex(idPattern);
export const byId = z.object({ id });

const traceOf = (headers: Readonly<Record<string, unknown>>): string =>
  typeof headers['traceparent'] === 'string' &&
  /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(headers['traceparent'])
    ? headers['traceparent']
    : newTraceparent();

export const authorOf = (request: {
  readonly identity: Identity;
  readonly headers: Readonly<Record<string, unknown>>;
}): Author => ({
  tenant: request.identity.tenant,
  actor: request.identity.actor,
  trace: traceOf(request.headers),
});
