/** Producers that have not reached the end, and which of them the close is to do without. */
import { Link } from '@tanstack/react-router';
import type { AccountChecklist, MissingProducer } from '#core/messages/periods.ts';
import { useTenant } from '../../app/session.tsx';
import { plural } from '../../format/quantity.ts';
import { formatAge, formatRecent, formatSpan } from '../../format/time.ts';

export interface MissingProps {
  readonly list: AccountChecklist;
  readonly without: readonly string[];
  readonly choose: (without: readonly string[]) => void;
}

export function Missing({ list, without, choose }: MissingProps) {
  const toggle = (id: string): void =>
    choose(without.includes(id) ? without.filter((each) => each !== id) : [...without, id]);
  const all = list.missing.every(({ producer }) => without.includes(producer));
  return (
    <fieldset className="missing">
      <legend>
        Not there yet: {plural(list.missing.length, 'producer')}. Close without{' '}
        <button
          type="button"
          className="link"
          onClick={() => choose(all ? [] : list.missing.map(({ producer }) => producer))}
        >
          {all ? 'none of them' : 'all of them'}
        </button>
      </legend>
      <ul>
        {list.missing.map((producer) => (
          <Row
            key={producer.producer}
            producer={producer}
            asOfMs={list.asOfMs ?? list.untilMs}
            chosen={without.includes(producer.producer)}
            toggle={() => toggle(producer.producer)}
          />
        ))}
      </ul>
    </fieldset>
  );
}

interface RowProps {
  readonly producer: MissingProducer;
  readonly asOfMs: number;
  readonly chosen: boolean;
  readonly toggle: () => void;
}

function Row({ producer, asOfMs, chosen, toggle }: RowProps) {
  const { timeZone } = useTenant();
  const { producer: id, type, lastSampleMs, completeUntilMs, lastSeenMs, behindMs, spoolBatches } = producer;
  return (
    <li data-testid={`missing-${id}`}>
      <label>
        <input type="checkbox" checked={chosen} onChange={toggle} /> without
      </label>
      <span>
        <Link to="/fleet" search={{ search: id }}>
          {id}
        </Link>{' '}
        <span className="quiet">{type}</span>
      </span>
      <span>
        {lastSampleMs === null
          ? 'has sent no sample yet'
          : `newest sample ${formatRecent(lastSampleMs, asOfMs, timeZone)}`}
        {completeUntilMs !== null && `, complete up to ${formatRecent(completeUntilMs, asOfMs, timeZone)}`}
        {behindMs !== null && `, ${behindText(behindMs)} before the end`}
        {spoolBatches > 0 && `; said that it still held ${plural(spoolBatches, 'batch', 'batches')}`}
      </span>
      <span className="quiet">
        {lastSeenMs === null ? 'never heard of' : `heard ${formatAge(asOfMs - lastSeenMs)}`}
      </span>
    </li>
  );
}

const dayMs = 86_400_000;
const behindText = (ms: number): string =>
  ms >= 2 * dayMs
    ? plural(Math.floor(ms / dayMs), 'day')
    : ms >= 7_200_000
      ? plural(Math.floor(ms / 3_600_000), 'hour')
      : formatSpan(ms);
