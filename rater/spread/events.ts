/** One helper per event of the spread of partitions: metric and log together. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { PartitionAt } from '#core/messages/raterAlive.ts';
import type { Logger } from '#platform/telemetry.ts';

export type SpreadEvents = ReturnType<typeof spreadEvents>;

/** `follows`: the standbys of this process. */
export function spreadEvents(registry: Registry, logger: Logger, follows: () => readonly PartitionAt[]) {
  const registers = [registry];
  const raters = new Gauge({
    name: 'meterline_rater_members',
    help: 'Raters that live, as this process sees them, itself among them.',
    registers,
  });
  const handOvers = new Counter({
    name: 'meterline_rater_hand_overs_total',
    help: 'Partitions given back because they are another rater’s to own.',
    labelNames: ['partition'],
    registers,
  });
  new Gauge({
    name: 'meterline_rater_standbys',
    help: 'Partitions that this process follows, to take them over without loading a snapshot.',
    registers,
    collect() {
      this.set(follows().length);
    },
  });
  let told = { raters: 0, share: 0 };
  return {
    spread(members: number, share: number) {
      raters.set(members);
      const now = { raters: members, share };
      if (told.raters === members && told.share === share) return;
      told = now;
      logger.info(now, 'partitions are spread over the raters');
    },
    handOver(partition: number, heir: string) {
      handOvers.inc({ partition });
      logger.info({ partition, heir }, 'partition is given back, for another rater to own');
    },
  };
}
