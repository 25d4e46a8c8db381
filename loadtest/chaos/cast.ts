/** Who takes part in a run: tenants, their agents, and the machine that each agent meters, drawn from the seed. */
import { periodAt, periodKey } from '#core/time/period.ts';
import type { Random } from '../sim/random.ts';
import { chaosLimits } from './limits.ts';
import { bytesMoved, Machine } from './load.ts';
import { tenantIdOn, type Tenant } from './organisation.ts';

export interface Cast extends Disposable {
  /** Each on a partition of its own. */
  readonly tenants: readonly Tenant[];
  /** By producer. */
  readonly machines: ReadonlyMap<string, Machine>;
}

export function drawCast(random: Random, ticks: number): Cast {
  const { partitions, agentsPerTenant } = chaosLimits;
  const machines = new Map<string, Machine>();
  const tenants = Array.from({ length: partitions }, (_, partition): Tenant => {
    const id = tenantIdOn(partition, partitions);
    const agents = Array.from({ length: agentsPerTenant }, () => {
      const producer = `machine-${machines.size + 1}`;
      const seed = random.below(2 ** 31);
      machines.set(producer, new Machine(seed));
      return { tenant: id, producer, partition, bytes: bytesMoved(seed, ticks) };
    });
    return { id, partition, agents };
  });
  return { tenants, machines, [Symbol.dispose]: () => machines.forEach((machine) => machine[Symbol.dispose]()) };
}

/** A zone in which the month does not end during the run, and the month's name there. */
export function calendar(seconds: number): { readonly timeZone: string; readonly month: string } {
  const nowMs = Date.now();
  const endMs = nowMs + seconds * 1000 + chaosLimits.drainMsMax + chaosLimits.startMsMax;
  const timeZone = periodAt(nowMs, 'UTC').endMs > endMs ? 'UTC' : 'Etc/GMT+12';
  return { timeZone, month: periodKey(periodAt(nowMs, timeZone), timeZone) };
}
