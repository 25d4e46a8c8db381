/** Charges samples that are rated again, as if they came now; what later versions took over grows with them (SPEC §16.8, §16.9). */
import type { Measures } from '../../pricing/compiled.ts';
import type { Batch } from '../batch.ts';
import { ControlFault, require } from '../controlFault.ts';
import { isBeyond, reached } from '../measures.ts';
import { chargeAll, isFault, type Charge, type ChargeRun } from '../portions.ts';
import { cellOf } from '../rollover.ts';
import type { Tally, Tenant } from '../state.ts';
import { carryAnew, settle } from '../tally.ts';
import type { AgainSample } from './again.ts';
import { heirsOf, isBefore, type RowPlace } from './heirs.ts';
import type { Owed } from './reverse.ts';

export interface Rerated {
  readonly charges: readonly { readonly sample: AgainSample; readonly charge: Charge }[];
  /** What later versions owe otherwise, for they took over more, by id. */
  readonly heirs: readonly Owed[];
  /** What tallies owed before by points that had come (SPEC §8.8). */
  readonly late: Batch['late'];
}

export type Journal = (() => void)[];

/** Moves the tallies. Throws ControlFault where one would pass its bound; the journal then takes back what was done. */
export function rateAgain({ state, tenant, changes }: Pick<ChargeRun, 'state' | 'tenant' | 'changes'>, samples: readonly AgainSample[], journal: Journal): Rerated {
  const charges: { sample: AgainSample; charge: Charge }[] = [];
  const heirs = new Map<Tally, bigint>();
  const run = { state, tenant, changes, late: [] as Batch['late'], isAgain: true };
  journal.push(() => run.late.forEach(({ tally, amount }) => (tally.charge -= amount)));
  for (const sample of samples) {
    const { batch, index, resource, endMs, quantity } = sample;
    const facts = { place: [endMs, batch.producer, batch.epoch, batch.seq, index] as const, whole: quantity };
    const place: RowPlace = { usageSeq: batch.partition === state.partition ? batch.usageSeq : 0, index };
    for (const portion of sample.portions) {
      const tally = portion.lane.tally!;
      settle(tally);
      const isBegun = tally.entry.id !== 0;
      const { quantity: before, events, value } = tally;
      const charged = chargeAll(run, resource, facts, [portion]);
      if (isFault(charged)) throw new ControlFault(`sample ${batch.producer} ${batch.epoch} ${batch.seq} ${index}: ${charged[1]}`);
      for (const charge of charged) {
        journal.push(charge.undo);
        charges.push({ sample, charge });
      }
      const grown = { quantity: tally.quantity - before, events: tally.events - events, value: tally.value - value };
      if (isBegun) handOn(tenant, tally, grown, place, heirs, journal);
    }
  }
  const owed = [...heirs].map(([tally, amount]): Owed => ({ tally, quantity: 0n, amount }));
  return { charges, heirs: owed.sort((a, b) => a.tally.entry.id - b.tally.entry.id), late: run.late };
} // prettier-ignore

/** A version that took over the position after the sample had come took the sample over, too. */
function handOn(tenant: Tenant, tally: Tally, grown: Measures, place: RowPlace, owed: Map<Tally, bigint>, journal: Journal): void {
  for (const heir of heirsOf(tenant, tally)) {
    if (!isBefore(heir, place)) continue;
    settle(heir);
    const { carried, charge } = heir;
    journal.push(() => {
      carryAnew(tenant, heir, carried);
      heir.charge = charge;
    });
    const more = { quantity: carried.quantity + grown.quantity, events: carried.events + grown.events, value: carried.value + grown.value };
    carryAnew(tenant, heir, more);
    const now = cellOf(tenant.master, heir)!.charge(reached(heir)) - heir.carriedCharge;
    require(!isBeyond(now), `tally ${heir.entry.id} of ${tenant.id} would be charged beyond its bound`);
    heir.charge = now;
    owed.set(heir, (owed.get(heir) ?? 0n) + now - charge);
    handOn(tenant, heir, grown, place, owed, journal);
  }
} // prettier-ignore
