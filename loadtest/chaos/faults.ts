/** What can break, and how it is mended. Each fault is drawn, strikes, lasts as long as was drawn, and is mended. */
import { dataPaths } from '#platform/config.ts';
import type { Random } from '../sim/random.ts';
import { clusterFaults } from './clusterFaults.ts';
import { diskKind, fill, limitFiles } from './disks.ts';
import type { Instance } from './instance.ts';
import type { Receiver } from './receiver.ts';

export interface Struck {
  /** What is broken now, for people. */
  readonly what: string;
  readonly lastsMs: number;
  readonly mend: () => void;
}

export interface World {
  readonly instance: Instance;
  readonly receiver: Receiver;
  readonly random: Random;
}

/** Undefined when it could not strike here and now: it counts for nothing. */
export type Fault = (world: World) => Struck | undefined | Promise<Struck | undefined>;

export const nothing = (): void => undefined;

/** Processes by kind. */
const raters = ({ proxies }: Instance): string[] => [...proxies.keys()].filter((name) => name.startsWith('rater'));
const agents = ({ tenants }: Instance): string[] =>
  tenants.flatMap((tenant) => tenant.agents.map((agent) => agent.producer));
const office = (): string[] => ['office'];
const broker = (): string[] => ['nats-server'];

type Choose = (instance: Instance) => readonly string[];

const kill = (choose: Choose): Fault => ({ instance, random }) => {
  const name = random.pick(choose(instance));
  return instance.signal(name, 'SIGKILL') ? { what: `${name} is killed`, lastsMs: 0, mend: nothing } : undefined;
}; // prettier-ignore

const killAll: Fault = ({ instance }) => {
  const names = [...broker(), ...raters(instance), ...office(), ...agents(instance)];
  const killed = names.filter((name) => instance.signal(name, 'SIGKILL'));
  return { what: `${killed.length} processes are killed at once`, lastsMs: 0, mend: nothing };
};

/** Stopped and woken up again, none the wiser. */
const pause = (choose: Choose, leastMs: number, mostMs: number): Fault => ({ instance, random }) => {
  const name = random.pick(choose(instance));
  const lastsMs = random.between(leastMs, mostMs);
  if (!instance.signal(name, 'SIGSTOP')) return undefined;
  return { what: `${name} is stopped`, lastsMs, mend: () => void instance.signal(name, 'SIGCONT') };
}; // prettier-ignore

const cut = (choose: Choose): Fault => ({ instance, random }) => {
  const name = random.pick(choose(instance));
  const proxy = instance.proxies.get(name)!;
  proxy.cut();
  return { what: `${name} is cut off from the broker`, lastsMs: random.between(50, 5000), mend: () => proxy.mend() };
}; // prettier-ignore

const stall = (choose: Choose, what: 'all' | 'answers'): Fault => ({ instance, random }) => {
  const name = random.pick(choose(instance));
  const proxy = instance.proxies.get(name)!;
  proxy.stall(what);
  const held = what === 'all' ? 'nothing passes between' : 'no answer passes between';
  return { what: `${held} ${name} and the broker`, lastsMs: random.between(500, 7000), mend: () => proxy.mend() };
}; // prettier-ignore

const fullDisk = (part: 'nats' | 'clickhouse' | 'collector'): Fault => ({ instance, random }) => {
  const lastsMs = random.between(1000, 6000);
  if (diskKind() === 'tmpfs') return { what: `the disk of ${part} is full`, lastsMs, mend: fill(dataPaths(instance.config.dataDir)[part]) };
  const pid = part === 'nats' ? instance.pidOf('nats-server') : undefined;
  if (pid === undefined) return undefined;
  limitFiles(pid);
  return { what: 'the broker’s files may not grow', lastsMs, mend: nothing };
}; // prettier-ignore

const webhooks = (mood: Receiver['mood']): Fault => ({ receiver, random }) => {
  receiver.mood = mood;
  const mend = () => void (receiver.mood = 'well');
  return { what: `the receiver of webhooks is ${mood}`, lastsMs: random.between(500, 4000), mend };
}; // prettier-ignore

/** Of the one broker. */
const brokerFaults = {
  killBroker: kill(broker),
  pauseBroker: pause(broker, 500, 6000),
  fullBrokerDisk: fullDisk('nats'),
} as const;

/** Whatever the brokers. */
const otherFaults = {
  killRater: kill(raters),
  killOffice: kill(office),
  killAgent: kill(agents),
  killAll,
  /** Beyond the two seconds of the lease. */
  pauseRater: pause(raters, 2200, 6000),
  pauseAgent: pause(agents, 500, 6000),
  /** ClickHouse lives in the office. */
  stallClickHouse: pause(office, 1000, 8000),
  cutRater: cut(raters),
  cutOffice: cut(office),
  cutAgent: cut(agents),
  stallRater: stall(raters, 'all'),
  stallOffice: stall(office, 'all'),
  stallAgent: stall(agents, 'all'),
  muteRater: stall(raters, 'answers'),
  muteAgent: stall(agents, 'answers'),
  fullClickHouseDisk: fullDisk('clickhouse'),
  fullSpoolDisk: fullDisk('collector'),
  failWebhooks: webhooks('failing'),
  hangWebhooks: webhooks('silent'),
} as const;

export type FaultName = keyof typeof brokerFaults | keyof typeof clusterFaults | keyof typeof otherFaults;

/** What can break in an instance of one broker, and of three. */
export const faultsOf = (isCluster: boolean): Readonly<Partial<Record<FaultName, Fault>>> => ({
  ...(isCluster ? clusterFaults : brokerFaults),
  ...otherFaults,
});
