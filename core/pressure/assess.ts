/** Readings of all stages → how each is, what becomes of usage meanwhile, and what to do. Pure: time comes in with the readings. */
import { stageIds, type Pressure, type Stage, type StageId, type StageState } from '../messages/pressure.ts';
import { pressureLimits as at } from './limits.ts';
import { bytesText, shareText, spanText } from './words.ts';

export interface StreamReading {
  readonly id: Extract<StageId, 'usage' | 'rated' | 'control' | 'alerts'>;
  readonly stream: string;
  readonly bytes: number;
  /** Undefined for a stream without a limit. */
  readonly bytesMax: number | undefined;
}

export interface PartitionReading {
  readonly partition: number;
  /** Age of the oldest usage in the log that is not rated yet; 0 when all is. */
  readonly waitingMs: number;
  /** Age of the oldest commit that is not in ClickHouse yet, and bytes of all such commits; 0 when all are. */
  readonly loadMs: number;
  readonly loadBytes: number;
  /** Why loading does not go on; "" while it does. */
  readonly loadFailure: string;
}

export interface SpoolReading {
  readonly producer: string;
  readonly batches: number;
  readonly bytes: number;
}

export interface PressureReadings {
  readonly atMs: number;
  readonly streams: readonly StreamReading[];
  readonly partitions: readonly PartitionReading[];
  readonly spools: readonly SpoolReading[];
  /** Undefined where the disk is not ours to see; `promisedBytes`: what streams may still take of it. */
  readonly disk: { readonly freeBytes: number; readonly promisedBytes: number } | undefined;
}

type Found = Omit<Stage, 'id' | 'sinceMs'>;

/** `before`: the last assessment, from which times and the way back are taken. */
export function assess(readings: PressureReadings, before?: Pressure): Pressure {
  const stateBefore = (id: StageId) => before?.stages.find((stage) => stage.id === id);
  const wasFull = stateBefore('rated')?.state === 'full';
  const rated = ratedStage(readings, wasFull);
  const found: Record<StageId, Found | undefined> = {
    spool: spoolStage(readings.spools),
    usage: streamStage(readings, 'usage'),
    rating: ratingStage(readings, rated?.state === 'full'),
    rated,
    load: loadStage(readings),
    control: streamStage(readings, 'control'),
    alerts: streamStage(readings, 'alerts'),
    disk: diskStage(readings),
  };
  const stages = stageIds.flatMap((id): Stage[] => {
    const stage = found[id];
    if (stage === undefined) return [];
    const isWell = stage.state === 'ok';
    const { effect, solve } = isWell ? { effect: '', solve: '' } : stage;
    return [{ id, ...stage, effect, solve, sinceMs: isWell ? null : (stateBefore(id)?.sinceMs ?? readings.atMs) }];
  });
  return { asOfMs: readings.atMs, state: worstOf(stages), stages };
}

export const worstOf = (stages: readonly Pick<Stage, 'state'>[]): StageState =>
  stages.some(({ state }) => state === 'full') ? 'full' : stages.some(({ state }) => state === 'warn') ? 'warn' : 'ok';

const reached = (value: number, limit: number, percent: number): boolean => value * 100 >= limit * percent;

/** The one that is nearest to its limit. */
function fullest<Reading extends { readonly bytes: number; readonly bytesMax: number | undefined }>(
  readings: readonly Reading[],
): (Reading & { readonly bytesMax: number }) | undefined {
  const limited = readings.filter(
    (reading): reading is Reading & { bytesMax: number } => reading.bytesMax !== undefined,
  );
  return limited.toSorted((a, b) => b.bytes / b.bytesMax - a.bytes / a.bytesMax)[0];
}

/** What the producers of one tenant, or of all, have on their disks, as of what they last said. */
export function spoolStage(spools: readonly SpoolReading[]): Found {
  const worst = spools.toSorted((a, b) => b.bytes - a.bytes || b.batches - a.batches)[0];
  const waiting = spools.filter(({ batches }) => batches > at.spoolWaitingBatches).length;
  const { bytes = 0, producer = '' } = worst ?? {};
  const isFull = reached(bytes, at.spoolBytesMax, at.streamFullPercent);
  const isWarned = waiting > 0 || reached(bytes, at.spoolBytesMax, at.spoolWarnPercent);
  const others = waiting > 1 ? ` ${waiting} producers have batches waiting.` : '';
  return {
    name: 'Agents’ disks',
    state: isFull ? 'full' : isWarned ? 'warn' : 'ok',
    value: bytes,
    limit: at.spoolBytesMax,
    unit: 'bytes',
    where: isWarned || isFull ? producer : '',
    detail:
      isWarned || isFull
        ? `${producer} holds ${worst!.batches} batches, ${shareText(bytes, at.spoolBytesMax)}.${others}`
        : 'What agents send is taken as it comes.',
    effect: isFull
      ? 'The oldest usage is kept; what comes is added up into longer slices. Totals stay right, detail is lost and said so.'
      : 'Usage waits on the agents’ disks and is sent as soon as it is taken; nothing is lost.',
    solve: 'See what the agents wait for: the network, or a stage below that is held up.',
  };
}

const words = {
  usage: {
    name: 'Usage log',
    flag: 'usage',
    effect: ['Agents will be refused when it is full.', 'Agents are refused and keep usage on their disks; nothing is lost.'],
  },
  control: {
    name: 'Control log',
    flag: 'control',
    effect: ['Changes of master data will be held up.', 'Changes of master data wait in the database; usage is rated under what is known.'],
  },
  alerts: {
    name: 'Alerts log',
    flag: 'alerts',
    effect: ['Alerts will be held up.', 'Alerts are in the log of rated usage and wait to be delivered.'],
  },
} as const; // prettier-ignore

