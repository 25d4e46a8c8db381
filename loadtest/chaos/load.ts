/**
 * What machines use: counters that move by amounts drawn from the seed, each machine a recorded /proc that one agent reads. So
 * how far they will have moved at the end of a run is known before it begins.
 */
import { HostTree } from '#collector/testing/hostTree.ts';
import { sleep } from '#platform/lifecycle.ts';
import { Random } from '../sim/random.ts';
import { chaosLimits } from './limits.ts';

/** Bytes that a counter moves by at one tick. */
const bytesPerTick = { least: 1_000, most: 9_000 } as const;
const counters = chaosLimits.devices * 2;

/** Bytes that all counters of a machine together move by in so many ticks. */
export function bytesMoved(seed: number, ticks: number): bigint {
  const random = new Random(seed);
  let bytes = 0;
  for (let step = 0; step < ticks * counters; step++) bytes += random.between(bytesPerTick.least, bytesPerTick.most);
  return BigInt(bytes);
}

export class Machine implements Disposable {
  readonly tree = new HostTree();
  readonly #random: Random;
  /** Where its counters stand; a machine does not begin to be used when it begins to be metered. */
  readonly #values = Array.from({ length: counters }, (_, at) => 1_000_000_007 * (at + 1));

  constructor(seed: number) {
    this.#random = new Random(seed);
    for (const [name, text] of Object.entries(idleFiles)) this.tree.write(name, text);
    this.#show();
  }

  tick(): void {
    for (let at = 0; at < counters; at++)
      this.#values[at]! += this.#random.between(bytesPerTick.least, bytesPerTick.most);
    this.#show();
  }

  #show(): void {
    const lines = Array.from({ length: chaosLimits.devices }, (_, device) => {
      const [received, sent] = this.#values.slice(device * 2);
      return `  eth${device}: ${received} 0 0 0 0 0 0 0 ${sent} 0 0 0 0 0 0 0\n`;
    });
    this.tree.write('proc/net/dev', `Inter-|\n face |\n${lines.join('')}`);
  }

  [Symbol.dispose](): void {
    this.tree[Symbol.dispose]();
  }
}

/** What an agent reads besides, and what stands still. */
const idleFiles: Readonly<Record<string, string>> = {
  'proc/stat': 'cpu  1 1 1 1 1 1 1 1 0 0\nbtime 1795421557\n',
  'proc/meminfo': 'MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\n',
  'proc/diskstats': '',
  'proc/1/mounts': '',
  'proc/sys/kernel/random/boot_id': '7ecb5f0e-0000-4000-8000-000000000001\n',
  'sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
};

/** Moves all counters by so many ticks, on time, and at the end by those that came too late. */
export async function use(machines: readonly Machine[], ticks: number, signal: AbortSignal): Promise<void> {
  const startedMs = performance.now();
  for (let tick = 1; tick <= ticks && !signal.aborted; tick++) {
    for (const machine of machines) machine.tick();
    await sleep(Math.max(0, startedMs + tick * chaosLimits.tickMs - performance.now()), signal);
  }
}
