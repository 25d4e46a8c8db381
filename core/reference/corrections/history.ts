/**
 * SPEC §16.6 from the whole log: every part of a sample that came to a tally which keeps something of its samples, and whether its row
 * stands. So a tally can be worked out anew from what it is about, without what anybody says that it kept.
 */
import { keptMax, type Kept, type Part } from '../aggregation.ts';
import { byDefinition } from '../keptByDefinition.ts';
import type { MeterRecord } from '../../messages/control.ts';
import type { Tally } from '../state.ts';
import type { Journal } from '../tallies.ts';

/** Aggregations that keep something. */
const keeping: readonly MeterRecord['aggregation'][] = ['max', 'latest', 'unique', 'percentile', 'samplePercentile'];
export const keeps = ({ aggregation }: MeterRecord): boolean => keeping.includes(aggregation);

/** A part that came to a tally. */
interface Came {
  readonly part: Part;
  stands: boolean;
}

/** Which row it made, or would have. */
export interface RowName {
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  readonly index: number;
  readonly startMs: number;
}

export class History {
  /** Tenants and meters that some correction rebuilds tallies of; undefined: all are remembered. */
  meters: ReadonlySet<string> | undefined;
  /** Grows with all that comes, so that it can be told what was there when a version took over. */
  order = 0;
  /** By key of the tally whose rows they are, and by key of that which they count in. */
  readonly #rows = new Map<string, Map<string, Came>>();
  readonly #counted = new Map<string, { readonly came: Came; readonly order: number }[]>();

  came(tenant: string, meter: MeterRecord, key: string, part: Part, journal: Journal): void {
    if (!keeps(meter) || this.meters?.has(`${tenant} ${meter.id}`) === false) return;
    const came = { part, stands: true };
    const [, producer, epoch, seq, index] = part.sample;
    const name = nameOf({ producer, epoch, seq, index, startMs: part.startMs });
    const rows = this.#rows.get(key) ?? new Map<string, Came>();
    const counted = this.#counted.get(key) ?? [];
    this.#rows.set(key, rows.set(name, came));
    this.#counted.set(key, counted);
    counted.push({ came, order: (this.order += 1) });
    journal.push(() => {
      rows.delete(name);
      counted.pop();
    });
  }

  /** 5.5: what counted in one tally counts in others from now on, and there no more. */
  takenOver(from: string, into: readonly string[]): void {
    const all = this.#counted.get(from) ?? [];
    this.order += 1;
    for (const key of into) {
      const more = all.map(({ came }) => ({ came, order: this.order }));
      this.#counted.set(key, [...(this.#counted.get(key) ?? []), ...more]);
    }
    this.#counted.delete(from);
  }

  /** A row is taken back, or brought back. */
  turn(key: string, row: RowName, stands: boolean, journal: Journal): void {
    const came = this.#rows.get(key)?.get(nameOf(row));
    if (came === undefined) return;
    const before = came.stands;
    came.stands = stands;
    journal.push(() => (came.stands = before));
  }

  /** What stands of all that a tally had reached, that of versions before it included. */
  standing(tallies: ReadonlyMap<string, Tally>, key: string, upTo = Infinity): Part[] {
    const from = tallies.get(key)?.from;
    const before = from === undefined ? [] : this.standing(tallies, from.key, Math.min(upTo, from.order));
    const own = (this.#counted.get(key) ?? []).filter(({ came, order }) => came.stands && order <= upTo);
    return [...before, ...own.map(({ came }) => came.part)];
  }

  /** Of a tenant that goes on elsewhere. */
  inherit(retired: History, tenant: string): void {
    this.order = Math.max(this.order, retired.order);
    for (const [key, rows] of retired.#rows) if (key.startsWith(`${tenant} `)) this.#rows.set(key, rows);
    for (const [key, all] of retired.#counted) if (key.startsWith(`${tenant} `)) this.#counted.set(key, all);
  }
}

const nameOf = ({ producer, epoch, seq, index, startMs }: RowName): string =>
  [producer, epoch, seq, index, startMs].join(' ');

/** What these parts come to, and what a tally keeps of them. `undefined` where it has no room. */
export function reachedBy(meter: MeterRecord, tally: Tally, parts: readonly Part[]): (Kept & { readonly quantity: bigint }) | undefined {
  const kept = byDefinition(meter, tally, parts);
  const isFew = kept.samples.length <= (meter.samples?.countMax ?? 0);
  return isFew && [...kept.slots.values(), ...kept.samples].every((one) => one < keptMax) ? kept : undefined;
} // prettier-ignore
