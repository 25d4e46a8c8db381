/** The description of `/api/v1` on the rater's own port, made from what requests are read by. */
import { z } from 'zod';
import { checkVerbs, type CheckVerb } from '#core/messages/checks.ts';
import { checkShapes } from './read.ts';

const decimal = { type: 'string', description: 'Decimal text.' };
const action = { enum: ['none', 'throttle', 'block'] };
const instant = { type: 'integer', description: 'UTC ms.' };
const object = (properties: Record<string, object>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});
const nullable = { type: ['string', 'null'], description: 'Decimal text; null where there is no cap.' };
const watermark = object({
  partition: { type: 'integer' },
  incarnation: { type: 'integer' },
  outSeq: { type: 'integer', description: 'The commit as of which it is said.' },
  logTimeMs: instant,
});
const cause = object(
  { kind: { enum: ['budget', 'wallet'] }, id: { type: 'string' }, account: { type: 'integer' }, state: action, reason: { enum: ['warming'] }, cap: decimal, left: decimal },
  ['kind', 'id', 'account', 'state'],
); // prettier-ignore
const verdict = {
  allowed: { type: 'boolean' },
  state: action,
  why: { type: 'array', items: cause, description: 'Those that refuse; where none does, those that hold back.' },
  left: nullable,
  cap: nullable,
  spent: nullable,
  held: nullable,
  currency: { type: 'string' },
};
const step = object({ label: { type: 'string' }, quantity: { type: 'string' }, unitPrice: { type: 'string' }, amount: decimal }); // prettier-ignore
const name = { type: 'string' };
const pricedAs = { price: name, version: { type: 'integer' }, amount: decimal };
const steps = { type: 'array', items: step };
/** Of a quantity, beside the verdict: what it comes to, by price. */
const ofUsage = (priced: Record<string, object>) => ({
  amount: { ...decimal, description: 'What the quantity would cost now, never negative.' },
  priced: { type: 'array', items: object(priced) },
});
const place = { account: { type: 'integer' }, slug: { type: 'string' } };
const account = { ...place, state: action, why: { type: 'array', items: cause } };
const target = { target: { type: 'string' }, state: action, accounts: { type: 'array', items: object(account) } };
const ended = object({ hold: { type: 'string' }, held: decimal, endsMs: instant });

const described: Readonly<Record<CheckVerb, { readonly summary: string; readonly answer: object }>> = {
  check: {
    summary:
      'Whether an amount, or what a quantity of a meter would cost, fits under every cap above an account, as of what is committed',
    answer: object(
      { ...place, ...verdict, ...ofUsage({ ...pricedAs, service: name, component: name, cell: name, stepsBefore: steps, stepsAfter: steps }), watermark },
      Object.keys({ ...place, ...verdict, watermark }),
    ), // prettier-ignore
  },
  hold: {
    summary:
      'Takes room under the caps before it is spent, of an amount or of what a quantity would cost; answered once it is stored, the same for the same key',
    answer: object(
      { hold: name, ...verdict, ...ofUsage(pricedAs), endsMs: instant, watermark },
      Object.keys({ hold: name, ...verdict, endsMs: instant, watermark }),
    ),
  },
  commit: { summary: 'What was held for was used: it shrinks, and stays until its usage is metered', answer: ended },
  release: { summary: 'Ends a hold', answer: ended },
  'desired-state': {
    summary: 'What receivers of alerts are to do: of one target, of one account, or of all targets',
    answer: {
      oneOf: [
        object({ ...target, watermark }),
        object({ ...account, watermark }),
        object({ targets: { type: 'array', items: object(target) }, watermark }),
      ],
    },
  },
};

const problem = object({ code: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, solve: { type: 'string' } }); // prettier-ignore

export function checksOpenApi(version: string): object {
  const paths = checkVerbs.map((verb) => [
    `/api/v1/${verb}`,
    { [verb === 'desired-state' ? 'get' : 'post']: operation(verb) },
  ]);
  return {
    openapi: '3.1.0',
    info: { title: 'Meterline: checks and holds, on the port of each rater', version },
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key of scope checks.' } } },
    security: [{ key: [] }],
    paths: Object.fromEntries(paths) as object,
  };
}

function operation(verb: CheckVerb): object {
  const { $schema: _, ...asked } = z.toJSONSchema(checkShapes[verb], { io: 'input' });
  const { summary, answer } = described[verb];
  const parameters = Object.entries(asked.properties ?? {}).map(([name, schema]) => ({ name, in: 'query', schema }));
  return {
    summary,
    ...(verb === 'desired-state'
      ? { parameters }
      : { requestBody: { required: true, content: { 'application/json': { schema: asked } } } }),
    responses: {
      200: { description: 'The answer.', content: { 'application/json': { schema: answer } } },
      default: {
        description: 'A problem; docs/errors.md lists the codes.',
        content: { 'application/problem+json': { schema: problem } },
      },
    },
  };
}
