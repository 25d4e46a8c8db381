/**
 * Partitions a stopped instance anew (SPEC §13): its partitions retire, each tenant goes on in one of a new generation. Whatever ends it
 * half-way, the same command goes on with it; until then the instance does not start.
 */
import { placeTenants, unpublished } from '#billing/placement.ts';
import type { Tables } from '#billing/schema.ts';
import { activePartitions, placeOf, streams, subjects, type Placement } from '#core/messages/names.ts';
import { inheritance } from '#core/rating/inherit.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { configPath, type Config } from '#platform/config.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';
import { jetstreamLog, sealStreams, ensureStreams, type NatsConnection } from '#platform/nats/index.ts';
import { openDatabase, type Database } from '#platform/postgres/index.ts';
import { openIncarnations } from '#rater/incarnations.ts';
import { Retiring } from '#rater/retire.ts';
import { openSnapshots } from '#rater/snapshots.ts';
import { deployError } from '../errors.ts';
import { configOf } from '../instance/configOf.ts';
import { freeBytesAt, planStore } from '../instance/disk.ts';
import { writeDurably } from '../instance/files.ts';
import { readInstance, writeInstance, type Instance } from '../instance/instanceFile.ts';
import { lockInstance } from '../instance/lock.ts';
import { storeBytesOf, writeNatsConfig } from '../instance/prepare.ts';
import { endOrphans } from '../instance/processes.ts';
import { startBroker } from '../verify/broker.ts';

export interface Repartitioned {
  readonly from: Placement;
  readonly to: Placement;
  readonly tenants: readonly { readonly tenant: string; readonly from: number; readonly to: number }[];
}

/** Throws INSTANCE_IN_USE while it runs, USAGE and REPARTITION_REFUSED; `say` tells a person what is being done. */
export async function repartition(
  dataDir: string,
  partitions: number,
  say: (what: string) => void,
): Promise<Repartitioned> {
  const config = configOf(dataDir);
  using _ = lockInstance(dataDir);
  await endOrphans(dataDir, () => undefined);
  const instance = readInstance(dataDir);
  const to = begun(instance, partitions);
  await using database = await openDatabase<Tables>(config.postgres.url);
  await requireQuiet(database, instance);
  writeInstance(dataDir, { ...instance, repartition: to });
  const retiredBytes = await moveLog(config, instance, to, say);
  say(`placing tenants on partitions ${to.firstPartition} to ${to.firstPartition + partitions - 1}`);
  const tenants = await placeTenants(database.db, to);
  writeDurably(configPath(dataDir), `${JSON.stringify({ ...config, ...to }, null, 2)}\n`);
  const { repartition: __, ...rest } = instance;
  writeInstance(dataDir, { ...rest, ...to, retiredBytes });
  return { from: { firstPartition: instance.firstPartition, partitions: instance.partitions }, to, tenants };
}

/** What is to be, or what an earlier attempt began. Throws USAGE and REPARTITION_REFUSED. */
function begun({ partitions: now, firstPartition, repartition: earlier }: Instance, partitions: number): Placement {
  if (earlier !== undefined && earlier.partitions !== partitions) {
    const detail = `A change to ${earlier.partitions} partitions was begun; go on with --partitions ${earlier.partitions}.`;
    throw deployError('REPARTITION_REFUSED', detail, { partitions, begun: earlier.partitions });
  }
  if (partitions === now) throw deployError('USAGE', `It has ${now} partitions.`, { partitions });
  return { firstPartition: firstPartition + now, partitions };
}

/** A change that billing has decided and the log does not have yet would be decided for a partition that takes nothing more. */
async function requireQuiet({ db }: Database<Tables>, { repartition: earlier }: Instance): Promise<void> {
  const waiting = earlier === undefined ? await unpublished(db) : 0;
  if (waiting === 0) return;
  const detail = `${waiting} changes of master data are not in the log yet. Start the instance, wait until \`meterline status\` is quiet, and stop it.`;
  throw deployError('REPARTITION_REFUSED', detail, { waiting });
}

/** Answers the bytes that the retired streams fill. */
async function moveLog(
  config: Config,
  instance: Instance,
  to: Placement,
  say: (what: string) => void,
): Promise<number> {
  const { dataDir } = config;
  const plan = planStore(freeBytesAt(dataDir), 0, to.partitions);
  // Both generations have room while this takes; and a broker that has promised more than its store changes no limit.
  const storeBytesMax = Math.max(storeBytesOf(dataDir), 2 * plan.storeBytesMax);
  writeNatsConfig(config, storeBytesMax);
  await using broker = await startBroker(config, storeBytesMax);
  const { connection } = broker;
  const log = await jetstreamLog(connection);
  const sources = await retire(connection, log, instance, to, say);
  for (const { partition } of sources) await sealStreams(connection, partition);
  await ensureStreams(connection, to, 1, plan.streams);
  for (const partition of activePartitions(to)) {
    const own = sources
      .flatMap(({ tenants }) => [...tenants.keys()])
      .filter((tenant) => placeOf(tenant, to) === partition);
    say(`partition ${partition} inherits ${own.length} tenants`);
    await writeInheritance(log, partition, inheritance(sources, partition, new Set(own), sha256));
  }
  const sizes = sources.flatMap(({ partition }) => [
    streams.usage(partition),
    streams.control(partition),
    streams.rated(partition),
  ]);
  const infos = await Promise.all(sizes.map((stream) => log.info(stream)));
  return infos.reduce((sum, { bytes }) => sum + bytes, instance.retiredBytes);
}

/** The states in which the partitions end, all at one log time. */
async function retire(
  connection: NatsConnection,
  log: Log,
  instance: Instance,
  to: Placement,
  say: (what: string) => void,
): Promise<PartitionState[]> {
  const { signal } = new AbortController();
  const snapshots = await openSnapshots(connection, log, 1);
  const incarnations = await openIncarnations(connection, 1);
  const all: Retiring[] = [];
  for (const partition of activePartitions(instance)) {
    say(`partition ${partition} takes what waits in its streams`);
    all.push(await Retiring.begin(partition, { log, snapshots, incarnations }, signal));
  }
  // Once the first has retired all are at one log time, for good.
  const lastMs = () => Math.max(...all.map(({ state }) => state.logTimeMs));
  if (!all.some(({ isRetired }) => isRetired))
    for (let atMs = Math.max(Date.now(), lastMs()); all.some(({ state }) => state.logTimeMs !== atMs); atMs = lastMs())
      for (const one of all) await one.rest(atMs);
  for (const one of all) {
    if (one.isRetired) continue;
    await one.retire([...one.state.tenants.keys()].sort().map((tenant) => [tenant, placeOf(tenant, to)]));
    say(`partition ${one.state.partition} has retired`);
  }
  return all.map(({ state }) => state);
}

/** What an earlier attempt has written is there already, byte for byte. */
async function writeInheritance(log: Log, partition: number, messages: readonly Uint8Array[]): Promise<void> {
  const stream = streams.rated(partition);
  const { lastSeq } = await log.info(stream);
  for (const [index, message] of messages.entries()) {
    if (index < lastSeq) continue;
    const result = await log.append(stream, subjects.rated(partition), message, index);
    if (result.kind !== 'stored')
      throw deployError(
        'REPARTITION_REFUSED',
        `${stream} did not take what it inherits (${result.kind}). Give the same command again.`,
        { stream },
      );
  }
}
