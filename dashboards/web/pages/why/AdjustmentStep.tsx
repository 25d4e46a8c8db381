/** What a difference without a sample rests on: usage that came before its price, and the rows that say so. */
import { Link } from '@tanstack/react-router';
import type { WhyAdjustment } from '#core/messages/api.ts';
import type { PriceRecord } from '#core/messages/control.ts';
import { useTenant } from '../../app/session.tsx';
import { isZero } from '../../format/money.ts';
import { formatSpanKey, spanKey } from '../../format/period.ts';
import { Step } from './Step.tsx';

export function AdjustmentStep({ why: { row, price, meter } }: { why: WhyAdjustment }) {
  const { timeZone } = useTenant();
  const month = spanKey(row.periodStartMs, timeZone, 'month');
  const isTaken = price.id === 0;
  if (meter.aggregation === 'recurring' && row.startMs < row.endMs)
    return (
      <Step number={3} title="What it rests on" figure="a level that goes on">
        <p>
          No sample had changed the level of {row.resource} by the end of the month, so what it amounts to up to there
          was booked by time.
        </p>
      </Step>
    );
  if (!isTaken && isZero(row.quantity)) {
    const { figure, text } = differenceText(price, formatSpanKey(month));
    return (
      <Step number={3} title="What it rests on" figure={figure}>
        <p>{text}</p>
      </Step>
    );
  }
  return (
    <Step number={3} title="What it rests on" figure={isTaken ? 'taken over by a price' : 'usage before its price'}>
      <p>
        {isTaken
          ? 'A price was approved that charges what had been kept here without one; what it took over leaves at nothing.'
          : `${price.key} v${price.version} was approved when usage of ${formatSpanKey(month)} had been kept without a price. All of it is charged as if it had come in one.`}{' '}
        <Link to="/explore" search={{ meter: row.meter, kind: 'unpriced', period: month, view: 'rows' }}>
          The rows without a price
        </Link>
      </p>
    </Step>
  );
}

/** Why the same quantity is charged otherwise. */
function differenceText({ model, tallyScope, rollover }: PriceRecord, month: string) {
  if (model.kind === 'spot')
    return {
      figure: 'new points of a series',
      text: `Points of ${model.series} came or were corrected after this usage was charged. The same quantity at the new points, less what was charged, is this row.`,
    };
  const shared = 'Increments of a pool fall to whoever comes first. When the period was closed its charge was shared out by quantity: these rows add up to nothing.'; // prettier-ignore
  const carried = `What the allowance of an earlier period left goes on into ${month}: a close fixed how much, and the same quantity with that much more free, less what was charged, is this row.`; // prettier-ignore
  if (tallyScope !== 'subtree') return { figure: 'a period that was closed', text: carried };
  return { figure: 'a pool that was closed', text: rollover === undefined ? shared : `${shared} ${carried}` };
}
