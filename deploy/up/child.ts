import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { sleep } from '#platform/lifecycle.ts';
import type { Logger } from '#platform/telemetry.ts';
import { deployError } from '../errors.ts';
import { startedTicksOf, type ProcessRecord } from '../instance/processes.ts';
import { upLimits } from './limits.ts';

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Ends with this process however that one ends. Roles need it not: they drain when their standard input closes. */
  readonly tied?: boolean;
  /** Where its log lines go; they are passed through untouched when absent. */
  readonly onLogLine?: (line: string) => void;
  /** Why it gave up, where its log lines go to a file of its own. */
  readonly lastWords?: () => string;
  /** True once it does its work; polled after each start. */
  readonly ready: () => Promise<boolean>;
}

export interface Child {
  readonly name: string;
  /** Resolves when it was ready for the first time; rejects when it was stopped, or gave up by itself, before. */
  readonly firstReady: Promise<void>;
  /** Undefined while it is down. */
  record(): ProcessRecord | undefined;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL when it does not end in time. No restart follows. */
  stop(): Promise<void>;
}

/** Keeps one process running: starts it, and starts it again after a pause whenever it ends, until it is stopped. */
export function keepRunning(spec: ChildSpec, logger: Logger, onChange: () => void): Child {
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => undefined);
  let running: { readonly process: ChildProcess; readonly startedTicks: number } | undefined;
  let restarts = 0;
  let wasReady = false;

  const supervise = async () => {
    let pauseMs: number = upLimits.restartPauseMsMin;
    for (;;) {
      const startedMs = performance.now();
      const process = start(spec);
      running = process.pid === undefined ? undefined : { process, startedTicks: startedTicksOf(process.pid) };
      onChange();
      const ended = endOf(process);
      void announceReady(spec, ended, logger, restarts).then((ready) => {
        wasReady ||= ready;
        if (ready) first.resolve();
      });
      const reason = await ended;
      running = undefined;
      if (stopping.signal.aborted) return;
      if (reason.exitCode !== undefined && !wasReady) {
        // It gave up by itself before it ever worked: a wrong file or setting, which no restart mends.
        first.reject(
          deployError(
            'CHILD_NOT_READY',
            `${spec.name} ended with exit code ${reason.exitCode}: ${spec.lastWords?.() ?? 'its last log line says why.'}`,
          ),
        );
        return;
      }
      if (performance.now() - startedMs > upLimits.stableAfterMs) pauseMs = upLimits.restartPauseMsMin;
      logger.warn({ child: spec.name, ...reason, restartInMs: pauseMs }, `${spec.name} ended, starting it again`);
      restarts += 1;
      onChange();
      await sleep(pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, upLimits.restartPauseMsMax);
    }
  };
  const supervised = supervise();

  return {
    name: spec.name,
    firstReady: first.promise,
    record: () =>
      running && { name: spec.name, pid: running.process.pid ?? 0, startedTicks: running.startedTicks, restarts },
    signal: (name) => void running?.process.kill(name),
    async stop() {
      stopping.abort();
      first.reject(new Error(`${spec.name} was stopped before it was ready`));
      const kill = setTimeout(() => {
        logger.warn(
          { child: spec.name, afterMs: upLimits.drainMsMax },
          `${spec.name} did not drain in time, killing it`,
        );
        running?.process.kill('SIGKILL');
      }, upLimits.drainMsMax);
      running?.process.kill('SIGTERM');
      await supervised;
      clearTimeout(kill);
    },
  };
}

/** From util-linux: asks the kernel for a signal at the parent's death. Without it the next start ends what is left. */
const setprivPaths = ['/usr/bin/setpriv', '/bin/setpriv'];

/** Own session, so that a terminal's interrupt reaches the supervisor alone, which then drains in order. */
function start(spec: ChildSpec): ChildProcess {
  const setpriv = spec.tied === true ? setprivPaths.find((path) => existsSync(path)) : undefined;
  const [command, args] =
    setpriv === undefined
      ? [spec.command, spec.args]
      : [setpriv, ['--pdeathsig', 'TERM', '--', spec.command, ...spec.args]];
  const child = spawn(command, args, {
    detached: true,
    stdio: ['pipe', 'ignore', spec.onLogLine === undefined ? 'inherit' : 'pipe'],
    env: { ...process.env, METERLINE_SUPERVISED: '1', ...spec.env },
  });
  // The pipe's only message is its end: it closes when this process dies.
  child.stdin?.on('error', () => undefined);
  if (spec.onLogLine !== undefined && child.stderr !== null) eachLine(child.stderr, spec.onLogLine);
  return child;
}

interface End {
  readonly exitCode?: number;
  readonly killedBy?: string;
  readonly error?: string;
}

const endOf = (child: ChildProcess): Promise<End> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ error: error.message }));
    child.once('exit', (code, signal) => resolve(signal === null ? { exitCode: code ?? 0 } : { killedBy: signal }));
  });

async function announceReady(spec: ChildSpec, ended: Promise<End>, logger: Logger, restarts: number): Promise<boolean> {
  const startedMs = performance.now();
  let live = true;
  void ended.then(() => (live = false));
  while (live) {
    if (await spec.ready().catch(() => false)) {
      const tookMs = Math.round(performance.now() - startedMs);
      if (live) logger.info({ child: spec.name, tookMs, restarts }, `${spec.name} ready`);
      return live;
    }
    await sleep(upLimits.readyPollMs);
  }
  return false;
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
}
