/** A card for each reason that ever occurred: how much, what it means, what to do. Pressed, it filters. */
import { useNavigate } from '@tanstack/react-router';
import type { RefusalTotal } from '#core/messages/api.ts';
import { refusalReasons, type RefusalReason } from '#core/messages/rated.ts';
import { useTenant } from '../../app/session.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import { formatRecent } from '../../format/time.ts';
import { remedies } from './remedies.ts';
import { reasonName } from './names.ts';
import type { RefusalsSearch } from './search.ts';

export function Reasons({ totals, search }: { totals: readonly RefusalTotal[]; search: RefusalsSearch }) {
  const { timeZone } = useTenant();
  const navigate = useNavigate();
  const { reason: chosen, ...anyReason } = search;
  const reasons = byReason(totals.filter(({ producer }) => (search.producer ?? producer) === producer));
  return (
    <ul className="reasons" aria-label="Reasons">
      {reasons.map(({ reason, samples, refusals, newestMs }) => (
        <li key={reason} data-testid={`refusal-reason-${reason}`}>
          <h3>
            <button
              type="button"
              aria-pressed={reason === chosen}
              onClick={() =>
                void navigate({
                  to: '/refusals',
                  search: reason === chosen ? anyReason : { ...search, reason },
                  replace: true,
                })
              }
            >
              <strong>{formatCount(refusals)}</strong> {reasonName(reason)}
            </button>
          </h3>
          <p>{refusalReasons[reason]}</p>
          <p className="reason-remedy">{remedies[reason]}</p>
          <p className="quiet">
            {samples > 0 && `${plural(samples, 'sample')} in no total, `}last{' '}
            {formatRecent(newestMs, Date.now(), timeZone)}
          </p>
        </li>
      ))}
    </ul>
  );
}

/** Sums over producers, the largest first. */
function byReason(totals: readonly RefusalTotal[]): RefusalTotal[] {
  const sums = new Map<RefusalReason, RefusalTotal>();
  for (const total of totals) {
    const sum = sums.get(total.reason);
    sums.set(total.reason, {
      ...total,
      samples: total.samples + (sum?.samples ?? 0),
      refusals: total.refusals + (sum?.refusals ?? 0),
      newestMs: Math.max(total.newestMs, sum?.newestMs ?? 0),
    });
  }
  return [...sums.values()].sort((a, b) => b.refusals - a.refusals || (a.reason < b.reason ? -1 : 1));
}
