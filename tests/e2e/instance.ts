/** A real instance on free ports whose agent reads a recorded host, and what its counters' movement must cost. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { Accounts, Explore, LiveState } from '#core/messages/api.ts';
import { readProcesses, type ProcessRecord } from '#deploy/instance/processes.ts';
import { officeOf, type OfficeClient } from '#deploy/officeClient.ts';
import type { VerifyReport } from '#deploy/verify/report.ts';
import { HostTree } from '#collector/testing/hostTree.ts';

const command = join(import.meta.dirname, '..', '..', 'deploy', 'cli.ts');
export const organisation = join(import.meta.dirname, 'prices.yaml');
const container = `sys/fs/cgroup/system.slice/docker-${'a'.repeat(64)}.scope/cpu.stat`;

/** Every wait polls until its condition holds; the bound only ends a broken run. */
export const patience = { timeout: 90_000, interval: 100 };

/** How far the recorded counters moved: ticks of 10 ms of the host, µs of one container. */
export interface Usage {
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly containerUs: number;
}

/**
 * 7200 s + 1800.18 s of the host: one vCPU·h at 1.80, then 1.5 h and 0.18 s at 1.20, that is 1.80 + 1.80 + 0.00006.
 * 54.000006 s of the container less 18 s of allowance: 36.000006 s at 0.60 an hour, that is 0.006000001.
 */
export const fullUsage: Usage = { userTicks: 720_000, systemTicks: 180_018, containerUs: 54_000_006 };
export const fullAmount = '3.606060001';

export class Instance implements AsyncDisposable {
  readonly tree = new HostTree('debian-v2');
  readonly #directory = mkdtempSync(join(tmpdir(), 'meterline-e2e-'));
  readonly dataDir = join(this.#directory, 'data');
  readonly #log: string[] = [];
  #supervisor: ChildProcess | undefined;
  readonly #demo: readonly string[];

  /** `withReceivers`: alerts may go to receivers on this machine, as those of the demo do. */
  constructor({ withReceivers = false } = {}) {
    this.#demo = withReceivers ? [] : ['--no-demo'];
  }

  /** Starts `meterline up`, and waits until each counter of the host has been read for the first time, where `usage` leaves it. */
  async start(usage: Usage = { userTicks: 0, systemTicks: 0, containerUs: 0 }): Promise<void> {
    this.use(usage);
    this.#log.length = 0;
    const flags = ['--port', '0', ...this.#demo, '--organisation', organisation, '--interval', '200', '--json'];
    const child = spawn(process.execPath, [command, 'up', '--data', this.dataDir, ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, METERLINE_PROC_ROOT: this.tree.procRoot, METERLINE_SYS_ROOT: this.tree.sysRoot },
    });
    this.#supervisor = child;
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => void this.#log.push(chunk));
    await vi.waitFor(() => expect(this.#log.join('')).toContain('"msg":"ready"'), patience);
    // Containers are read after the host's processors; their memory is in the first sample that arrives.
    await vi.waitFor(async () => expect((await this.liveState()).samples.rated).toBeGreaterThan(0), patience);
  }

  /** Sets the recorded counters to where they stood plus `usage`. */
  use({ userTicks, systemTicks, containerUs }: Usage): void {
    const stat = `cpu  ${123_456 + userTicks} 789 ${45_678 + systemTicks} 9876543 2345 12 3456 78 500 20`;
    this.tree.write('proc/stat', `${stat}\nbtime 1795421557\n`);
    this.tree.write(container, `usage_usec ${1_000_001 + containerUs}\nuser_usec 1\nsystem_usec 2\n`);
  }

  get office(): OfficeClient {
    return officeOf(this.dataDir);
  }

  liveState(): Promise<LiveState> {
    return this.office.get('/live-state');
  }

  /** The organisation's total as the rater holds it and as ClickHouse adds it up. */
  async totals(): Promise<{ readonly rater: string | undefined; readonly clickhouse: string }> {
    const { accounts } = await this.office.get<Accounts>('/accounts');
    const { balances, period } = await this.liveState();
    const root = accounts.find(({ slug }) => slug === 'small')?.id;
    const range = `from=${period.startMs}&to=${period.endMs}`;
    const explored = await this.office.get<Explore>(`/explore?by=account&${range}`);
    return { rater: balances.find(({ account }) => account === root)?.total, clickhouse: explored.total.amount };
  }

  process(name: string): ProcessRecord | undefined {
    return readProcesses(this.dataDir).find((record) => record.name === name);
  }

  /** `meterline verify --json`, on the instance as it is: running or stopped. */
  async verify(): Promise<VerifyReport> {
    return (await this.run(['verify'])) as VerifyReport;
  }

  /** What a command prints on the instance as JSON; undefined when it was killed for saying `killAt`. */
  async run(args: readonly string[], killAt?: string): Promise<unknown> {
    const child = spawn(process.execPath, [command, ...args, '--data', this.dataDir, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (killAt !== undefined && chunk.includes(killAt)) child.kill('SIGKILL');
    });
    await once(child, 'close');
    return output === '' ? undefined : (JSON.parse(output) as unknown);
  }

  /** SIGTERM: drains in order; gives the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#supervisor;
    if (child === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    return child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.tree[Symbol.dispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export const noDifference = { balances: '0', clickhouse: '0', rerated: '0', documents: '0' };
