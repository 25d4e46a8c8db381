/** Each receiver: where it is, how it does, a test, and another try at all that it did not take. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliverySummary } from '#core/messages/api.ts';
import { replayTarget, testTarget } from '../../api/mutations.ts';
import { targetsQuery, type TargetRow } from '../../api/queries.ts';
import { mayOperate, useMe } from '../../app/session.tsx';
import { Badge } from '../../components/StateBadge.tsx';
import { plural } from '../../format/quantity.ts';
import { formatSpan } from '../../format/time.ts';
import type { DeliveriesSearch } from './search.ts';

export interface TargetCardsProps {
  readonly deliveries: readonly DeliverySummary[];
  readonly search: DeliveriesSearch;
  readonly go: (next: DeliveriesSearch) => void;
}

export function TargetCards({ deliveries, search, go }: TargetCardsProps) {
  const targets = useQuery(targetsQuery).data ?? [];
  const { target: chosen, ...anyTarget } = search;
  return (
    <ul className="target-cards" aria-label="Receivers">
      {targets.map((target) => (
        <TargetCard
          key={target.id}
          target={target}
          deliveries={deliveries.filter((delivery) => delivery.target === target.id)}
          chosen={chosen === target.id}
          choose={() => go(chosen === target.id ? anyTarget : { ...search, target: target.id })}
          opened={(open) => go({ target: target.id, open })}
        />
      ))}
    </ul>
  );
}

interface CardProps {
  readonly target: TargetRow;
  readonly deliveries: readonly DeliverySummary[];
  readonly chosen: boolean;
  readonly choose: () => void;
  readonly opened: (id: string) => void;
}

function TargetCard({ target, deliveries, chosen, choose, opened }: CardProps) {
  const me = useMe();
  const queries = useQueryClient();
  const dead = deliveries.filter((delivery) => delivery.dead);
  const taken = deliveries.filter(({ status }) => status === 'delivered');
  const usual = taken.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)[Math.floor(taken.length / 2)];
  const refresh = () => queries.invalidateQueries({ queryKey: ['deliveries'] });
  const test = useMutation({
    mutationFn: () => testTarget(target.id),
    onSuccess: async ({ id }) => {
      await refresh();
      opened(id);
    },
  });
  const [asking, setAsking] = useState(false);
  const replay = useMutation({
    mutationFn: () => replayTarget(target.id, 'replayed from the page'),
    onSuccess: async () => {
      setAsking(false);
      await refresh();
    },
  });
  const error = test.error ?? replay.error;
  return (
    <li className="card target-card" data-testid={`target-${target.id}`}>
      <header>
        <h3>
          <button type="button" aria-pressed={chosen} onClick={choose}>
            {target.id}
          </button>
        </h3>
        {!target.enabled && <Badge tone="warn">disabled</Badge>}
        {dead.length > 0 && <Badge tone="block">{plural(dead.length, 'dead letter')}</Badge>}
      </header>
      <p className="quiet target-url" title={target.url}>
        {target.kind} · {target.url}
      </p>
      <p>
        {deliveries.length === 0
          ? 'Nothing was sent yet.'
          : `${plural(taken.length, 'delivery', 'deliveries')} taken of ${deliveries.length.toLocaleString('en')}${usual === undefined ? '' : `, usually in ${formatSpan(usual)}`}`}
      </p>
      {mayOperate(me) && (
        <div className="target-tools no-print">
          <button
            type="button"
            className="button small"
            disabled={test.isPending || !target.enabled}
            data-testid={`target-${target.id}-test`}
            onClick={() => test.mutate()}
          >
            {test.isPending ? 'Sending' : 'Send a test'}
          </button>
          {dead.length > 0 &&
            (asking ? (
              <button
                type="button"
                className="button small primary"
                disabled={replay.isPending}
                data-testid={`target-${target.id}-replay-sure`}
                onClick={() => replay.mutate()}
              >
                Replay {plural(dead.length, 'dead letter')} now
              </button>
            ) : (
              <button
                type="button"
                className="button small"
                data-testid={`target-${target.id}-replay`}
                onClick={() => setAsking(true)}
              >
                Replay the dead
              </button>
            ))}
        </div>
      )}
      {error !== null && (
        <p className="failed-text" role="alert">
          {error.message}
        </p>
      )}
    </li>
  );
}
