/** One run of a seed: worlds, each with trouble for so many steps, then rest; the invariants are held against every step. */
import { createHash } from 'node:crypto';
import { PartitionAudit } from '#deploy/verify/partition.ts';
import { checkNames, Faults as Findings } from '#core/reference/audit/faults.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import type { Weather } from './faults.ts';
import { narrowLimits } from './narrow.ts';
import { Random } from './random.ts';
import { simulateSecrets } from './secrets.ts';
import { Violation } from './violation.ts';
import { World } from './world.ts';

/** Virtual time within which a partition must find an owner: some leases, and some attempts. */
const orphanedMsMax = 30_000;
/** Virtual time within which something must go on once nothing fails any more: more than the longest pause before a retry. */
const standstillMsMax = 150_000;
/** The store is looked through every so many steps. */
const storeEvery = 50;

/** About as many steps as a world takes to come to rest. */
const restSteps = 600;
/** The weathers of a run's worlds, again and again, each time in another order. */
const cycle: readonly Weather[] = ['mixed', 'rewinds', 'contested', 'busy', 'rewinds', 'contested'];
/** Events at rest, one after the other, before what is at rest is judged. */
const quietStepsMin = 60;
/** Steps of trouble of one world: many short ones begin in many ways, a few long ones have a history. */
const lengths = [300, 500, 700, 900, 1100, 1400];

export interface RunResult {
  readonly seed: number;
  readonly steps: number;
  readonly worlds: number;
  readonly virtualSeconds: number;
  readonly commits: number;
  readonly samples: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Alerts by type and decisions by kind that were committed. */
  readonly seen: Readonly<Record<string, number>>;
  /** Of every message that was stored, in their order: two runs of one seed have the same. */
  readonly checksum: string;
  /** Undefined when every invariant held. */
  readonly violation: Found | undefined;
}

interface Found {
  readonly invariant: string;
  readonly detail: string;
  /** Counted from the beginning of the run. */
  readonly step: number;
}

/** World after world (`onWorld` hears how far it is), each with a weather of those given, chance, faults and a history of its own, until so many steps were made. */
export async function run(
  seed: number,
  steps: number,
  onWorld: (steps: number) => void = () => undefined,
  weathers = cycle,
): Promise<RunResult> {
  using _limits = narrowLimits();
  const random = new Random(seed);
  const history = createHash('sha256');
  const sum = { seed, steps: 0, worlds: 0, virtualSeconds: 0, commits: 0, samples: 0 };
  const faults: Record<string, number> = {};
  const seen: Record<string, number> = {};
  let violation: Found | undefined;
  let weathersLeft: Weather[] = [];
  while (sum.steps < steps && violation === undefined) {
    if (weathersLeft.length === 0) weathersLeft = random.shuffled(weathers);
    // The rest of the last world is to fit in as well.
    const left = steps - sum.steps - (sum.worlds === 0 ? 0 : restSteps);
    const troubled = Math.min(random.pick(lengths), Math.max(left, 1));
    const { world, found } = await runWorld(random.fork(), weathersLeft.pop()!, troubled);
    if (found !== undefined) violation = { ...found, step: sum.steps + found.step };
    sum.steps += world.schedule.steps;
    sum.worlds += 1;
    sum.virtualSeconds += Math.round(world.schedule.nowMs / 1000);
    sum.commits += world.watch.commits;
    for (const { partition } of world.hosts)
      sum.samples += world.watch.commitsOf(partition).at(-1)?.header.totals.samples.rated ?? 0;
    for (const [name, count] of Object.entries(world.faults.counts)) faults[name] = (faults[name] ?? 0) + count;
    for (const [name, count] of Object.entries(world.watch.seen)) seen[name] = (seen[name] ?? 0) + count;
    history.update(world.watch.checksum);
    onWorld(sum.steps);
  }
  return { ...sum, faults, seen, checksum: history.digest('base64url'), violation };
}

async function runWorld(
  random: Random,
  weather: Weather,
  steps: number,
): Promise<{ readonly world: World; readonly found: Found | undefined }> {
  const world = new World(random, weather);
  const chance = random.fork();
  using _time = world.schedule.install(() => chance.next());
  using _secrets = simulateSecrets(random.fork());
  try {
    await play(world, steps);
    return { world, found: undefined };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { world, found: { invariant: error.invariant, detail: error.detail, step: world.schedule.steps } };
  }
}

async function play(world: World, steps: number): Promise<void> {
  while (world.schedule.steps < steps) {
    await step(world);
    world.trouble();
  }
  world.heal();
  await rest(world);
  world.watch.judgeLoaded(world.store.valid());
  for (const host of world.hosts) {
    const rated = world.watch.quantityOf(host.producer.id);
    const used = host.used * 10n ** 12n;
    if (world.watch.losses.length === 0 ? rated !== used : rated > used)
      world.watch.fail('ONCE', `${host.producer.id} used ${used}, rated are ${rated} (in 10⁻¹² us)`);
  }
  const wrong = world.corrections.wrong();
  if (wrong !== undefined) world.watch.fail('VOID', wrong);
  world.judgeDesired();
  world.watch.check();
  if (!isInputLost(world)) await audit(world);
}

/** Until nothing is under way any more. */
async function rest(world: World): Promise<void> {
  let progress = '';
  let progressAtMs = world.schedule.nowMs;
  let ownedAtMs = world.schedule.nowMs;
  for (let quietSteps = 0; quietSteps < quietStepsMin;) {
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
}

/** One event; then everything must hold. */
async function step(world: World): Promise<void> {
  if (!(await world.schedule.step()))
    throw new Violation('LIVENESS', `nothing happens any more; waits for ${world.waitsFor()}`);
  if (world.schedule.steps % storeEvery === 0) world.watch.judgeStore(world.store.valid());
  world.judgeViews();
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
    const found = new Findings();
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
