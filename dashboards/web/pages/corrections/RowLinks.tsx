/** The rows both ways: those that are reversed, and those that reverse them. */
import { Link } from '@tanstack/react-router';
import type { Correction } from '#core/messages/correction.ts';
import { useTenant } from '../../app/session.tsx';
import { spanKey } from '../../format/period.ts';

export function RowLinks({ correction }: { correction: Correction }) {
  const { timeZone } = useTenant();
  const { selection, effects, what, booked } = correction;
  const { producer, resource, meter, correction: of } = selection;
  if (of !== undefined) {
    return (
      <p className="note">
        It takes back{' '}
        <Link to="/corrections/$correctionId" params={{ correctionId: of }}>
          correction {of}
        </Link>
        .
      </p>
    );
  }
  const period = effects[0] === undefined ? undefined : spanKey(effects[0].periodStartMs, timeZone, 'month');
  const search = {
    view: 'rows' as const,
    ...(period === undefined ? {} : { period }),
    ...(producer === undefined ? {} : { producer }),
    ...(resource === undefined || resource.endsWith('/*') ? {} : { resource }),
    ...(meter === undefined ? {} : { meter }),
  };
  return (
    <p className="note row-links">
      <Link to="/explore" search={{ ...search, kind: 'usage' }}>
        The rows that were charged
      </Link>
      {booked !== null && (
        <Link to="/explore" search={{ ...search, kind: what === 'revert' ? 'corrected' : 'void' }}>
          The rows that reverse them
        </Link>
      )}
      {booked !== null && what === 'rerate' && (
        <Link to="/explore" search={{ ...search, kind: 'rerated' }}>
          The rows that take their place
        </Link>
      )}
    </p>
  );
}
