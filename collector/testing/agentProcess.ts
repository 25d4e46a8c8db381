/** The agent as a process of its own, for tests that kill it. Arguments: configuration file. */
import { readConfig } from '#platform/config.ts';
import { createLogger } from '#platform/telemetry.ts';
import { main } from '../main.ts';

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const config = readConfig(process.argv[2]!);
await main(config, { signal: stop.signal, logger: createLogger('collector', config.log.level) });
