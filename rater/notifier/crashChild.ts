/**
 * A notifier for the crash test: it kills itself, as `kill -9` would, just before or after the nth write to the log, or
 * ends in order once it has nothing left to do.
 */
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { createLogger } from '#platform/telemetry.ts';
import type { Config } from '#platform/config.ts';
import { sleep } from '#platform/lifecycle.ts';
import { createNotifier } from './index.ts';
import { notifierPorts } from './ports.ts';

const config = JSON.parse(process.env['NOTIFIER_CONFIG']!) as Config;
const crashAt = Number(process.env['NOTIFIER_CRASH_AT']);
const connection = await connectNats({ url: config.nats.url, credentials: config.nats.credentials, role: 'rater' });
const log = await jetstreamLog(connection);
let step = 0;
const dieAt = (reached: number) => {
  if (reached === crashAt) process.kill(process.pid, 'SIGKILL');
};
const crashing: typeof log = {
  ...log,
  async append(...write) {
    dieAt(++step);
    const result = await log.append(...write);
    dieAt(++step);
    return result;
  },
};
const life = new AbortController();
const deps = { ...notifierPorts(config, connection), log: crashing, partitions: config.partitions };
const notifier = createNotifier(deps, { signal: life.signal, logger: createLogger('notifier', 'silent') });
const ended = notifier.run();
const expected = Number(process.env['NOTIFIER_ALERTS']);
while (notifier.counts().alerts < expected || notifier.counts().pending > 0) await sleep(5);
life.abort();
await ended;
await connection.close();
