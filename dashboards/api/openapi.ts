import swagger from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { createApp, type App, type Role, type Routes } from '#platform/http/index.ts';

type Transform = typeof jsonSchemaTransform;

/** A route's least role goes into the description, so that a client, and the access test, know it. */
const transform: Transform = (input) => {
  const { schema, url } = jsonSchemaTransform(input);
  const role: Role | 'public' = input.route.config?.role ?? 'viewer';
  return {
    url,
    schema: { ...schema, 'x-least-role': role, ...(role === 'public' ? { security: [] } : {}) } as typeof schema,
  };
};

/** Describes every route that is mounted after it. */
export async function describeRoutes(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Meterline',
        version,
        description:
          'Money and quantities are decimal text, instants UTC milliseconds. Errors are RFC 9457 problems with a stable `code`. ' +
          'Every route is confined to the organisation of its credential.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `mtl_…`.' },
          session: { type: 'apiKey', in: 'cookie', name: 'mtl_session', description: 'Set by a one-time login link.' },
        },
      },
      security: [{ apiKey: [] }, { session: [] }],
    },
    transform,
    transformObject: jsonSchemaTransformObject,
  });
}

/** The description of the API that has these routes; needs no engine, for no handler runs. */
export async function openApiOf(routes: readonly Routes[], version: string): Promise<object> {
  const app = createApp();
  await describeRoutes(app, version);
  await app.register(
    async (api) => {
      for (const mount of routes) await api.register(async (scope) => mount(scope as App));
    },
    { prefix: '/api/v1' },
  );
  await app.ready();
  const description = app.swagger();
  await app.close();
  return description;
}
