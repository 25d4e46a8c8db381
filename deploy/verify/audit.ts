/** All partitions, one after the other, then what they have in common. */
import type { Auditor } from '#core/reference/audit/auditor.ts';
import type { CheckName, Faults } from '#core/reference/audit/faults.ts';
import { streams } from '#core/messages/names.ts';
import { compareAlerts } from './alerts.ts';
import { compareStored } from './clickhouse.ts';
import { RangeMissing } from './inputs.ts';
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
  for (let partition = 0; partition < source.partitions; partition++) {
    seen.push(await auditPartition(partition, source, faults, progress));
  }
  const auditors = seen.map(({ auditor }) => auditor);
  const alerts = await compareAlerts(auditors, source.log, source.balances !== undefined, faults);
  const sum = (count: (one: Seen) => number) => seen.reduce((total, one) => total + count(one), 0);
  const samples = (of: 'received' | 'rated' | 'duplicates' | 'refused') =>
    sum(({ auditor }) => auditor.state.samples[of]);
  const commits = sum(({ auditor }) => auditor.chain.count);
  const batches = sum(({ auditor }) => auditor.state.batches.rated);
  const stored = {
    samples: sum((one) => one.stored.samples),
    rows: sum((one) => one.stored.rows),
    groups: sum((one) => one.stored.groups),
  };
  const ignored = sum(({ auditor }) => auditor.chain.ignored);
  const behind = sum(({ auditor, storedUpTo }) => auditor.chain.seq - Math.min(storedUpTo, auditor.chain.seq));
  return {
    from: 'the first message of every partition',
    received: samples('received'),
    rated: samples('rated'),
    duplicates: samples('duplicates'),
    refused: samples('refused'),
    rowsInClickHouse: stored.samples,
    chargeRows: stored.rows,
    commits,
    looked: {
      FENCE: `${commits} commits of ${source.partitions} partitions follow from one another${ignored > 0 ? `; ${ignored} writes of fenced owners are ignored` : ''}`,
      TRACE: `every row leads to its sample in one of ${batches} batches, whose signatures fit`,
      CONSERVE:
        'received = rated + duplicates + refused, in samples and in batches, for every producer at every commit',
      ONCE: `each of ${samples('rated')} rated samples is counted once`,
      RERATE: `${sum(({ auditor }) => auditor.sums.rows)} charge rows are the same, digit for digit`,
      BLOCKS: `${sum(({ auditor }) => auditor.fold.blocks)} blocks say what their arrays hold`,
      TELESCOPE: `the rows of each of ${sum((one) => one.tallies)} tallies add up to its charge`,
      TREE: `${sum((one) => one.nodes)} sums up the tree hold`,
      CAP: `${alerts} alerts, each raised once and copied once`,
      BALANCES: `${sum(({ auditor }) => auditor.state.balances.size)} balances are as recomputed, in the commits${source.balances === undefined ? '' : ` and in ${sum((one) => one.live)} answers of the rater`}`,
      CLICKHOUSE: `${stored.rows} charge rows in ${stored.groups} groups add up as in the log${behind > 0 ? `; ${behind} commits are not loaded yet, the next start loads them` : ''}`,
      DOCUMENTS: 'there are no documents yet',
    },
  };
}

async function auditPartition(partition: number, source: Source, faults: Faults, progress: Progress): Promise<Seen> {
  await using audit = new PartitionAudit(partition, source.log, faults);
  const { auditor } = audit;
  const advance = async (upTo: number) => {
    progress.extend(Math.max(0, upTo - audit.seq));
    await audit.advance(upTo, progress.commitDone);
  };
  let live = 0;
  try {
    auditor.sums.groupsUpTo = (await source.storedUpTo?.(partition)) ?? Number.MAX_SAFE_INTEGER;
    await advance((await source.log.info(streams.rated(partition))).lastSeq);
    const { balances } = source;
    if (balances !== undefined) {
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
