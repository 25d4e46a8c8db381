/** One run of a seed: trouble for so many steps, then rest; the invariants are held against every step. */
import { PartitionAudit } from '#deploy/verify/partition.ts';
import { checkNames, Faults as Found } from '#core/reference/audit/faults.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { narrowLimits } from './narrow.ts';
import { Violation } from './violation.ts';
import { World } from './world.ts';

/** Virtual time within which a partition must find an owner: some leases, and some attempts. */
const orphanedMsMax = 30_000;
/** Virtual time within which something must go on once nothing fails any more: more than the longest pause before a retry. */
const standstillMsMax = 150_000;
/** The store is looked through every so many steps. */
const storeEvery = 50;

export interface RunResult {
  readonly seed: number;
  readonly steps: number;
  readonly virtualSeconds: number;
  readonly commits: number;
  readonly samples: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Undefined when every invariant held. */
  readonly violation: { readonly invariant: string; readonly detail: string; readonly step: number } | undefined;
}

export async function run(seed: number, steps: number): Promise<RunResult> {
  using _limits = narrowLimits();
  const world = new World(seed);
  const chance = world.random.fork();
  using _time = world.schedule.install(() => chance.next());
  let violation: RunResult['violation'];
  try {
    await play(world, steps);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = { invariant: error.invariant, detail: error.message, step: world.schedule.steps };
  }
  return {
    seed,
    steps: world.schedule.steps,
    virtualSeconds: Math.round(world.schedule.nowMs / 1000),
    commits: world.watch.commits,
    samples: world.hosts.reduce((sum, { partition }) => sum + (world.watch.commitsOf(partition).at(-1)?.header.totals.samples.rated ?? 0), 0), // prettier-ignore
    faults: world.faults.counts,
    violation,
  };
}

async function play(world: World, steps: number): Promise<void> {
  while (world.schedule.steps < steps) {
    await step(world);
    world.trouble();
  }
  world.heal();
  let progress = '';
  let progressAtMs = world.schedule.nowMs;
  let ownedAtMs = world.schedule.nowMs;
  for (let quietSteps = 0; quietSteps < 400;) {
    await step(world);
    quietSteps = world.waitsFor() === '' ? quietSteps + 1 : 0;
    if (world.orphan === undefined) ownedAtMs = world.schedule.nowMs;
    else if (world.schedule.nowMs > ownedAtMs + orphanedMsMax)
      throw new Violation('LIVENESS', `nobody takes partition ${world.orphan} over`);
    if (world.progress() !== progress) {
      progress = world.progress();
      progressAtMs = world.schedule.nowMs;
    } else if (quietSteps === 0 && world.schedule.nowMs > progressAtMs + standstillMsMax)
      throw new Violation('LIVENESS', `still waits for ${world.waitsFor()}`);
  }
  world.watch.judgeLoaded(world.store.valid());
  for (const host of world.hosts) {
    const rated = world.watch.quantityOf(host.producer.id);
    const used = host.used * 10n ** 12n;
    if (world.watch.losses.length === 0 ? rated !== used : rated > used)
      world.watch.fail('ONCE', `${host.producer.id} used ${used}, rated are ${rated} (in 10⁻¹² us)`);
  }
  world.watch.check();
  if (!isInputLost(world)) await audit(world);
}

/** One event; then everything must hold. */
async function step(world: World): Promise<void> {
  if (!(await world.schedule.step()))
    throw new Violation('LIVENESS', `nothing happens any more; waits for ${world.waitsFor()}`);
  if (world.schedule.steps % storeEvery === 0) world.watch.judgeStore(world.store.valid());
  world.watch.check();
}

/** Whether a stream has lost what a commit took from it: the log alone does not prove that commit any more. */
const isInputLost = ({ watch, streams, partitions }: World): boolean =>
  watch.isInputLost ||
  Array.from({ length: partitions }, (_, partition) => partition).some((partition) =>
    watch.commitsOf(partition).some(({ header: { inputs } }) => {
      const last = inputs.usage.seq === 0 ? undefined : streams.messages(`USAGE_${partition}`)[inputs.usage.seq - 1];
      return inputs.usage.seq > 0 && (last === undefined || sha256(last.data) !== inputs.usage.hash);
    }),
  );

/** The log, rated again by the slow engine: every row, balance and alert. */
async function audit(world: World): Promise<void> {
  const log = plainLog(world);
  for (let partition = 0; partition < world.partitions; partition++) {
    const found = new Found();
    await using auditing = new PartitionAudit(partition, log, found);
    await auditing.advance(world.streams.messages(`RATED_${partition}`).length, () => undefined);
    auditing.auditor.finish();
    const broken = checkNames.find((name) => found.count(name) > 0);
    if (broken !== undefined) throw new Violation(broken, found.tell(broken));
  }
}

/** What is stored, read without any trouble. */
function plainLog({ streams }: World): Log {
  return {
    append: () => Promise.reject(new Error('read only')),
    info: async (stream) => ({ firstSeq: 1, lastSeq: streams.messages(stream).length, bytes: 0 }),
    get: async (stream, seq) => streams.messages(stream)[seq - 1],
    last: async (stream) => streams.messages(stream).at(-1),
    async *follow(stream, fromSeq) {
      yield* streams.messages(stream).slice(fromSeq - 1);
    },
  };
}
