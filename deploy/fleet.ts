/** Runs the simulated hosts of `meterline up --fleet N --history DAYS` in a process of their own. */
import { parseArgs } from 'node:util';
import { runFleet } from '#collector/fleet/main.ts';
import { dataPaths, readConfig } from '#platform/config.ts';
import { createLogger } from '#platform/telemetry.ts';

const { values } = parseArgs({
  options: { config: { type: 'string' }, hosts: { type: 'string' }, history: { type: 'string' } },
});
const config = readConfig(values.config ?? '');
const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
process.stdin.on('end', () => stop.abort()).resume();

await runFleet(
  {
    config,
    hosts: Number(values.hosts),
    historyDays: Number(values.history ?? 0),
    adminKeyPath: dataPaths(config.dataDir).adminKey,
  },
  { signal: stop.signal, logger: createLogger('fleet', config.log.level) },
);
process.stdin.unref();
