/** Decides for nginx (`auth_request`): 204 for a request that may go on, 403 with why for one that may not. */
import { serve } from '../enforce/serve.ts';
import { readSettings } from '../enforce/settings.ts';
import { Trickle } from '../enforce/trickle.ts';
import { Wanted } from '../enforce/wanted.ts';

const settings = readSettings(process.env);
const wanted = new Wanted();
const trickle = new Trickle(Number(process.env['THROTTLED_PER_SECOND'] ?? 1));

serve(settings, wanted, (request, response) => {
  const accounts = String(request.headers['x-accounts'] ?? '')
    .split(/[ ,]+/)
    .filter((slug) => slug !== '');
  const act = wanted.of(accounts);
  const waitMs = act === 'throttle' ? trickle.waitMs(accounts[0] ?? '', performance.now()) : 0;
  if (act !== 'block' && waitMs === 0) return void response.writeHead(204).end();
  // nginx knows 2xx, 401 and 403 of this answer alone; nginx.conf makes of the headers what the client is told.
  response.writeHead(403, { 'x-meterline-act': act, 'retry-after': String(Math.ceil(waitMs / 1000)) }).end();
});