function streamStage({ streams }: PressureReadings, id: keyof typeof words): Found | undefined {
  const worst = fullest(streams.filter((reading) => reading.id === id));
  if (worst === undefined) return undefined;
  const { stream, bytes, bytesMax } = worst;
  const { name, flag, effect } = words[id];
  const isFull = reached(bytes, bytesMax, at.streamFullPercent);
  return {
    name,
    state: isFull ? 'full' : reached(bytes, bytesMax, at.streamWarnPercent) ? 'warn' : 'ok',
    value: bytes,
    limit: bytesMax,
    unit: 'bytes',
    where: stream,
    detail: `${stream} holds ${shareText(bytes, bytesMax)}.`,
    effect: effect[isFull ? 1 : 0],
    solve: raise(flag),
  };
}

const raise = (flag: string): string =>
  `Raise its limit while it runs: \`meterline streams --${flag} SIZE\`; free disk space first if that is refused.`;

function ratedStage({ streams, partitions }: PressureReadings, wasFull: boolean): Found | undefined {
  const worst = fullest(streams.filter(({ id }) => id === 'rated'));
  if (worst === undefined) return undefined;
  const { stream, bytes, bytesMax } = worst;
  const isFull = reached(bytes, bytesMax, wasFull ? at.ratedGoOnPercent : at.ratedStopPercent);
  const waitingMs = Math.max(0, ...partitions.map((partition) => partition.waitingMs));
  return {
    name: 'Rated log',
    state: isFull ? 'full' : reached(bytes, bytesMax, at.ratedWarnPercent) ? 'warn' : 'ok',
    value: bytes,
    limit: bytesMax,
    unit: 'bytes',
    where: stream,
    detail: `${stream} holds ${shareText(bytes, bytesMax)}; at ${at.ratedStopPercent} % rating stops.`,
    effect: isFull
      ? `Rating has stopped; usage of ${spanText(waitingMs)} waits in the log, changes and take-overs go on. Nothing is lost.`
      : `Rating will stop at ${at.ratedStopPercent} %; usage will wait in the log then.`,
    solve: raise('rated'),
  };
}

function ratingStage({ partitions }: PressureReadings, isHeld: boolean): Found {
  const worst = partitions.toSorted((a, b) => b.waitingMs - a.waitingMs)[0];
  const { waitingMs = 0, partition = 0 } = worst ?? {};
  const isBehind = waitingMs >= at.ratingWarnMs;
  return {
    name: 'Rating',
    state: isBehind ? (isHeld ? 'full' : 'warn') : 'ok',
    value: waitingMs,
    limit: at.ratingWarnMs,
    unit: 'ms',
    where: isBehind ? `partition ${partition}` : '',
    detail: isBehind ? `Usage of the last ${spanText(waitingMs)} is not rated yet.` : 'All usage in the log is rated.',
    effect: 'Balances, budgets and alerts are behind by so much; usage is in the log and nothing is lost.',
    solve: isHeld
      ? 'It waits for room in the rated log, below.'
      : 'Look at the rater (`meterline status`): it is down, starting, or slower than usage comes.',
  };
}

function loadStage({ partitions, streams }: PressureReadings): Found {
  const worst = partitions.toSorted((a, b) => b.loadMs - a.loadMs)[0];
  const { loadMs = 0, loadBytes = 0, partition = 0, loadFailure = '' } = worst ?? {};
  const isBehind = loadMs >= at.loadWarnMs;
  const rated = streams.find(({ id, stream }) => id === 'rated' && stream.endsWith(`_${partition}`));
  const room = rated?.bytesMax === undefined ? 0 : (rated.bytesMax * at.ratedStopPercent) / 100 - rated.bytes;
  const left = isBehind && loadBytes > 0 && room > 0 ? ` At this rate there is room for ${spanText((room * loadMs) / loadBytes)} more.` : ''; // prettier-ignore
  return {
    name: 'ClickHouse',
    state: isBehind ? (loadFailure === '' ? 'warn' : 'full') : 'ok',
    value: loadMs,
    limit: at.loadWarnMs,
    unit: 'ms',
    where: isBehind ? `partition ${partition}` : '',
    detail: isBehind
      ? `${loadFailure === '' ? 'Loading is' : 'It takes nothing: loading is'} ${spanText(loadMs)} behind, ${bytesText(loadBytes)} wait.`
      : 'Rated usage is loaded as it comes.',
    effect: `Drill-downs end there; rating, budgets and alerts go on. ${bytesText(loadBytes)} of rated usage wait in the rated log, nothing is lost.${left}`,
    solve: loadFailure === '' ? 'If it grows, ClickHouse is too slow: look at its load and its disk.' : loadFailure,
  };
}

function diskStage({ disk }: PressureReadings): Found | undefined {
  if (disk === undefined) return undefined;
  const { freeBytes, promisedBytes } = disk;
  const needed = promisedBytes + at.diskFreeBytesMin;
  const isFull = freeBytes < at.diskFreeBytesMin;
  return {
    name: 'Disk',
    state: isFull ? 'full' : freeBytes < needed ? 'warn' : 'ok',
    value: freeBytes,
    limit: needed,
    unit: 'bytes',
    where: '',
    detail: `${bytesText(freeBytes)} are free; the logs may still take ${bytesText(promisedBytes)}, ${bytesText(at.diskFreeBytesMin)} must stay.`,
    effect: isFull
      ? 'The broker may refuse to write at any moment; usage then waits on the agents’ disks. Nothing is lost.'
      : 'The logs cannot grow to their limits: the disk will be full before they are.',
    solve: 'Free space on the disk of the data directory, or move it to a larger one.',
  };
}
