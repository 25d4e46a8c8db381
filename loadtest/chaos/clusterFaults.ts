/** What befalls the brokers of a cluster; nothing goes on while two of three are away, and everything after. */
import { streams } from '#core/messages/names.ts';
import type { TestCluster, TestNode } from '#platform/nats/testCluster.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Random } from '../sim/random.ts';
import { nothing, type Fault } from './faults.ts';

const nodes: readonly TestNode[] = [0, 1, 2];
const nameOf = (node: TestNode): string => `broker ${node + 1}`;

/** The leader of what the rater of some partition writes, or a follower of it. */
async function choose(cluster: TestCluster, random: Random, partitions: number, isLeader: boolean): Promise<TestNode> {
  const leader = await cluster.leaderOf(streams.rated(random.below(partitions)));
  return isLeader ? leader : random.pick(nodes.filter((node) => node !== leader));
}

const kill = (isLeader: boolean): Fault => async ({ instance: { cluster, tenants }, random }) => {
  if (cluster === undefined) return undefined;
  const node = await choose(cluster, random, tenants.length, isLeader);
  await cluster.kill(node);
  const what = `${nameOf(node)}, ${isLeader ? 'a leader' : 'a follower'}, is killed`;
  return { what, lastsMs: random.between(100, 5000), mend: () => cluster.start(node) };
}; // prettier-ignore

const cutNode: Fault = async ({ instance: { cluster, tenants }, random }) => {
  if (cluster === undefined) return undefined;
  const clients = random.chance(0.5);
  const node = await choose(cluster, random, tenants.length, random.chance(0.5));
  cluster.cut(node, { clients });
  const what = `${nameOf(node)} is cut off from the others${clients ? ' and from its clients' : ''}`;
  return { what, lastsMs: random.between(500, 8000), mend: () => cluster.heal(node) };
};

const pauseNode: Fault = async ({ instance: { cluster, tenants }, random }) => {
  const node = cluster && (await choose(cluster, random, tenants.length, random.chance(0.5)));
  const pid = node === undefined ? undefined : cluster?.pidOf(node);
  if (node === undefined || pid === undefined) return undefined;
  process.kill(pid, 'SIGSTOP');
  const mend = () => void process.kill(pid, 'SIGCONT');
  return { what: `${nameOf(node)} is stopped`, lastsMs: random.between(500, 8000), mend };
};

const fullNodeDisk: Fault = async ({ instance: { cluster, tenants }, random }) => {
  if (cluster === undefined) return undefined;
  const node = await choose(cluster, random, tenants.length, random.chance(0.5));
  cluster.fillDisk(node);
  // A stream whose write has failed stays closed until its broker is started again.
  const mend = () => {
    cluster.freeDisk(node);
    void cluster.stop(node).then(() => cluster.start(node));
  };
  return { what: `the disk of ${nameOf(node)} is full`, lastsMs: random.between(1000, 6000), mend };
};

/** As an upgrade does it. */
const rollingRestart: Fault = async ({ instance: { cluster } }) => {
  if (cluster === undefined) return undefined;
  for (const node of nodes) {
    await cluster.stop(node);
    cluster.start(node);
    await cluster.healthy();
    await sleep(200);
  }
  return { what: 'one broker after the other was started anew', lastsMs: 0, mend: nothing };
};

export const clusterFaults = {
  killLeader: kill(true),
  killFollower: kill(false),
  cutNode,
  pauseNode,
  fullNodeDisk,
  rollingRestart,
} as const;
