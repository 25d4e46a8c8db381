/** The office's loader alone in a process, so that its CPU time can be told apart. Prints how many samples it has loaded. */
import { createAggregator } from '#aggregator/main.ts';
import { readConfig } from '#platform/config.ts';
import { letBytesGrow } from '#platform/memory.ts';
import { connectNats } from '#platform/nats/index.ts';
import { createLogger } from '#platform/telemetry.ts';

letBytesGrow();
const config = readConfig(process.argv[2]!);
const connection = await connectNats({ ...config.nats, role: 'office' });
const aggregator = await createAggregator(config, connection, createLogger('loader', config.log.level));
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
// The measurement holds the other end.
process.stdin.once('end', () => process.exit(1)).resume();
let told = -1;
setInterval(() => {
  let samples = 0;
  for (let p = 0; p < config.partitions; p++) samples += aggregator.position(p).samplesRated;
  if (samples !== told) process.stdout.write(`${(told = samples)}\n`);
}, 20);
await aggregator.start(stop.signal);
process.exit(0);
