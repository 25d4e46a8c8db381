/** Whether nothing was lost, doubled or left unsaid: what was sent against what each store holds. */
import { expectedAlerts, spentPico, type Tenant } from './organisation.ts';
import type { Holdings, LogHoldings, StoreHoldings } from './stored.ts';

export interface Counts {
  /** Samples that the agents signed. */
  readonly sent: number;
  readonly rated: number;
  /** Samples that one of the two stores does not hold; that one of them holds more than once; that show though their owner was fenced off. */
  readonly lost: number;
  readonly twice: number;
  readonly stale: number;
  readonly refused: number;
}

/** `refused` samples are in no store of rated rows, and the log says why. */
export function countSamples(sent: ReadonlyMap<string, number>, log: LogHoldings, store: StoreHoldings): Counts {
  const all = { sent: 0, rated: 0, lost: 0, twice: 0 };
  for (const [batch, samples] of sent) {
    const [inLog, inStore] = [log.holdings.get(batch) ?? [], store.holdings.get(batch) ?? []];
    for (let index = 0; index < samples; index++) {
      const counts = [inLog[index] ?? 0, inStore[index] ?? 0];
      all.sent += 1;
      all.rated += Math.min(1, counts[0]!);
      if (counts.includes(0)) all.lost += 1;
      if (counts.some((count) => count > 1)) all.twice += 1;
    }
  }
  const refused = Object.values(log.refused).reduce((sum, samples) => sum + samples, 0);
  return { ...all, stale: store.stale, refused };
}

/** Samples that a store holds of batches or at indexes that nobody has sent. */
export function unsent(sent: ReadonlyMap<string, number>, ...stores: readonly Holdings[]): number {
  return stores
    .flatMap((holdings) => [...holdings])
    .reduce((sum, [batch, counts]) => sum + Math.max(0, counts.length - (sent.get(batch) ?? 0)), 0);
}

/** Differences in words between what the machines used and what is charged for it. */
export function wrongSums(tenants: readonly Tenant[], { sums }: StoreHoldings): string[] {
  const wrong: string[] = [];
  for (const tenant of tenants) {
    let charged = 0n;
    for (const { producer, bytes } of tenant.agents) {
      const { quantity, amount } = sums.get(producer) ?? { quantity: '0', amount: '0' };
      charged += pico(amount);
      if (pico(quantity) !== bytes * 10n ** 12n) wrong.push(`${producer} used ${bytes} bytes, stored are ${quantity}`);
    }
    const should = spentPico(tenant);
    if (charged !== should)
      wrong.push(`${tenant.id} is charged ${charged} instead of ${should} millionths of a millionth`);
  }
  return wrong;
}

/** Decimal text as a whole number of 10⁻¹². */
function pico(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.slice(0, 12).padEnd(12, '0'));
}

export interface Alerts {
  readonly alertsExpected: number;
  /** Alerts that were delivered, each counted once, however often it came. */
  readonly alertsFired: number;
  /** In words: what was to fire and did not, or the other way round. */
  readonly wrong: readonly string[];
}

export function judgeAlerts(
  tenants: readonly Tenant[],
  month: string,
  raised: readonly string[],
  delivered: ReadonlyMap<string, number>,
): Alerts {
  const expected = new Set(tenants.flatMap((tenant) => expectedAlerts(tenant, month)));
  const wrong = [
    ...[...expected].filter((id) => !delivered.has(id)).map((id) => `${id} was not delivered`),
    ...[...delivered.keys()].filter((id) => !expected.has(id)).map((id) => `${id} was delivered, nothing crossed it`),
    ...raised.filter((id, at) => raised.indexOf(id) !== at).map((id) => `${id} was raised twice`),
    ...raised.filter((id) => !expected.has(id)).map((id) => `${id} was raised, nothing crossed it`),
  ];
  return { alertsExpected: expected.size, alertsFired: delivered.size, wrong };
}
