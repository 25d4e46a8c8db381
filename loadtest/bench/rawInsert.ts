/**
 * Inserts files of rated blocks into an empty ClickHouse, nothing else, and prints what the inserts took: as the loader does, or as
 * the engine's own client does, with the lines in the statement.
 */
import { readFileSync } from 'node:fs';
import { Session } from 'chdb';
import { migrate } from '#aggregator/schema/migrate.ts';
import { ratedBlocks } from '#aggregator/schema/tables.ts';
import { openStore } from '#platform/clickhouse/index.ts';
import { insertSettings } from '#platform/clickhouse/limits.ts';

const [way = '', directory = '', ...files] = process.argv.slice(2);
const store = await openStore(`embedded:${directory}`);
await migrate(store);
const columns = ratedBlocks.columns.map(([name]) => name);
const client = new Session(directory);
client.query('USE meterline');
const insert = async (token: string, values: Buffer): Promise<unknown> =>
  way === 'loader'
    ? store.insertTsv(ratedBlocks.name, columns, [values], { token })
    : client.insert({ table: ratedBlocks.name, columns, values, format: 'TabSeparated', settings: { ...insertSettings, insert_deduplication_token: token } }); // prettier-ignore
let [cpuSeconds, seconds] = [0, 0];
for (const file of files) {
  const bytes = readFileSync(file);
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await insert(file, bytes);
  const { user, system } = process.cpuUsage(before);
  cpuSeconds += (user + system) / 1e6;
  seconds += (performance.now() - startedMs) / 1000;
}
process.stdout.write(JSON.stringify({ cpuSeconds, seconds }), () => process.exit(0));
