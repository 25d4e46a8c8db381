/** What a difference without a sample rests on: usage that came before its price, and the rows that say so. */
import { Link } from '@tanstack/react-router';
import type { WhyAdjustment } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { formatSpanKey, spanKey } from '../../format/period.ts';
import { Step } from './Step.tsx';

export function AdjustmentStep({ why: { row, price } }: { why: WhyAdjustment }) {
  const { timeZone } = useTenant();
  const month = spanKey(row.periodStartMs, timeZone, 'month');
  const isTaken = price.id === 0;
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
