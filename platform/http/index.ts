/** The HTTP frame that every service mounts its routes in: zod-checked, OpenAPI-described, RFC 9457 errors. */
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type RawServerDefault,
} from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { MeterlineError } from '#core/errors.ts';
import { unstorableIn } from '../storable.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** A service's routes, mounted under `/api/v1` by the API server after authentication. */
export type Routes = (app: App) => void | Promise<void>;

/** Who asks. Every query is confined to `tenant`. */
export interface Identity {
  readonly tenant: string;
  /** User or API-key id, as the audit log names it. */
  readonly actor: string;
  readonly role: Role;
}

export const roles = ['viewer', 'auditor', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

declare module 'fastify' {
  interface FastifyRequest {
    identity: Identity;
  }
  interface FastifyContextConfig {
    /** Least role that may call the route; `viewer` when absent. `public` routes are open to anyone who can connect. */
    role?: Role | 'public';
  }
}

export const httpLimits = {
  bodyBytesMax: 4 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  /** Of one parameter in a path; longer ones lead nowhere. */
  parameterLengthMax: 400,
} as const;

/** `onFailure` hears of every error that is ours and not the caller's, with the route that it happened in. */
export function createApp(onFailure?: (error: unknown, route: string) => void): App {
  const app = fastify({
    bodyLimit: httpLimits.bodyBytesMax,
    requestTimeout: httpLimits.requestTimeoutMs,
    logger: false,
    // Ids of deliveries hold those of their alerts.
    routerOptions: { maxParamLength: httpLimits.parameterLengthMax },
    // Before there is a route: an address that cannot be read, say.
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const told = problemOf(error);
      void reply.status(told.status).type('application/problem+json').send(JSON.stringify(told));
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.code === 'INTERNAL') onFailure?.(error, request.routeOptions.url ?? request.method);
    return reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
  app.addHook('preValidation', ({ body, params, query }, _reply, done) => {
    const path = unstorableIn(body) ?? unstorableIn(params) ?? unstorableIn(query);
    done(path === undefined ? undefined : new Unstorable(path));
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .type('application/problem+json')
      .send(
        JSON.stringify(problem('NOT_FOUND', 404, `There is nothing at ${request.url}.`, 'See /api/v1/openapi.json.')),
      ),
  );
  return app;
}

class Unstorable extends Error {
  readonly path: string;

  constructor(path: string) {
    super('a text with U+0000 or half of a surrogate pair');
    this.path = path;
  }
}

const invalid = (faults: readonly string[]): Problem =>
  problem('REQUEST_INVALID', 400, `The request is not valid: ${faults.join('; ')}`, 'Correct the fields named.', {
    faults,
  });

/** RFC 9457 problem details, with our stable code and the way out. */
export interface Problem {
  readonly type: string;
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly solve: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

function problem(
  code: string,
  status: number,
  title: string,
  solve: string,
  details?: Readonly<Record<string, unknown>>,
): Problem {
  return {
    type: `urn:meterline:error:${code}`,
    code,
    title,
    status,
    solve,
    ...(details === undefined ? {} : { details }),
  };
}

/** Any thrown value as a problem; what is not ours to tell stays inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof MeterlineError)
    return problem(error.code, error.status, error.message, error.solve, error.details);
  if (error instanceof Unstorable)
    return invalid([`${error.path || '/'}: must not hold U+0000 or half of a surrogate pair`]);
  if (hasZodFastifySchemaValidationErrors(error))
    return invalid(error.validation.map((fault) => `${fault.instancePath || '/'}: ${fault.message ?? 'invalid'}`));
  const status = (error as { statusCode?: number } | null)?.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    return problem(
      'REQUEST_INVALID',
      status,
      error instanceof Error ? error.message : 'Bad request.',
      'Correct the request.',
    );
  }
  return problem(
    'INTERNAL',
    500,
    'Something broke on our side.',
    'Try again; the log of the office process says what it was.',
  );
}
