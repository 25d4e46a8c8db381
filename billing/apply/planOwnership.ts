import type { OwnershipRecord } from '#core/messages/control.ts';
import type { Faults } from './faults.ts';
import { compare, type Item } from './item.ts';
import type { Organisation } from './organisation.ts';
import type { Present } from './present.ts';

export interface OwnershipContext {
  readonly present: Present;
  /** Of the accounts that will be there, by slug. */
  readonly accountIds: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** A published ownership never changes; a new owner of a resource that has one begins after `nowMs`. */
export function planOwnership(
  wanted: Organisation,
  context: OwnershipContext,
  faults: Faults,
): Item<OwnershipRecord>[] {
  const published = Map.groupBy(context.present.ownership, (entry) => entry.resource);
  return wanted.ownership.flatMap(({ at, resource, account: ref, fromMs }) => {
    const account = context.accountIds.get(ref.name);
    if (account === undefined) {
      faults.unknown(ref, 'the slug of an account');
      return [];
    }
    const history = published.get(resource) ?? [];
    const before = history.find((entry) => entry.fromMs === fromMs);
    if (before !== undefined && before.account !== account) {
      faults.add('OWNERSHIP_FIXED', ref.at, ref.name, 'the owner as published');
    } else if (before === undefined && history.length > 0 && fromMs <= context.nowMs) {
      faults.add('OWNERSHIP_IN_THE_PAST', at, resource, 'a `from` that is still to come');
    }
    const id = fromMs === 0 ? resource : `${resource} from ${new Date(fromMs).toISOString()}`;
    return [compare(id, before, { resource, account, fromMs })];
  });
}
