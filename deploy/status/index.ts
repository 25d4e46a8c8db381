import type { Status } from '#core/messages/api.ts';
import type { Pressure } from '#core/messages/pressure.ts';
import { spanText } from '#core/pressure/words.ts';
import type { LoadingStatus } from '#aggregator/main.ts';
import { configPath, readConfig } from '#platform/config.ts';
import { isInstanceRunning, readHolder } from '../instance/lock.ts';
import { officeClient } from '../officeClient.ts';
import { exitCodes, printJson, printLine, printTable } from '../cli/report.ts';
import { usageOf, type ProcessUsage } from './processUsage.ts';

/** Prints what runs, what it takes and how far it is. Exit code 1 when the instance does not run or answer. */
export async function statusCommand(dataDir: string, json: boolean): Promise<number> {
  const config = readConfig(configPath(dataDir));
  const running = isInstanceRunning(dataDir);
  const ask = async <Answer>(path: string): Promise<Answer | undefined> =>
    running
      ? officeClient(config)
          .get<Answer>(path)
          .catch(() => undefined)
      : undefined;
  const [processes, status, loading] = await Promise.all([
    running ? usageOf(dataDir) : [],
    ask<Status>('/status'),
    ask<LoadingStatus>('/loading'),
  ]);
  const ok = running && status !== undefined;
  const total = sum(processes);
  const product = sum(processes.filter(({ name }) => !besides.has(name)));
  const url = running ? (readHolder(dataDir)?.url ?? '') : '';
  if (json)
    printJson({
      ok,
      running,
      dataDir,
      url,
      processes,
      product,
      total,
      status: status ?? null,
      loading: loading ?? null,
    });
  else printForPeople({ dataDir, url, running, processes, product, status, loading });
  return ok ? exitCodes.holds : exitCodes.holdsNot;
}

/** Processes that show the product at work and are no part of it. */
const besides = new Set(['demo-service', 'demo-receiver', 'fleet']);

type Total = Pick<ProcessUsage, 'rssBytes' | 'cpuPercent'>;

const sum = (processes: readonly ProcessUsage[]): Total => ({
  rssBytes: processes.reduce((bytes, process) => bytes + process.rssBytes, 0),
  cpuPercent: round(processes.reduce((percent, process) => percent + process.cpuPercent, 0)),
});

/** Enough of a rater's id to tell it from the others. */
const short = (rater: string): string => rater.slice(0, 8);

const round = (value: number): number => Math.round(value * 100) / 100;

function printForPeople(view: {
  dataDir: string;
  url: string;
  running: boolean;
  processes: readonly ProcessUsage[];
  product: Total;
  status: Status | undefined;
  loading: LoadingStatus | undefined;
}): void {
  if (!view.running)
    return printLine(`No instance runs at ${view.dataDir}. Start one with: npm start -- --data ${view.dataDir}`);
  printLine(`${view.url}  (${view.dataDir})\n`);
  const row = (name: string, pid: string, usage: Total, restarts: string) => [
    name,
    pid,
    `${Math.round(usage.rssBytes / 1024 ** 2)} MiB`,
    `${usage.cpuPercent} %`,
    restarts,
  ];
  printTable([
    ['PROCESS', 'PID', 'RESIDENT', 'CPU', 'RESTARTS'],
    ...view.processes.map((process) => row(process.name, String(process.pid), process, String(process.restarts))),
    row('all but the demo', '', view.product, ''),
  ]);
  printLine('');
  for (const { partition, failure } of view.loading?.partitions ?? [])
    if (failure !== null)
      printLine(
        `ClickHouse is not loaded further, partition ${partition}: ${failure.code}. ${failure.detail} ${failure.solve}\n`,
      );
  printPressure(view.status?.pressure);
  if (view.status === undefined) return printLine('The office does not answer yet; its log lines say why.');
  printTable([
    [
      'PARTITION',
      'OWNED',
      'RATER',
      'STANDBY (BEHIND)',
      'COMMITTED',
      'LOADED',
      'LAG',
      'RECEIVED',
      'RATED',
      'DUPLICATES',
      'REFUSED',
    ],
    ...view.status.partitions.map(
      ({ partition, owner, retired, rater, standbys, outSeq, loadedSeq, totals: { samples } }) =>
        [
          partition,
          retired ? 'retired' : owner ? 'yes' : 'no',
          short(rater ?? '-'),
          standbys.map((standby) => `${short(standby.rater)} (${standby.behind})`).join(', ') || '-',
          outSeq,
          loadedSeq,
          outSeq - loadedSeq,
          samples.received,
          samples.rated,
          samples.duplicates,
          samples.refused,
        ].map(String),
    ),
  ]);
  const { rowsInClickHouse, alerts, webhooksDelivered, latencyMs } = view.status;
  printLine(`\n${rowsInClickHouse} rows in ClickHouse, ${alerts} alerts, ${webhooksDelivered} webhooks delivered`);
  const spread = ({ p50, p99 }: { readonly p50: number; readonly p99: number }) => `p50 ${p50} ms, p99 ${p99} ms`;
  printLine(`commit ${spread(latencyMs.commit)}${alerts === 0 ? '' : `; alert ${spread(latencyMs.alert)}`}`);
}

const signs = { ok: '✓', warn: '!', full: '✗' } as const;

/** Every stage that is not well, with what becomes of usage and what to do; one line while all are. */
function printPressure(pressure: Pressure | undefined): void {
  if (pressure === undefined || pressure.stages.length === 0) return;
  const held = pressure.stages.filter(({ state }) => state !== 'ok');
  if (held.length === 0) return printLine('✓ nothing is held up on its way\n');
  for (const { name, state, detail, effect, solve, sinceMs } of held) {
    const since = sinceMs === null ? '' : `, for ${spanText(pressure.asOfMs - sinceMs)}`;
    printLine(`${signs[state]} ${name}${since}: ${detail}\n    ${effect}\n    ${solve}\n`);
  }
}
