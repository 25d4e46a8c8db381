/**
 * The description of the whole HTTP API, `docs/openapi.json`, made without any engine. Run this file with Node 26 after
 * a route has changed: `node_modules/.bin/node deploy/openapi.ts`. A test fails while the file and the code differ.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reconcileRoutes } from '#aggregator/reconcileRoutes.ts';
import { aggregatorRoutes } from '#aggregator/routes.ts';
import { billingRoutes } from '#billing/routes.ts';
import { dashboardRoutes, logoutRoutes, openApiOf } from '#dashboards/index.ts';
import type { Routes } from '#platform/http/index.ts';
import { checksOpenApi } from '#rater/checks/openapi.ts';
import { programRoot, programVersion } from './instance/version.ts';

export const openApiPath = join(programRoot, 'docs', 'openapi.json');

/** Stands where a service would be: routes may hold it, a handler that touches it fails. */
const nothing: never = new Proxy(Object.create(null) as object, {
  get: () => nothing,
  apply() {
    throw new Error('there is no service behind these routes');
  },
}) as never;

/** Every service's routes with no service behind them: for describing them, and for testing who may call them. */
export const bareRoutes: readonly Routes[] = [
  dashboardRoutes(nothing),
  billingRoutes(nothing),
  aggregatorRoutes(nothing),
  reconcileRoutes(nothing),
];

export async function openApiText(): Promise<string> {
  return `${JSON.stringify(await openApiOf([...bareRoutes, logoutRoutes(nothing)], programVersion), null, 2)}\n`;
}

/** Of the rater's own port. */
export const checksOpenApiPath = join(programRoot, 'docs', 'openapi.checks.json');
export const checksOpenApiText = (): string => `${JSON.stringify(checksOpenApi(programVersion), null, 2)}\n`;

if (import.meta.main) {
  writeFileSync(openApiPath, await openApiText());
  writeFileSync(checksOpenApiPath, checksOpenApiText());
}
