/** Prints how many samples the ClickHouse in a directory holds. */
import { openStore } from '#platform/clickhouse/index.ts';

const store = await openStore(`embedded:${process.argv[2]!}`);
const [row] = await store.query<{ samples: string }>('SELECT sum(samples) AS samples FROM valid_blocks');
process.stdout.write(row!.samples, () => process.exit(0));
