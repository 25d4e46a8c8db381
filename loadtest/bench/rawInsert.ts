/** Inserts files of rated blocks into an empty ClickHouse and prints the CPU seconds that the inserts took, nothing else. */
import { readFileSync } from 'node:fs';
import { migrate } from '#aggregator/schema/migrate.ts';
import { ratedBlocks } from '#aggregator/schema/tables.ts';
import { openStore } from '#platform/clickhouse/index.ts';

const [directory = '', ...files] = process.argv.slice(2);
const store = await openStore(`embedded:${directory}`);
await migrate(store);
const columns = ratedBlocks.columns.map(([name]) => name);
const lines = files.map((file) => readFileSync(file));
const before = process.cpuUsage();
for (const [i, bytes] of lines.entries())
  await store.insertTsv(ratedBlocks.name, columns, bytes, { token: `raw-${i}` });
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${(user + system) / 1e6}\n`, () => process.exit(0));
