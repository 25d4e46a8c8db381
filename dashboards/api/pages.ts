import fastifyStatic from '@fastify/static';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { App } from '#platform/http/index.ts';
import { apiLimits } from '../limits.ts';

const noPages = `<!doctype html><meta charset="utf-8"><title>Meterline</title>
<p>The pages are not built. Run <code>npm start</code>, which builds them, or use the API at <a href="/api/v1/openapi.json">/api/v1</a>.</p>`;

/**
 * The web pages. Only files that a listing of the folder named are served, by exact name, so no path can lead elsewhere;
 * every other address is a page of the application itself.
 */
export async function mountPages(app: App, folder: string): Promise<void> {
  let files = new Set(listFiles(folder));
  let listedMs = performance.now();
  const isFile = (path: string): boolean => {
    // Pages that were built anew while this runs have other names.
    if (
      !files.has(path) &&
      path.startsWith('assets/') &&
      performance.now() - listedMs > apiLimits.pagesListIntervalMs
    ) {
      files = new Set(listFiles(folder));
      listedMs = performance.now();
    }
    return files.has(path);
  };
  await app.register(fastifyStatic, { root: folder, serve: false, cacheControl: false, suppressWarning: true });
  app.route({
    method: 'GET',
    url: '/*',
    config: { role: 'public' },
    schema: { hide: true },
    handler(request, reply) {
      const path = (request.params as { readonly '*': string })['*'];
      if (path === 'api' || path.startsWith('api/')) return reply.callNotFound();
      if (path !== 'index.html' && isFile(path)) {
        // Names under assets/ carry a hash of their content.
        reply.header('cache-control', path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
        return reply.sendFile(path);
      }
      if (path.startsWith('assets/')) return reply.callNotFound();
      reply.header('cache-control', 'no-cache');
      return files.has('index.html') ? reply.sendFile('index.html') : reply.type('text/html').send(noPages);
    },
  });
}

function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
