/** "Status": every stage between an agent's disk and ClickHouse: how full, what becomes of usage meanwhile, what to do. */
import { useQuery } from '@tanstack/react-query';
import type { Pressure, Stage } from '#core/messages/pressure.ts';
import { pressureQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { ExportMenu } from '../../components/ExportMenu.tsx';
import { Page } from '../../components/Page.tsx';
import { Badge } from '../../components/StateBadge.tsx';
import { stageTones, stageWord } from '../../components/stageWords.ts';
import { ErrorState, Skeleton } from '../../components/states.tsx';
import { formatBytes, plural } from '../../format/quantity.ts';
import { formatClock, formatInstant, formatSpan } from '../../format/time.ts';
import './status.css';

export function StatusPage() {
  const query = useQuery(pressureQuery);
  const pressure = query.data;
  return (
    <Page className="status" heading="Status">
      {query.error !== null && pressure === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : pressure === undefined || pressure.stages.length === 0 ? (
        <Skeleton lines={8} label="the stages" />
      ) : (
        <Stages pressure={pressure} isOld={query.error !== null} />
      )}
    </Page>
  );
}

function Stages({ pressure, isOld }: { pressure: Pressure; isOld: boolean }) {
  const { timeZone } = useTenant();
  const { asOfMs, stages } = pressure;
  const held = stages.filter(({ state }) => state !== 'ok').length;
  return (
    <>
      <div className="status-head">
        <h2 data-testid="status-head" data-state={pressure.state}>
          {held === 0 ? 'Nothing is held up' : `${plural(held, 'stage')} of ${stages.length} not well`}{' '}
          <span className={isOld ? 'status-old' : 'quiet'}>
            {isOld ? 'not reachable, as of' : 'as of'} {formatClock(asOfMs, timeZone)}
          </span>
        </h2>
        <span className="status-space" />
        <ExportMenu fileName="status" columns={exportColumns} rows={stages.map(exportRow)} />
      </div>
      <p className="quiet status-lead">
        The way of usage, from the agents’ disks to ClickHouse. Each stage keeps what the next one does not take.
      </p>
      <ol className="stages">
        {stages.map((stage) => (
          <StageRow key={stage.id} stage={stage} asOfMs={asOfMs} timeZone={timeZone} />
        ))}
      </ol>
    </>
  );
}

function StageRow({ stage, asOfMs, timeZone }: { stage: Stage; asOfMs: number; timeZone: string }) {
  const { id, name, state, detail, effect, solve, sinceMs } = stage;
  return (
    <li className={`stage ${state}`} data-testid={`stage-${id}`} data-state={state}>
      <h3>{name}</h3>
      <Badge tone={stageTones[state]}>{stageWord(stage)}</Badge>
      <Gauge stage={stage} />
      <p className="stage-detail">{detail}</p>
      {state !== 'ok' && (
        <dl className="stage-more">
          {sinceMs !== null && (
            <div>
              <dt>Since</dt>
              <dd title={formatInstant(sinceMs, timeZone)}>
                {formatClock(sinceMs, timeZone)}, for {formatSpan(Math.max(0, asOfMs - sinceMs))}
              </dd>
            </div>
          )}
          <div>
            <dt>Meanwhile</dt>
            <dd>{effect}</dd>
          </div>
          <div>
            <dt>To do</dt>
            <dd>{withCode(solve)}</dd>
          </div>
        </dl>
      )}
    </li>
  );
}

/** What stands between backquotes is a command. */
const withCode = (text: string) =>
  text.split('`').map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part));

/** How much of the limit is reached; of the disk how much of what is free is spoken for. */
function Gauge({ stage: { id, value, limit, unit } }: { stage: Stage }) {
  const share = Math.min(1, id === 'disk' ? limit / Math.max(1, value) : value / Math.max(1, limit));
  const text = (figure: number) => (unit === 'bytes' ? formatBytes(figure) : formatSpan(figure));
  return (
    <span className="stage-gauge">
      <span className="stage-bar" aria-hidden="true">
        <i style={{ width: `${Math.max(share * 100, 0.5)}%` }} />
      </span>
      <span className="stage-figures">
        {text(value)}{' '}
        <span className="quiet">{id === 'disk' ? `free, ${text(limit)} needed` : `of ${text(limit)}`}</span>
      </span>
    </span>
  );
}

const exportColumns = ['stage', 'state', 'value', 'limit', 'unit', 'where', 'since', 'detail', 'effect', 'solve'];
const exportRow = ({ id, state, value, limit, unit, where, sinceMs, detail, effect, solve }: Stage): string[] => [
  ...[id, state, String(value), String(limit), unit, where],
  ...[sinceMs === null ? '' : new Date(sinceMs).toISOString(), detail, effect, solve],
];
