/** Simulated hosts on the real path: enrolled by the API, signed, through the same log, rated by the same rater. */
import { join } from 'node:path';
import type { MarkMessage } from '#core/messages/mark.ts';
import { placeOf } from '#core/messages/names.ts';
import { epochText } from '#core/messages/rated.ts';
import { realClock } from '#platform/clock.ts';
import { dataPaths, type Config } from '#platform/config.ts';
import { sleep, type Life } from '#platform/lifecycle.ts';
import { connectNats, type NatsConnection } from '#platform/nats/index.ts';
import { listen, natsBroker } from '../publisher/connect.ts';
import { parseEpoch } from '../publisher/mark.ts';
import { Publisher } from '../publisher/publisher.ts';
import { compareEpochs } from '../spool/segment.ts';
import { enrolAll } from './enrol.ts';
import { fleetHost, type FleetHost } from './generate.ts';
import { fleetIdentity, type FleetIdentity } from './identity.ts';
import { fleetLimits } from './limits.ts';
import { SimulatedHost } from './simulatedHost.ts';

export interface FleetOptions {
  readonly config: Config;
  readonly hosts: number;
  /** Days of past usage that are sent first, once. */
  readonly historyDays: number;
  /** File of the instance's admin key. */
  readonly adminKeyPath: string;
}

interface Member {
  readonly fleetHost: FleetHost;
  readonly host: SimulatedHost;
  readonly publisher: Publisher;
  mark: MarkMessage | undefined;
}

const dayMs = 24 * 3600_000;

/** Runs until the signal aborts: history first, in time order, then live every few seconds. */
export async function runFleet(options: FleetOptions, life: Life): Promise<void> {
  const { config } = options;
  const folder = join(dataPaths(config.dataDir).collector, 'fleet');
  const days = Math.min(options.historyDays, fleetLimits.historyDaysMax);
  const identity = fleetIdentity(folder, days, realClock.wallMs());
  const hosts = Array.from({ length: Math.min(options.hosts, fleetLimits.hostsMax) }, (_, index) =>
    fleetHost(identity.seed, index + 1),
  );
  const enrolments = hosts.map(({ id }) => ({ id, ...pick(identity.keyOf(id)) }));
  life.logger.info({ hosts: hosts.length, historyDays: identity.historyDays }, 'enrolling simulated hosts');
  try {
    await enrolAll(`http://${config.office.host}:${config.office.port}`, options.adminKeyPath, enrolments, life.signal);
  } catch (error) {
    if (life.signal.aborted) return;
    throw error;
  }
  if (life.signal.aborted) return;

  const connection = await connectNats({ url: config.nats.url, credentials: config.nats.credentials, role: 'gateway' });
  const members = new Map(hosts.map((host) => [host.id, memberOf(host, identity, connection, config)]));
  const all = [...members.values()];
  listen(connection, config.collector.tenant, '*', (id) => members.get(id)?.publisher, (up) => {
    for (const { publisher } of all) publisher.onConnection(up);
  }); // prettier-ignore
  const sending = new AbortController();
  const running = Promise.all(all.map(({ publisher }) => publisher.run(sending.signal)));
  await history(all, identity, life);
  await live(all, identity, life);

  const untilMs = performance.now() + fleetLimits.drainMs;
  while (all.some(({ publisher }) => !publisher.drained) && performance.now() < untilMs) await sleep(50);
  sending.abort();
  await running;
  await connection.close();
}

const pick = ({ publicKey, keyId }: { publicKey: string; keyId: string }) => ({ publicKey, keyId });

function memberOf(fleetHost: FleetHost, identity: FleetIdentity, connection: NatsConnection, config: Config): Member {
  const { tenant } = config.collector;
  const producer = { tenant, id: fleetHost.id, key: identity.keyOf(fleetHost.id), simulated: true } as const;
  const fromMs = identity.historyEndMs - identity.historyDays * dayMs;
  const host = new SimulatedHost(fleetHost, producer, identity.historyEpoch(fleetHost.id), fromMs);
  const ignored = () => undefined;
  const member: Member = {
    fleetHost,
    host,
    mark: undefined,
    publisher: new Publisher({
      broker: natsBroker(connection),
      tenant,
      producer: fleetHost.id,
      partition: placeOf(tenant, config),
      store: host.store,
      clock: realClock,
      events: { published: ignored, appendFailed: ignored, appendRecovered: ignored, resent: ignored, marked: ignored },
      onMark: (mark) => (member.mark = mark),
    }),
  };
  return member;
}

/** Sends the history day by day, all hosts together, leaving out what the rater has taken before a restart. */
async function history(all: readonly Member[], identity: FleetIdentity, life: Life): Promise<void> {
  while (all.some(({ publisher }) => !publisher.marked) && !life.signal.aborted) await sleep(50, life.signal);
  const behind = all.filter(({ fleetHost, mark }) => {
    const epoch = parseEpoch(mark?.epoch ?? '');
    return epoch === undefined || compareEpochs(epoch, identity.historyEpoch(fleetHost.id)) <= 0;
  });
  if (behind.length === 0) return;
  const outstandingMax = Math.max(fleetLimits.historyOutstandingMax, behind.length);
  for (let day = 0; day < identity.historyDays; day++) {
    for (const { fleetHost, host, mark, publisher } of behind) {
      if (life.signal.aborted) return;
      host.addHistory(mark?.epoch === epochText(identity.historyEpoch(fleetHost.id)) ? mark.mark : 0);
      publisher.wake();
    }
    while (outstanding(behind) > outstandingMax && !life.signal.aborted) await sleep(5, life.signal);
  }
  while (outstanding(behind) > 0 && !life.signal.aborted) await sleep(20, life.signal);
  life.logger.info({ hosts: behind.length, days: identity.historyDays }, 'history of the simulated hosts is rated');
}

const outstanding = (members: readonly Member[]): number =>
  members.reduce((sum, { host }) => sum + host.store.outstanding, 0);

/** Each host in its turn, evenly over the interval. Time while the fleet did not run stays empty, as of hosts switched off. */
async function live(all: readonly Member[], identity: FleetIdentity, life: Life): Promise<void> {
  const startMs = realClock.wallMs();
  const justMade = startMs - identity.historyEndMs < 2 * 3600_000 && all.every(({ mark }) => isHistory(mark, identity));
  for (const { host } of all) host.beginLive(startMs, justMade ? identity.historyEndMs : startMs);
  life.logger.info({ hosts: all.length }, 'simulated hosts are live');
  for (let turn = 0; !life.signal.aborted; turn++) {
    const dueMs = startMs + ((turn + 1) * fleetLimits.liveIntervalMs) / all.length;
    await sleep(Math.max(0, dueMs - realClock.wallMs()), life.signal);
    if (life.signal.aborted) return;
    const { host, publisher } = all[turn % all.length]!;
    if (host.addLive(realClock.wallMs())) publisher.wake();
  }
}

/** The rater has seen nothing of the host beyond its history. */
function isHistory(mark: MarkMessage | undefined, identity: FleetIdentity): boolean {
  const epoch = parseEpoch(mark?.epoch ?? '');
  return epoch === undefined || epoch.startedAtMs === identity.historyEndMs;
}
