/**
 * Draws one snapshot in a process of its own, which whoever forks it tells where: neither the memory of a second state, nor its
 * garbage, nor a crash for want of either reaches a loop that rates.
 */
import { fork } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Config } from '#platform/config.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { drawSnapshot, type Drawn } from './snapshotDraw.ts';
import { openSnapshots } from './snapshots.ts';

interface Order {
  readonly partition: number;
  readonly nats: Config['nats'];
}

/** What it took: CPU of the whole process, and the most memory that it had. */
interface DrawnApart extends Drawn {
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Below that of whoever rates. */
const niceness = 10;

/** Draws snapshots of partitions, one after the other, so that the memory of one state is all that it takes. */
export function drawApart(nats: Config['nats'], signal: AbortSignal) {
  let last: Promise<unknown> = Promise.resolve();
  return (partition: number): Promise<DrawnApart | undefined> => {
    const drawn = last.then(() => (signal.aborted ? undefined : drawIn(signal, { partition, nats })));
    last = drawn.catch(() => undefined);
    return drawn;
  };
}

function drawIn(signal: AbortSignal, order: Order): Promise<DrawnApart | undefined> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, { signal, killSignal: 'SIGKILL', execArgv: [] });
    child.once('error', (error) => (signal.aborted ? resolve(undefined) : reject(error)));
    child.once('message', (drawn) => resolve(drawn as DrawnApart));
    child.once('exit', (code, by) => reject(new Error(`the process that draws it ended with ${code ?? by}`)));
    child.send(order);
  });
}

async function draw({ partition, nats }: Order): Promise<void> {
  const connection = await connectNats({ ...nats, role: 'rater' });
  const log = await jetstreamLog(connection);
  const drawn = await drawSnapshot(partition, log, await openSnapshots(connection, log, nats.replicas, false));
  await connection.close();
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const apart = { ...drawn, cpuMs: (userCPUTime + systemCPUTime) / 1000, residentBytes: maxRSS * 1024 };
  process.send!(apart satisfies DrawnApart, () => process.disconnect?.());
}

if (import.meta.main) {
  setPriority(niceness);
  process.once('message', (order) => void draw(order as Order));
  // Without whom it is for, it ends: a snapshot is saved whole or not at all.
  process.once('disconnect', () => process.exit());
}
