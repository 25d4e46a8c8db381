/**
 * A notifier for the crash test: it kills itself, as `kill -9` would, just before or after the nth write to the log, or
 * ends in order once it has nothing left to do.
 */
import { streams } from '#core/messages/names.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { createLogger } from '#platform/telemetry.ts';
import type { Config } from '#platform/config.ts';
import { sleep } from '#platform/lifecycle.ts';
import { createNotifier } from './index.ts';
import { notifierPorts } from './ports.ts';
import type { TrimLimits } from './trim.ts';

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
  append: (...write) => around(() => log.append(...write)),
};
const life = new AbortController();
const ports = notifierPorts(config, connection);
const around = async <T>(write: () => Promise<T>): Promise<T> => {
  dieAt(++step);
  const result = await write();
  dieAt(++step);
  return result;
};
/** Where streams are trimmed, that and what is noted before are writes as well. */
const trim = process.env['NOTIFIER_TRIM'];
const trimming =
  trim === undefined
    ? {}
    : {
        trim: JSON.parse(trim) as Partial<TrimLimits>,
        purge: (stream: string, beforeSeq: number) => around(() => ports.purge!(stream, beforeSeq)),
        openBucket: async (name: string) => {
          const bucket = await ports.openBucket(name);
          const put = (key: string, text: string) => around(() => bucket.put(key, text));
          return Object.assign(Object.create(bucket) as typeof bucket, { put });
        },
      };
const deps = { ...ports, ...trimming, log: crashing, partitions: config.partitions };
const notifier = createNotifier(deps, { signal: life.signal, logger: createLogger('notifier', 'silent') });
const ended = notifier.run();
const expected = Number(process.env['NOTIFIER_ALERTS']);
const isDone = async (): Promise<boolean> => {
  const { alerts, pending } = notifier.counts();
  if (pending > 0) return false;
  if (trim === undefined) return alerts >= expected;
  // What was committed was copied, delivered and has left again.
  const { firstSeq, lastSeq } = await log.info(streams.alerts);
  return lastSeq >= expected && firstSeq > lastSeq;
};
while (!(await isDone())) await sleep(5);
life.abort();
await ended;
await connection.close();
