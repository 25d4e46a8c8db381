/** The order in which grants burn (SPEC §9.7.1): those that can first, by priority, expiry, kind, effective date and id. */
import type { GrantFigures } from '#core/messages/creditFigures.ts';

const rank = ({ status }: GrantFigures): number =>
  status === 'active' ? 0 : status === 'pending' || status === null ? 1 : 2;

export const burnOrder = (grants: readonly GrantFigures[]): GrantFigures[] =>
  grants.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      a.priority - b.priority ||
      (a.expiresAtMs ?? Number.MAX_SAFE_INTEGER) - (b.expiresAtMs ?? Number.MAX_SAFE_INTEGER) ||
      Number(b.kind === 'promotional') - Number(a.kind === 'promotional') ||
      a.effectiveFromMs - b.effectiveFromMs ||
      (a.id < b.id ? -1 : 1),
  );
