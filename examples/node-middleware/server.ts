/** A small service behind the middleware. Its clients say who they are in a header; a real one takes it from their login. */
import { serve } from '../enforce/serve.ts';
import { readSettings } from '../enforce/settings.ts';
import { Wanted } from '../enforce/wanted.ts';
import { meterlineMiddleware } from './middleware.ts';

const settings = readSettings(process.env);
const wanted = new Wanted();

const guard = meterlineMiddleware({
  wanted,
  accountsOf: ({ headers }) =>
    String(headers['x-accounts'] ?? '')
      .split(/[ ,]+/)
      .filter((slug) => slug !== ''),
  throttledPerSecond: Number(process.env['THROTTLED_PER_SECOND'] ?? 1),
});

serve(settings, wanted, (request, response) => {
  guard(request, response, () => response.writeHead(200, { 'content-type': 'text/plain' }).end('rendered\n'));
});
