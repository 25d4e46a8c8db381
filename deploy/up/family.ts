import { sleep } from '#platform/lifecycle.ts';
import type { Logger } from '#platform/telemetry.ts';
import { deployError } from '../errors.ts';
import { takeFailure } from '../instance/failure.ts';
import { startedTicksOf, writeProcesses } from '../instance/processes.ts';
import { keepRunning, type Child, type ChildSpec } from './child.ts';
import { upLimits } from './limits.ts';

/** The children, and the record of them that `status` and the next start read. */
export class Family {
  readonly #dataDir: string;
  readonly #logger: Logger;
  readonly #children = new Map<string, Child>();

  constructor(dataDir: string, logger: Logger) {
    this.#dataDir = dataDir;
    this.#logger = logger;
  }

  /** Resolves when the child is ready, or when a stop was asked for; throws CHILD_NOT_READY when it takes too long. */
  async start(spec: ChildSpec, signal: AbortSignal): Promise<void> {
    const child = keepRunning(spec, this.#logger, () => this.#record());
    this.#children.set(spec.name, child);
    this.#record();
    const late = new AbortController();
    const waits = AbortSignal.any([signal, late.signal]);
    const tooLate = sleep(upLimits.readyMsMax, waits).then(() => {
      if (!waits.aborted)
        throw deployError('CHILD_NOT_READY', `${spec.name} after ${upLimits.readyMsMax / 1000} s.`, {
          child: spec.name,
        });
    });
    try {
      await Promise.race([child.firstReady, tooLate]);
    } catch (error) {
      throw takeFailure(this.#dataDir, spec.name) ?? error;
    } finally {
      late.abort();
    }
  }

  /** Stops the named children, side by side. */
  async stop(names: readonly string[]): Promise<void> {
    const children = names.map((name) => this.#children.get(name)).filter((child) => child !== undefined);
    await Promise.all(children.map((child) => child.stop()));
    for (const name of names) this.#children.delete(name);
    this.#record();
  }

  /** In the order in which each still has what it drains into. */
  async stopAll(): Promise<void> {
    const names = [...this.#children.keys()];
    const core = [names.filter((name) => /^rater(-|$)/.test(name)), ['office'], ['nats-server']];
    await this.stop(names.filter((name) => !core.flat().includes(name)));
    for (const some of core) await this.stop(some);
  }

  /** Ends one child in order; like any that ends, it is started again. */
  restart(name: string): void {
    this.#children.get(name)?.signal('SIGTERM');
  }

  killAll(): void {
    for (const child of this.#children.values()) child.signal('SIGKILL');
  }

  #record(): void {
    const self = { name: 'supervisor', pid: process.pid, startedTicks: startedTicksOf(process.pid), restarts: 0 };
    const records = [...this.#children.values()]
      .map((child) => child.record())
      .filter((record) => record !== undefined);
    writeProcesses(this.#dataDir, [self, ...records]);
  }
}
