/** All partitions, one after the other, then what they have in common. */
import type { Auditor } from '#core/reference/audit/auditor.ts';
import type { CheckName, Faults } from '#core/reference/audit/faults.ts';
import { allPartitions, streams } from '#core/messages/names.ts';
import type { Originals } from '#core/reference/audit/originals.ts';
import { compareAlerts } from './alerts.ts';
import { compareStored } from './clickhouse.ts';
import { correctedBlocks } from './corrected.ts';
import { RangeMissing } from './inputs.ts';
import { lookedAt } from './looked.ts';
import { answer, compareLive } from './liveBalances.ts';
import { PartitionAudit } from './partition.ts';
import type { Progress } from './progress.ts';
import type { VerifyReport } from './report.ts';
import type { Source } from './source.ts';

type Figures = Omit<VerifyReport, 'ok' | 'checks' | 'difference' | 'instance' | 'seconds'>;

export interface AuditResult extends Figures {
  readonly looked: Readonly<Record<CheckName, string>>;
}

/** What one partition's audit has seen. */
interface Seen {
  readonly auditor: Auditor;
  readonly tallies: number;
  readonly nodes: number;
  readonly storedUpTo: number;
  readonly stored: { readonly samples: number; readonly rows: number; readonly groups: number };
  readonly live: number;
}

export async function auditAll(source: Source, faults: Faults, progress: Progress): Promise<AuditResult> {
  const seen: Seen[] = [];
  const originals = await correctedBlocks(source.log, source.placement);
  for (const partition of allPartitions(source.placement)) {
    const retired = seen.map(({ auditor }) => auditor);
    seen.push(await auditPartition(partition, { retired, originals }, source, faults, progress));
  }
  const alerts = await compareAlerts(
    seen.map(({ auditor }) => auditor),
    source,
    faults,
  );
  const sum = (count: (one: Seen) => number) => seen.reduce((total, one) => total + count(one), 0);
  const samples = (of: 'received' | 'rated' | 'duplicates' | 'refused') =>
    sum(({ auditor }) => auditor.state.samples[of]);
  const commits = sum(({ auditor }) => auditor.chain.count);
  const rated = samples('rated');
  const stored = { rows: sum((one) => one.stored.rows), groups: sum((one) => one.stored.groups) };
  return {
    from: 'the first message of every partition',
    received: samples('received'),
    rated,
    duplicates: samples('duplicates'),
    refused: samples('refused'),
    rowsInClickHouse: sum((one) => one.stored.samples),
    chargeRows: stored.rows,
    commits,
    looked: lookedAt({
      partitions: seen.length,
      commits,
      ignored: sum(({ auditor }) => auditor.chain.ignored),
      batches: sum(({ auditor }) => auditor.state.batches.rated),
      rated,
      rows: sum(({ auditor }) => auditor.sums.rows),
      blocks: sum(({ auditor }) => auditor.fold.blocks),
      tallies: sum((one) => one.tallies),
      nodes: sum((one) => one.nodes),
      balances: sum(({ auditor }) => auditor.state.balances.size),
      answered: source.balances === undefined ? undefined : sum((one) => one.live),
      alerts,
      stored,
      behind: sum(({ auditor, storedUpTo }) => auditor.chain.seq - storedUpTo),
    }),
  };
}

/** `retired`: the audits of partitions before it, of which it may inherit. */
async function auditPartition(
  partition: number,
  { retired, originals }: { readonly retired: readonly Auditor[]; readonly originals: Originals },
  source: Source,
  faults: Faults,
  progress: Progress,
): Promise<Seen> {
  await using audit = new PartitionAudit(partition, source.log, faults, retired, originals);
  const { auditor } = audit;
  const advance = async (upTo: number) => {
    progress.extend(Math.max(0, upTo - audit.seq));
    await audit.advance(upTo, progress.commitDone);
  };
  let live = 0;
  try {
    auditor.sums.groupsUpTo = (await source.storedUpTo?.(partition)) ?? Number.MAX_SAFE_INTEGER;
    await advance((await source.log.info(streams.rated(partition))).lastSeq);
    const { balances, placement } = source;
    if (balances !== undefined && partition >= placement.firstPartition) {
      const reply = await answer(() => balances(partition, ''), audit);
      if (reply !== undefined) await advance(reply.outSeq);
      live = await compareLive(audit, { balances }, progress.commitDone);
    }
  } catch (error) {
    if (!(error instanceof RangeMissing)) throw error;
    faults.add('FENCE', `partition ${partition}, after commit ${auditor.chain.seq}: ${error.message}`);
  }
  const { tallies, nodes } = auditor.finish();
  const storedUpTo = Math.min(auditor.sums.groupsUpTo, auditor.chain.seq);
  const stored = await compareStored(auditor, source, storedUpTo);
  return { auditor, tallies, nodes, live, storedUpTo, stored };
}
