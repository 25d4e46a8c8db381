/** Inserts files of rated blocks into an empty ClickHouse, nothing else, and prints what the inserts took. */
import { readFileSync } from 'node:fs';
import { migrate } from '#aggregator/schema/migrate.ts';
import { ratedBlocks } from '#aggregator/schema/tables.ts';
import { openStore } from '#platform/clickhouse/index.ts';

const [directory = '', ...files] = process.argv.slice(2);
const store = await openStore(`embedded:${directory}`);
await migrate(store);
const columns = ratedBlocks.columns.map(([name]) => name);
let [cpuSeconds, seconds] = [0, 0];
for (const file of files) {
  const bytes = readFileSync(file);
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await store.insertTsv(ratedBlocks.name, columns, [bytes], { token: file });
  const { user, system } = process.cpuUsage(before);
  cpuSeconds += (user + system) / 1e6;
  seconds += (performance.now() - startedMs) / 1000;
}
process.stdout.write(JSON.stringify({ cpuSeconds, seconds }), () => process.exit(0));
