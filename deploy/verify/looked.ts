/** What each check has looked at: the line of one that holds. */
import type { CheckName } from '#core/reference/audit/faults.ts';
import type { Copies } from './alerts.ts';

export interface Looked {
  readonly partitions: number;
  readonly commits: number;
  /** Writes of fenced owners, which every reader ignores. */
  readonly ignored: number;
  readonly batches: number;
  readonly rated: number;
  readonly rows: number;
  readonly blocks: number;
  readonly tallies: number;
  readonly nodes: number;
  readonly balances: number;
  /** Balances that the running rater answered; absent where none runs. */
  readonly answered: number | undefined;
  readonly alerts: Copies;
  readonly stored: { readonly rows: number; readonly groups: number };
  /** Commits that ClickHouse has not loaded yet. */
  readonly behind: number;
}

export function lookedAt(seen: Looked): Readonly<Record<CheckName, string>> {
  const also = (count: number, words: string) => (count > 0 ? `; ${count} ${words}` : '');
  const answered = seen.answered === undefined ? '' : ` and in ${seen.answered} answers of the rater`;
  return {
    FENCE: `${seen.commits} commits of ${seen.partitions} partitions follow from one another${also(seen.ignored, 'writes of fenced owners are ignored')}`,
    TRACE: `every row leads to a price and to a sample in one of ${seen.batches} batches, whose signatures fit`,
    CONSERVE: 'received = rated + duplicates + refused, in samples and in batches, for every producer at every commit',
    ONCE: `each of ${seen.rated} rated samples is counted once`,
    RERATE: `${seen.rows} charge rows are the same, digit for digit`,
    BLOCKS: `${seen.blocks} blocks say what their arrays hold`,
    TELESCOPE: `the rows of each of ${seen.tallies} tallies add up to its charge`,
    TREE: `${seen.nodes} sums up the tree hold`,
    CAP: `${seen.alerts.copied} alerts, each raised once and copied once${also(seen.alerts.pending, 'more are copied at the next start')}${also(seen.alerts.trimmed, 'were settled and have left the stream')}`,
    BALANCES: `${seen.balances} balances are as recomputed, in the commits${answered}`,
    CLICKHOUSE: `${seen.stored.rows} charge rows in ${seen.stored.groups} groups add up as in the log${also(seen.behind, 'commits are loaded at the next start')}`,
    DOCUMENTS: 'there are no documents yet',
  };
}
