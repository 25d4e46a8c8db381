/** The office's loader alone in a process, so that its CPU time can be told apart. Prints how far it has loaded. */
import { createAggregator } from '#aggregator/main.ts';
import { readConfig } from '#platform/config.ts';
import { connectNats } from '#platform/nats/index.ts';
import { createLogger } from '#platform/telemetry.ts';

const config = readConfig(process.argv[2]!);
const connection = await connectNats({ ...config.nats, role: 'office' });
const aggregator = await createAggregator(config, connection, createLogger('loader', config.log.level));
setInterval(() => process.stdout.write(`${aggregator.position(0).outSeq}\n`), 100);
await aggregator.start(new AbortController().signal);
