/** The agent of one host: reads, spools, publishes; drains in that order. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { placeOf } from '#core/messages/names.ts';
import { realClock } from '#platform/clock.ts';
import type { Config } from '#platform/config.ts';
import { realDisk } from '#platform/disk.ts';
import { serveHealth } from '#platform/health.ts';
import { aborted, sleep, type Life } from '#platform/lifecycle.ts';
import { agentRole, connectNats } from '#platform/nats/index.ts';
import { newTraceparent } from '#platform/telemetry.ts';
import { Agent } from './agent.ts';
import { emptyContent } from './batches/encode.ts';
import { sealBatch } from './batches/seal.ts';
import { collectorEvents } from './events.ts';
import { agentDir, bootIdentity, bootTimeOrZero, claimSpool, loadProducer, machineIdentity } from './identity.ts';
import { limits } from './limits.ts';
import { listen, natsBroker } from './publisher/connect.ts';
import { Publisher } from './publisher/publisher.ts';
import { reconcile } from './reconcile.ts';
import { hostSources } from './sources/index.ts';
import { Held } from './spool/held.ts';
import { Spool } from './spool/spool.ts';

export async function main(config: Config, life: Life): Promise<void> {
  if (config.collector.producer === '') {
    life.logger.info('no producer is configured; this role meters nothing');
    return aborted(life.signal);
  }
  const { procRoot, sysRoot, mounts, processes, intervalMs } = config.collector;
  const producer = loadProducer(config);
  const registry = new Registry();
  const events = collectorEvents(registry, life.logger);
  const dir = join(agentDir(config), 'spool');
  const release = claimSpool(dir);
  const spool = Spool.open({
    disk: realDisk,
    dir,
    machine: machineIdentity(procRoot),
    nowMs: () => realClock.wallMs(),
    nonce: () => randomBytes(8).toString('hex'),
    fill: (head, detail) =>
      sealBatch(
        producer,
        head,
        { ...emptyContent(realClock.wallMs()), notes: [{ kind: 'lost', series: -1, detail }] },
        '',
      ),
    onLoss: (count, detail) => events.lost(count, detail),
  });
  const openedEmpty = spool.empty;
  const held = new Held(realDisk, dir, spool);
  events.torn(spool.tornBytes);

  let publisher: Publisher | undefined;
  let isDuplicated = false;
  const agent = new Agent({
    producer,
    sources: hostSources({ producer: producer.id, procRoot, sysRoot, mounts, processes }),
    spool,
    held,
    clock: realClock,
    boot: { id: bootIdentity(procRoot), ms: bootTimeOrZero(procRoot) },
    intervalMs,
    events,
    newTrace: newTraceparent,
    onSpooled: () => publisher?.wake(),
  });
  await using _health = await serveHealth({
    host: config.collector.host,
    port: config.collector.port,
    registry,
    ready: () => ({
      ready: publisher?.marked === true && !isDuplicated,
      detail: isDuplicated
        ? 'another agent sends under this name: AGENT_DUPLICATED'
        : publisher?.marked === true
          ? 'metering'
          : 'waits for the mark',
    }),
  });

  const sending = new AbortController();
  // Metering stops when the process is asked to end, or when the broker can never be spoken to.
  const stop = new AbortController();
  life.signal.addEventListener('abort', () => stop.abort(), { once: true });
  if (life.signal.aborted) stop.abort();
  const connected = connectForEver(config, stop.signal, events).then(async (connection) => {
    if (connection === undefined) return;
    publisher = new Publisher({
      broker: natsBroker(connection),
      tenant: producer.tenant,
      producer: producer.id,
      partition: placeOf(producer.tenant, config),
      store: spool,
      clock: realClock,
      events,
      onMark: (mark) => {
        const isFirst = publisher?.marked !== true;
        if (isDuplicated || reconcile(spool, mark, openedEmpty && isFirst, isFirst) === 'own') return;
        isDuplicated = true;
        events.duplicated(mark);
        stop.abort();
        sending.abort();
      },
    });
    const own = publisher;
    listen(connection, producer.tenant, producer.id, () => own, (up) => {
      events.connection(up);
      own.onConnection(up);
    }); // prettier-ignore
    await own.run(sending.signal);
    await connection.close();
  });

  connected.catch(() => stop.abort());

  await waitFor(() => publisher?.marked === true, limits.markBeforeFirstReadMs, stop.signal);
  events.started({
    producer: producer.id,
    tenant: producer.tenant,
    epoch: spool.head.epoch,
    nextSeq: spool.head.nextSeq,
  });
  await agent.run(stop.signal);
  await waitFor(() => publisher === undefined || publisher.drained || isDuplicated, limits.drainMs);
  sending.abort();
  // A broker that was never reached is not waited for.
  await (publisher === undefined ? Promise.race([connected, sleep(limits.drainMs)]) : connected);
  // Whoever started this agent would start it again at once, and the other would leave off: somebody has to decide.
  if (isDuplicated) await aborted(life.signal);
  events.stopped(spool.size().batches);
  spool.close();
  release();
}

/** The broker may be away at the start: metering begins without it. */
async function connectForEver(config: Config, signal: AbortSignal, events: ReturnType<typeof collectorEvents>) {
  const { url, credentials } = config.nats;
  for (let first = true; !signal.aborted; first = false) {
    try {
      return await connectNats({
        url,
        credentials,
        role: agentRole(config.collector.producer),
        waitMsMax: limits.markWaitMs,
      });
    } catch (error) {
      if ((error as { code?: string }).code !== 'NATS_UNREACHABLE') throw error;
      if (first) events.connection(false);
    }
  }
  return undefined;
}

/** Polls until `done`, at most `msMax`; the signal ends it early. */
async function waitFor(done: () => boolean, msMax: number, signal?: AbortSignal): Promise<void> {
  const untilMs = performance.now() + msMax;
  while (!done() && performance.now() < untilMs && signal?.aborted !== true) await sleep(20, signal);
}
