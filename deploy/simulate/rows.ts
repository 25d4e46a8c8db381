/** The rated rows of a tenant in ClickHouse, for a simulation: asked of the running office, or of the store of a stopped instance. */
import { loadedHead } from '#aggregator/queries/heads.ts';
import {
  blocksInOrder,
  refusedSamples,
  type BlocksPage,
  type BlocksQuestion,
  type StoredBlock,
} from '#aggregator/queries/blocks.ts';
import { aggregatorLimits } from '#aggregator/limits.ts';
import type { BlocksAnswer } from '#aggregator/routes.ts';
import type { RowSimulation } from '#core/simulate/fromRows.ts';
import type { Stretch } from '#core/simulate/ledger.ts';
import type { Block } from '#core/reference/audit/blocks.ts';
import { openStore, type Store } from '#platform/clickhouse/index.ts';
import { deployError } from '../errors.ts';
import type { OfficeClient } from '../officeClient.ts';

/** Pages of blocks in the order of the log, as of one commit, each with the number of samples refused in the stretch. */
export type StoredRows = (asked: Asked) => AsyncGenerator<BlocksPage & { readonly refused: number }>;
type Asked = Pick<BlocksQuestion, 'time' | 'from' | 'to'>;

export const rowsOfOffice = (office: OfficeClient, tenant: string): StoredRows =>
  async function* ({ time, from, to }) {
    const query = new URLSearchParams({ time });
    if (from !== undefined) query.set('from', String(from));
    if (to !== undefined) query.set('to', String(to));
    for (;;) {
      const page = await office.get<BlocksAnswer>(`/rated-blocks?${query.toString()}`);
      if (page.tenant !== tenant)
        throw deployError(
          'USAGE',
          `--source clickhouse tells of the administrator's tenant ${page.tenant} while the instance runs.`,
          { tenant },
        );
      yield page;
      if (page.cursor === null) return;
      query.set('cursor', page.cursor);
    }
  };

export const rowsOfStore = (url: string, tenant: string, partition: number): StoredRows =>
  async function* (asked) {
    await using store = await openStore(url);
    yield* rowsIn(store, tenant, partition)(asked);
  };

export const rowsIn = (store: Store, tenant: string, partition: number): StoredRows =>
  async function* (asked) {
    const { outSeq: outSeqMax } = await loadedHead(store, partition);
    const question = { ...asked, scope: { tenant, partition, outSeqMax }, limit: aggregatorLimits.pageBlocksMax };
    const refused = await refusedSamples(store, question);
    for (let cursor: string | undefined; ;) {
      const page = await blocksInOrder(store, { ...question, cursor });
      yield { ...page, refused };
      if (page.cursor === null) return;
      cursor = page.cursor;
    }
  };

/** Feeds all rows of the stretch's periods to the simulation; returns how many commits they came from. */
export async function readRows(rows: StoredRows, stretch: Stretch, simulation: RowSimulation): Promise<number> {
  const commits = new Set<string>();
  let refused: number | undefined;
  const asked = {
    time: stretch.time,
    from: stretch.fromMs,
    ...(stretch.toMs === Infinity ? {} : { to: stretch.toMs }),
  };
  for await (const page of rows(asked)) {
    refused ??= page.refused;
    for (const block of page.blocks) {
      commits.add(String(block.out_seq));
      simulation.take(blockOf(block));
    }
  }
  simulation.finish();
  simulation.refuse(stretch.tenant, refused ?? 0, stretch.fromMs);
  return commits.size;
}

const instants = new Set(['log_time', 'first', 'last']);

/** As a block of the log is read: instants in seconds with three decimals. */
function blockOf(stored: StoredBlock): Block {
  const valueOf = (column: string) => stored[column as keyof StoredBlock];
  return {
    scalar(column) {
      const text = String(valueOf(column));
      return instants.has(column) ? `${text.slice(0, -3) || '0'}.${text.slice(-3).padStart(3, '0')}` : text;
    },
    list: (column) => valueOf(column) as readonly string[],
  };
}
