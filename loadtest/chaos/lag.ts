/** How far behind the instance is: what has to be committed and loaded, and when it is. */
import { streams, subjects } from '#core/messages/names.ts';
import type { MarkMessage } from '#core/messages/mark.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import type { LoadingStatus } from '#aggregator/main.ts';
import { officeClient } from '#deploy/officeClient.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { Instance } from './instance.ts';
import type { Ledger, Place } from './ledger.ts';
import { chaosLimits } from './limits.ts';
import type { ChaosAgent } from './organisation.ts';

/** Waits until `holds` answers true; what it throws is no. Throws after `msMax`. */
export async function eventually(what: string, msMax: number, holds: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + msMax;
  for (;;) {
    if (await holds().catch(() => false)) return;
    if (performance.now() > untilMs) throw new Error(`${what}: not within ${msMax / 1000} s`);
    await sleep(chaosLimits.pollMs);
  }
}

/** Waits until the rater has taken what stands in the control log of a partition, which is something. */
export async function committedControl(log: Log, partition: number): Promise<void> {
  const what = `the organisation of partition ${partition} is committed`;
  await eventually(what, chaosLimits.startMsMax, async () => {
    const { lastSeq } = await log.info(streams.control(partition));
    const last = await log.last(streams.rated(partition));
    if (last === undefined || lastSeq === 0) return false;
    const header = JSON.parse(Buffer.from(splitCommit(last.data).header).toString()) as CommitHeader;
    return header.inputs.control.seq >= lastSeq;
  });
}

/** How long it took, from now, until all that the agents had spooled was committed, and until ClickHouse held it. Throws when it takes longer. */
export async function caughtUp(
  instance: Instance,
  ledger: Ledger,
  msMax: number,
): Promise<{ readonly ratedMs: number; readonly loadedMs: number }> {
  const startedMs = performance.now();
  const tookMs = () => Math.round(performance.now() - startedMs);
  ledger.look();
  for (const [agent, place] of ledger.newest())
    await eventually(`${agent.producer} is rated up to ${place.seq}`, msMax, () => isMarked(instance, agent, place));
  const ratedMs = tookMs();
  for (const { partition } of instance.tenants) {
    let lastSeq: number | undefined;
    await eventually(`ClickHouse has loaded partition ${partition}`, msMax, async () => {
      lastSeq ??= (await instance.log.info(streams.rated(partition))).lastSeq;
      const { partitions } = await officeClient(instance.config).get<LoadingStatus>('/loading');
      return partitions[partition]!.loadedSeq >= lastSeq;
    });
  }
  return { ratedMs, loadedMs: tookMs() };
}

/** Asks the owner of the partition, as the agent does. */
async function isMarked({ connection }: Instance, agent: ChaosAgent, { epoch, seq }: Place): Promise<boolean> {
  const subject = subjects.markGet(agent.partition, agent.tenant, agent.producer);
  const mark = (await connection.request(subject, '', { timeout: 1000 })).json<MarkMessage>();
  return mark.epoch === epoch ? mark.mark >= seq : Number.parseInt(mark.epoch) > Number.parseInt(epoch);
}
