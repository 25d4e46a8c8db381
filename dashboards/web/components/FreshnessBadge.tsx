/** Tells as of which moment the figures hold, and whether they still move. */
import { useTenant } from '../app/session.tsx';
import { formatClockMs, formatInstant } from '../format/time.ts';
import { useFreshness, useLiveSnapshot } from '../live/hooks.ts';
import { retryLive } from '../live/store.ts';
import './freshness.css';

const meaning = {
  connecting: 'Connecting to the live figures.',
  live: 'Every commit shows as it happens. Figures are complete to this moment of the log.',
  quiet: 'Nothing has come for some seconds, or the page is reconnecting. Figures are complete to this moment.',
  stale: 'Not up to date: figures are of this moment, and nothing newer has come since.',
} as const;

export function FreshnessBadge() {
  const { timeZone } = useTenant();
  const { view, condition } = useLiveSnapshot();
  const freshness = useFreshness();
  const clock = view === null ? '' : formatClockMs(view.logTimeMs, timeZone);
  const title = `${meaning[freshness]}${view === null ? '' : ` ${formatInstant(view.logTimeMs, timeZone)} (${timeZone}), commit ${view.outSeq} of partition ${view.partition}.`}`;
  return (
    <span className={`pill freshness ${freshness}`} title={title} data-testid="freshness" data-state={freshness}>
      <i className="dot" />
      {freshness === 'connecting' ? (
        'connecting'
      ) : (
        <span>
          {freshness}
          <span className="freshness-wide">{freshness === 'stale' ? ' · as of' : ' · complete to'}</span>{' '}
          <time dateTime={new Date(view?.logTimeMs ?? 0).toISOString()}>{clock}</time>
        </span>
      )}
      {condition.name === 'waiting' && (
        <button type="button" className="link" onClick={retryLive}>
          reconnect
        </button>
      )}
    </span>
  );
}
