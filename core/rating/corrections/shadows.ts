/**
 * While a tally is being rebuilt, what samples add to it is kept a second time, in its shadow, which begins with nothing: so the office
 * can work out what those before it would have kept, however many come meanwhile (SPEC §16.6).
 */
import type { CorrectedTally, CorrectionShadow } from '../../messages/correction.ts';
import { keepsSamples } from '../../messages/control.ts';
import type { ShadowNote } from '../../messages/rated.ts';
import { grow, type Contribution } from '../aggregate.ts';
import type { Changes } from '../changes.ts';
import { require } from '../controlFault.ts';
import { noteInto, noteOf, type everything } from '../notes.ts';
import { tallyKey, type PartitionState, type Tally, type Tenant } from '../state.ts';
import { newTally } from '../tally.ts';

export interface Shadow {
  /** The last message of `USAGE` whose samples are not in it. */
  readonly usageSeq: number;
  /** As if the samples since then were all: nothing is carried over into it, and nothing charges it. */
  tally: Tally;
}

/** Throws ControlFault where there is no such tally, or where it cannot be rebuilt. */
export function tallyAt({ id, master, resourcesByName, talliesByKey }: Tenant, place: CorrectedTally): Tally {
  const { meter, price, cell, resource } = place;
  const told = `the tally of price ${price}, meter ${meter} and account ${place.account}`;
  const resourceId = resource === '' ? 0 : (resourcesByName.get(resource)?.id ?? -1);
  const { cell: _, ...rest } = place;
  const key = tallyKey({ ...rest, ...(cell === '' ? {} : { cell }), resource: resourceId });
  const tally = talliesByKey.get(key);
  require(tally !== undefined && tally.entry.id !== 0, `${told} is not one of ${id}`);
  require(keepsSamples(master.meters.get(meter)?.aggregation), `${told} keeps nothing of its samples`);
  require(master.prices.get(price)?.cell(cell)?.countsEvents !== true, `${told} counts events in their order`);
  return tally!;
}

/** Throws ControlFault, and begins none, where one of them cannot have a shadow. */
export function beginShadows(state: PartitionState, tenant: Tenant, changes: Changes, { tallies }: CorrectionShadow): void {
  const found = tallies.map((place) => tallyAt(tenant, place));
  const isNew = new Set(found).size === found.length && found.every(({ entry }) => !tenant.shadows.has(entry.id));
  require(isNew, 'a tally has a shadow already');
  for (const { entry } of found) {
    const tally = newTally(entry);
    tally.isCleared = true;
    tenant.shadows.set(entry.id, { usageSeq: state.usage.seq, tally });
    changes.shadows.set(entry.id, tenant.shadows);
  }
} // prettier-ignore

/** Adds to the shadow, where there is one, what came to the tally; returns how to take it back. What the tally has room for its shadow has. */
export function growShadow(tenant: Tenant, changes: Changes, { entry }: Tally, part: Contribution): () => void {
  const shadow = tenant.shadows.get(entry.id)?.tally;
  const grown = shadow && grow(shadow, tenant.master.meters.get(entry.meter), part);
  if (shadow === undefined || grown === undefined) return () => undefined;
  shadow.quantity += grown.quantity;
  changes.shadows.set(entry.id, tenant.shadows);
  return () => {
    grown.undo();
    shadow.quantity -= grown.quantity;
  };
}

/** Of one tally, or of all. */
export function endShadows(
  { shadows }: Tenant,
  changes: Changes,
  tallies: Iterable<number> = [...shadows.keys()],
): void {
  for (const tally of tallies) if (shadows.delete(tally)) changes.shadows.set(tally, shadows);
}

/** In a commit what came since the last one, in a snapshot all. */
export function shadowNote(tally: number, shadow: Shadow | undefined, lists: typeof everything): ShadowNote {
  if (shadow === undefined) return { id: tally, usageSeq: 0, quantity: '0', gone: true };
  const { usageSeq, tally: kept } = shadow;
  return { id: tally, usageSeq, quantity: kept.quantity.toString(), ...noteOf(kept, lists) };
}

/** Applies what a commit or a snapshot says of a shadow. */
export function applyShadow(tenant: Tenant, { entry }: Tally, note: ShadowNote): void {
  if (note.gone === true) return void tenant.shadows.delete(entry.id);
  let shadow = tenant.shadows.get(entry.id);
  if (shadow === undefined || note.cleared === true) shadow = { usageSeq: note.usageSeq, tally: newTally(entry) };
  tenant.shadows.set(entry.id, shadow);
  const { cleared: _, ...lists } = note;
  noteInto(shadow.tally, tenant.master.meters.get(entry.meter)!, lists);
  shadow.tally.quantity = BigInt(note.quantity);
}
