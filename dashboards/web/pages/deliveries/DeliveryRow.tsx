/** One delivery: its outcome in a line; opened, every attempt with what was sent and answered, and a way to try again. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Delivery, DeliverySummary } from '#core/messages/api.ts';
import { replayDelivery } from '../../api/mutations.ts';
import { deliveryQuery } from '../../api/queries.ts';
import { mayOperate, useMe, useTenant } from '../../app/session.tsx';
import { Badge, type Tone } from '../../components/StateBadge.tsx';
import { ErrorState, Skeleton } from '../../components/states.tsx';
import { formatBytes } from '../../format/quantity.ts';
import { formatRecent, formatSpan } from '../../format/time.ts';
import { alertTitle } from '../now/alertText.ts';

const tones: Readonly<Record<Delivery['status'], Tone>> = {
  delivered: 'ok',
  failed: 'warn',
  given_up: 'block',
  refused: 'throttle',
};
const words: Readonly<Record<Delivery['status'], string>> = {
  delivered: 'delivered',
  failed: 'tried again',
  given_up: 'given up',
  refused: 'refused',
};

export interface DeliveryRowProps {
  readonly delivery: DeliverySummary;
  readonly open: boolean;
  readonly toggle: () => void;
}

export function DeliveryRow({ delivery, open, toggle }: DeliveryRowProps) {
  const { timeZone } = useTenant();
  const { id, alertId, target, status, atMs, attempts, httpStatus, latencyMs, detail, dead, replayWaits } = delivery;
  return (
    <li
      className={`delivery-row ${open ? 'open' : ''}`}
      data-testid="delivery-row"
      data-delivery-id={id}
      data-status={status}
    >
      <button type="button" className="delivery-line" aria-expanded={open} onClick={toggle}>
        <time className="mono quiet" dateTime={new Date(atMs).toISOString()}>
          {formatRecent(atMs, Date.now(), timeZone)}
        </time>
        <span>
          <Badge tone={replayWaits ? 'info' : tones[status]} testId="delivery-status">
            {replayWaits ? 'asked again' : words[status]}
          </Badge>
        </span>
        <b>{target}</b>
        <span className="delivery-alert mono">{alertId}</span>
        <span className="delivery-answer">
          {httpStatus === 0 ? '' : `${httpStatus} · `}
          {status === 'delivered' ? formatSpan(latencyMs) : detail}
          {attempts > 1 && <span className="quiet"> · {attempts} attempts</span>}
          {dead && <span className="failed-text"> · dead letter</span>}
        </span>
      </button>
      {open && <Details id={id} />}
    </li>
  );
}

function Details({ id }: { id: string }) {
  const query = useQuery(deliveryQuery(id));
  const me = useMe();
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: () => replayDelivery(id, 'replayed from the page'),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  });
  if (query.error !== null && query.data === undefined)
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton lines={3} label="the attempts" />;
  const { alert, all, replays, nextAttemptAtMs } = query.data;
  return (
    <div className="delivery-details">
      <p>
        {alert === null ? 'The alert is older than what is kept here.' : alertTitle({ ...alert, deliveries: [] })}
        {replays > 0 && `, asked for again ${replays === 1 ? 'once' : `${replays} times`}`}
        {nextAttemptAtMs !== null && `; next attempt in ${formatSpan(Math.max(0, nextAttemptAtMs - Date.now()))}`}.
      </p>
      <ol className="attempts">
        {all.toReversed().map((attempt) => (
          <Attempt key={`${attempt.attempt}-${attempt.atMs}`} attempt={attempt} />
        ))}
      </ol>
      {mayOperate(me) && (
        <div className="target-tools no-print">
          <button
            type="button"
            className="button small"
            disabled={replay.isPending || query.data.replayWaits}
            data-testid="delivery-replay"
            title="Under the same webhook-id: a receiver that has it already may pass over it"
            onClick={() => replay.mutate()}
          >
            {query.data.replayWaits ? 'Asked for again' : 'Send it again'}
          </button>
        </div>
      )}
      {replay.error !== null && <ErrorState error={replay.error} />}
    </div>
  );
}

function Attempt({ attempt }: { attempt: Delivery }) {
  const { timeZone } = useTenant();
  const { request, response } = attempt;
  return (
    <li data-testid="delivery-attempt">
      <p>
        <b>#{attempt.attempt}</b> {formatRecent(attempt.atMs, Date.now(), timeZone)}{' '}
        <Badge tone={tones[attempt.status]}>{words[attempt.status]}</Badge> after {formatSpan(attempt.latencyMs)}:{' '}
        {attempt.detail}
        {attempt.group !== undefined && ` (with ${attempt.group.size - 1} others in one request)`}
      </p>
      {request !== undefined && (
        <p className="quiet">
          sent {formatBytes(request.bytes)} to <span className="mono">{request.to}</span> as{' '}
          <span className="mono">{request.webhookId}</span>
        </p>
      )}
      {response !== undefined && (
        <pre className="mono" tabIndex={0} aria-label="What was answered">
          {Object.entries(response.headers)
            .map(([name, value]) => `${name}: ${value}\n`)
            .join('')}
          {response.body !== '' && `\n${response.body}`}
        </pre>
      )}
    </li>
  );
}
