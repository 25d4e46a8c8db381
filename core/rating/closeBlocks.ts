import { amountOf, quantityOf, sourceBytes, writeBlock, type BlockSource } from './block.ts';
import type { Changes } from './changes.ts';
import { countBlock } from '../budgets/count.ts';
import { addToMember } from './pool.ts';
import type { Rows } from './rows.ts';
import { noteLines } from './agreements/lines.ts';
import { noteCharges } from './credits/note.ts';
import type { Balance, PartitionState, Tenant } from './state.ts';

export interface BlockRun {
  readonly state: PartitionState;
  readonly tenant: Tenant;
  readonly changes: Changes;
  readonly rows: Rows;
  readonly source: BlockSource;
}

/** Writes the blocks of the rows collected, and moves the balances of their accounts and all ancestors (SPEC §6.1). */
export function closeBlocks(run: BlockRun): Set<Balance> {
  const { changes, rows } = run;
  const moved = new Set<Balance>();
  const source = sourceBytes(run.source);
  for (const group of rows.groups) {
    changes.line((out) => writeBlock(out, group, rows, source));
    group.chain.amount += amountOf(group);
    group.chain.isMoved = true;
    const { pool, account } = group;
    if (pool !== undefined) addToMember(pool, account.record.id, quantityOf(group), amountOf(group));
    countBlock(run, group);
    noteLines(run, group, rows.startMs[group.firstRow]!);
    noteCharges(run, group, rows);
  }
  for (const { chain } of rows.groups) {
    if (!chain.isMoved) continue;
    chain.isMoved = false;
    chain.balances.forEach((balance, level) => {
      if (level === 0) balance.own += chain.amount;
      balance.total += chain.amount;
      changes.balance(balance);
      moved.add(balance);
    });
    chain.amount = 0n;
  }
  run.state.totals.blocks += rows.groups.length;
  rows.clear();
  return moved;
}
