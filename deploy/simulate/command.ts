/** `meterline price simulate`: rates the recorded log again under a draft price list; balances and stores stay as they are. */
import { basename } from 'node:path';
import { streams } from '#core/messages/names.ts';
import type { Account, Master } from '#core/rating/state.ts';
import { compared } from '#core/simulate/compare.ts';
import type { History } from '#core/simulate/history.ts';
import { RowSimulation, type RowsOptions } from '#core/simulate/fromRows.ts';
import type { Ledger } from '#core/simulate/ledger.ts';
import { Simulation, type SimulationOptions } from '#core/simulate/simulation.ts';
import type { Config } from '#platform/config.ts';
import type { Log } from '#platform/log.ts';
import { corePorts } from '#rater/ports.ts';
import { printJson } from '../cli/report.ts';
import { deployError } from '../errors.ts';
import { configOf } from '../instance/configOf.ts';
import { showProgress } from '../verify/progress.ts';
import type { SimulateFlags } from './cli.ts';
import { readDraft } from './draftFile.ts';
import { openLog, readCommits, readHistory, type RecordedLog } from './log.ts';
import { readRows, type StoredRows } from './rows.ts';
import { printReport, reportOf, type SimulationReport } from './report.ts';

/** Prints what the draft in `text` would have charged. Throws APPLY_INVALID with all that is wrong with it, or USAGE. */
export async function simulateCommand(path: string, text: string, flags: SimulateFlags): Promise<void> {
  const config = configOf(flags.data);
  if (config.firstPartition > 0) {
    const detail =
      'What was used before its partitions were changed lies in other logs, which a simulation does not read together yet.';
    throw deployError('SIMULATION_REFUSED', detail, { firstPartition: config.firstPartition });
  }
  await using recorded = await openLog(config);
  const report = await simulate({ path, text, flags, partitions: config.partitions, recorded });
  if (flags.json) printJson(report);
  else printReport(report);
}

export interface SimulateOptions {
  readonly path: string;
  readonly text: string;
  readonly flags: Pick<SimulateFlags, 'from' | 'to' | 'account' | 'time' | 'source'>;
  readonly partitions: Config['partitions'];
  readonly recorded: Omit<RecordedLog, keyof AsyncDisposable>;
}

export async function simulate(options: SimulateOptions): Promise<SimulationReport> {
  const startedMs = performance.now();
  const { flags, path, recorded } = options;
  const { log, instance } = recorded;
  const file = basename(path);
  // Where the log ends comes first: whatever its commits took is then in the history.
  const ends: number[] = [];
  const histories: History[] = [];
  for (let partition = 0; partition < options.partitions; partition++) {
    ends.push((await log.info(streams.rated(partition))).lastSeq);
    histories.push(await readHistory(log, partition));
  }
  const { tenant, prices } = readDraft(options.text, file, mastersOf(histories));
  const partition = histories.findIndex((history) => history.master(tenant) !== undefined);
  const history = histories[partition]!;
  const master = history.master(tenant)!;
  const { timeZone } = master.record;
  const from = flags.from === undefined ? undefined : instantOf('--from', flags.from, timeZone);
  const to = flags.to === undefined ? undefined : instantOf('--to', flags.to, timeZone);
  if (from !== undefined && to !== undefined && from >= to)
    throw deployError('USAGE', `--from ${flags.from} is not before --to ${flags.to}.`, {
      from: flags.from,
      to: flags.to,
    });
  const accounts = flags.account === undefined ? undefined : subtreeOf(flags.account, master);
  const refusal = history.refusal(tenant, prices);
  if (refusal !== undefined) throw deployError('DRAFT_REFUSED', `${file}: ${refusal}.`, { file });

  const { time, source } = flags;
  const stretch = { tenant, prices, history, time, fromMs: from ?? 0, toMs: to ?? Infinity };
  using progress = showProgress('rated');
  const lastSeq = ends[partition]!;
  progress.extend(lastSeq);
  const { ledgers, commits } =
    source === 'log'
      ? await overLog({ log, lastSeq, stretch: { ...stretch, partition }, done: () => progress.commitDone() })
      : await overRows({ rows: recorded.rows(tenant, partition), stretch, file });
  const comparison = compared(ledgers.charged, ledgers.draft, accounts);
  return reportOf(comparison, master, {
    tenant, file, source, time, from: isoOf(from), to: isoOf(to), instance, commits,
    seconds: Math.round(performance.now() - startedMs) / 1000,
  }); // prettier-ignore
}

interface Simulated {
  readonly ledgers: { readonly charged: Ledger; readonly draft: Ledger };
  readonly commits: number;
}

async function overLog({
  log,
  lastSeq,
  stretch,
  done,
}: {
  readonly log: Log;
  readonly lastSeq: number;
  readonly stretch: Omit<SimulationOptions, 'ports'>;
  readonly done: () => void;
}): Promise<Simulated> {
  const ledgers = new Simulation({ ...stretch, ports: corePorts() });
  let commits = 0;
  await readCommits(log, stretch.partition, lastSeq, (commit) => {
    ledgers.take(commit);
    commits += 1;
    done();
    // Log time never goes back: nothing behind this commit belongs to a stretch of it.
    return stretch.time === 'usage' || commit.header.logTimeMs < stretch.toMs;
  });
  return { ledgers, commits };
}

/** Throws ROWS_INSUFFICIENT with all that rows cannot tell. */
async function overRows({
  rows,
  stretch,
  file,
}: {
  readonly rows: StoredRows;
  readonly stretch: RowsOptions;
  readonly file: string;
}): Promise<Simulated> {
  const ledgers = new RowSimulation(stretch);
  const commits = await readRows(rows, stretch, ledgers);
  const gaps = [...ledgers.gaps];
  if (gaps.length > 0) throw deployError('ROWS_INSUFFICIENT', `${file}: ${gaps.join('; ')}.`, { file, gaps });
  return { ledgers, commits };
}

function mastersOf(histories: readonly History[]): Map<string, Master> {
  return new Map(
    histories.flatMap((history) =>
      history.tenants.map((tenant): [string, Master] => [tenant, history.master(tenant)!]),
    ),
  );
}

const isoOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

/** A date is its first moment in the zone. UTC ms. */
function instantOf(flag: string, text: string, timeZone: string): number {
  try {
    return text.includes('T')
      ? Temporal.Instant.from(text).epochMilliseconds
      : Temporal.PlainDate.from(text, { overflow: 'reject' }).toZonedDateTime({ timeZone }).epochMilliseconds;
  } catch (cause) {
    const detail = `${flag} ${text} is neither a date such as 2026-12-01 nor an instant such as 2026-12-01T08:00:00Z.`;
    throw deployError('USAGE', detail, { [flag.slice(2)]: text }, cause);
  }
}

function subtreeOf(slug: string, { accounts }: Master): Set<number> {
  const isAsked = ({ record }: Account) => record.slug === slug;
  const all = [...accounts.values()];
  if (!all.some(isAsked))
    throw deployError('USAGE', `--account ${slug} is the slug of no account; \`meterline account list\` shows them.`, {
      account: slug,
    });
  return new Set(all.filter(({ chain }) => chain.some(isAsked)).map(({ record }) => record.id));
}
