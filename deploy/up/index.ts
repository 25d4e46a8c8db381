/**
 * The supervisor: one data directory, four kinds of children (broker, rater, office, agent), restarts, ordered drain.
 *
 *     lock → end orphans → keys, configuration → broker → streams → rater and office → enrol → agent → demo, fleet
 *     drain: agent, fleet, demo → (settle) → rater → office → broker
 */
import { lockInstance } from '../instance/lock.ts';
import { prepareInstance, requireAccess, type Prepared } from '../instance/prepare.ts';
import { endOrphans } from '../instance/processes.ts';
import { programVersion } from '../instance/version.ts';
import { printJson, exitCodes } from '../cli/report.ts';
import { officeClient, type OfficeClient } from '../officeClient.ts';
import { aborted, sleep } from '#platform/lifecycle.ts';
import { brokerSpec, prepareStreams } from './broker.ts';
import { watchBroker } from './brokerWatch.ts';
import type { ChildSpec } from './child.ts';
import { demoSpecs, findAgent, servicePidPath } from './demo.ts';
import { ensureEnrolled } from './enrolment.ts';
import { Family } from './family.ts';
import { createLogLines } from './logLines.ts';
import type { UpOptions } from './options.ts';
import { fleetSpec, moreRaters, roleSpec } from './roleSpecs.ts';
import { listenForStop, type StopSignal } from './stopSignal.ts';
import { settledSummary, type Summary } from './summary.ts';
import { sayReady } from './welcome.ts';

/** Runs an instance until a signal or the end of its time; gives the exit code. */
export async function up(options: UpOptions): Promise<number> {
  const { logger, onChildLine } = createLogLines(options.logLevel);
  using lock = lockInstance(options.dataDir);
  requireAccess(options.dataDir);
  await endOrphans(options.dataDir, (orphans) =>
    logger.warn(
      { orphans: orphans.map(({ name, pid }) => `${name} ${pid}`) },
      'ending what a killed supervisor left running',
    ),
  );
  const agent = await findAgent(options);
  const prepared = await prepareInstance({
    ...options,
    agent,
    collector: {
      processes: options.demo ? { 'svc-render': servicePidPath(options.dataDir) } : {},
      ...options.collector,
    },
    allowLoopbackWebhooks: options.demo,
  });
  const family = new Family(options.dataDir, logger);
  const stop = listenForStop(logger, () => family.killAll());
  const onLine = onChildLine === undefined ? {} : { onLogLine: onChildLine };
  const office = officeClient(prepared.config);
  lock.describe({ url: office.url });
  logger.info({ version: programVersion, dataDir: options.dataDir, instance: prepared.instance.id }, 'starting');
  try {
    await startAll(options, prepared, { family, office, stop, onLine });
    if (stop.signal.aborted) return exitCodes.holdsNot;
    const startMs = sinceLaunchMs();
    void watchBroker(prepared.config, () => family.restart('nats-server'), logger, stop.signal);
    logger.info({ startMs, url: office.url }, 'ready');
    await sayReady(office, options.json);
    const { forSeconds } = options;
    if (forSeconds === undefined) {
      await aborted(stop.signal);
      return exitCodes.holds;
    }
    const readyMs = performance.now();
    await sleep(forSeconds * 1000, stop.signal);
    stop.stop(`--for ${forSeconds}`);
    // An interrupt ends it sooner, and is answered all the same.
    const seconds = Math.min(forSeconds, Math.round((performance.now() - readyMs) / 1000));
    await family.stop(['collector', 'fleet']);
    return printSummary(await settledSummary(office, { seconds, startMs }), options.json);
  } finally {
    await family.stopAll();
    stop.release();
    logger.info('stopped');
  }
}

interface Running {
  readonly family: Family;
  readonly office: OfficeClient;
  readonly stop: StopSignal;
}

async function startAll(
  options: UpOptions,
  { config, configPath, natsConfigPath, plan }: Prepared,
  { family, office, stop, onLine }: Running & { onLine: Pick<ChildSpec, 'onLogLine'> },
): Promise<void> {
  const start = (spec: ChildSpec) => family.start(spec, stop.signal);
  await start(brokerSpec(config, natsConfigPath));
  if (stop.signal.aborted) return;
  await prepareStreams(config, plan);
  const raters = await moreRaters(options.raters - 1, config, configPath, onLine);
  await Promise.all([
    start(roleSpec('rater', config, configPath, onLine)),
    ...raters.map(start),
    start(roleSpec('office', config, configPath, onLine)),
  ]);
  if (stop.signal.aborted) return;
  const demo = options.demo ? await demoSpecs(office, onLine) : [];
  await ensureEnrolled(office, { id: config.collector.producer, type: 'agent', simulated: false }, stop.signal);
  if (stop.signal.aborted) return;
  const { fleetHosts, historyDays } = options;
  const fleet = fleetHosts > 0 ? [fleetSpec(configPath, fleetHosts, historyDays, onLine)] : [];
  await Promise.all([...demo, roleSpec('collector', config, configPath, onLine), ...fleet].map(start));
}

function printSummary(summary: Summary, json: boolean): number {
  if (json) printJson(summary);
  else process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  return summary.ok ? exitCodes.holds : exitCodes.holdsNot;
}

/** Milliseconds since the launcher started, or since this process did when it was started without one. */
function sinceLaunchMs(): number {
  const launchedMs = Number(process.env['METERLINE_STARTED_MS'] ?? performance.timeOrigin);
  return Math.round(Date.now() - launchedMs);
}
