/** Steps 2 to 5: the resource, the rated row, the sample, the signed batch. */
import { Link } from '@tanstack/react-router';
import type { WhyAdjustment, WhySample } from '#core/messages/api.ts';
import { tallyUnit } from '#core/units/pricedUnits.ts';
import { useTenant } from '../../app/session.tsx';
import { formatMoneyExact } from '../../format/money.ts';
import { formatCount, formatQuantity, plural, pricedQuantity, unitName } from '../../format/quantity.ts';
import { unitLabel } from '../../format/priceModel.ts';
import { formatClockMs, formatDate } from '../../format/time.ts';
import { inUnit } from '../explore/search.ts';
import { Step } from './Step.tsx';

export const ResourceStep = ({ why }: { why: WhySample }) => (
  <Step number={2} title="The resource" figure={<code>{why.row.resource}</code>}>
    <p>
      Owned by {why.path.map(({ name }) => name).join(' / ')} at the time of the sample. Its charge adds to each of
      them.{' '}
      <Link to="/explore" className="nowrap" search={{ resource: why.row.resource, ...inUnit(why.row.currency) }}>
        All it is charged for
      </Link>
    </p>
  </Step>
);

export function RowStep({ why }: { why: WhySample | WhyAdjustment }) {
  const { row, price, tally, meter } = why;
  const { timeZone } = useTenant();
  const priced = price.id !== 0;
  const quantity = (text: string): string =>
    priced
      ? `${formatQuantity(pricedQuantity(text, price.unit))} ${unitLabel(price.unit.name)}`
      : `${formatQuantity(text)} ${unitName(tallyUnit(meter.unit, meter.aggregation))}`;
  return (
    <Step
      number={why.of === 'sample' ? 3 : 2}
      title="The rated row"
      figure={<span data-amount={row.amount}>{formatMoneyExact(row.amount, row.currency)}</span>}
    >
      <p>
        {formatDate(row.startMs, timeZone)}, {formatClockMs(row.startMs, timeZone)} to{' '}
        {formatClockMs(row.endMs, timeZone)}: {quantity(row.quantity)}
        {priced && growthText(meter, tally, quantity(tally.before))}. Row <code>{row.id}</code> of commit{' '}
        {formatCount(row.outSeq)}.
      </p>
    </Step>
  );
}

/** What the row's quantity is beside what was there. */
function growthText(meter: WhySample['meter'], tally: WhySample['tally'], before: string): string {
  switch (meter.aggregation) {
    case 'max':
      return ` above the greatest before it, ${before}`;
    case 'latest':
      return ` more or less than the value before it, ${before}`;
    case 'unique':
      return isEstimate(meter, tally)
        ? ` more in the number of values, which is approximate (standard error ${errorPercent(meter)} %), above ${before} before it`
        : ` new beside ${before} counted before it`;
    case 'percentile':
      return ` above the percentile before it, ${before}`;
    case 'samplePercentile':
      return ` more or less than the percentile before it, ${before}`;
    default:
      return ` on top of ${before}`;
  }
}

/** Beyond what a meter counts exactly it estimates, where it says so. */
const isEstimate = ({ exact }: WhySample['meter'], { after }: WhySample['tally']): boolean =>
  exact?.beyond === 'approximate' && BigInt(after) > BigInt(exact.upTo);

const errorPercent = ({ exact }: WhySample['meter']): number => Math.round(1000 / Math.sqrt(exact!.upTo - 2)) / 10;

export function SampleStep({ why: { sample, meter } }: { why: WhySample }) {
  const unit = unitName(sample.unit);
  const dims = Object.entries(sample.dims).map(([name, value]) => `${name}=${value}`);
  // A source that keeps no clock of its own, as the simulated one, tells none.
  const span = sample.monotonicUs === 0 ? '' : `${formatQuantity(seconds(sample.monotonicUs))} s of monotonic time`;
  return (
    <Step number={4} title="The sample" figure={`${formatQuantity(sample.quantity)} ${unit}`}>
      <p>
        <code>{[sample.metric, ...dims].join(' ')}</code>{' '}
        {sample.rawStart !== null && sample.rawEnd !== null ? (
          <>
            went from <span className="figure">{formatQuantity(sample.rawStart)}</span> to{' '}
            <span className="figure">{formatQuantity(sample.rawEnd)}</span> {unit}
            {span !== '' && `, in ${span}`}.
          </>
        ) : meter.aggregation === 'timeWeighted' || isLevel(meter.aggregation) ? (
          <>
            stood at {formatQuantity(sample.quantity)} {unit}
            {span !== '' && ` for ${span}`}.
          </>
        ) : (
          <>
            counted {formatQuantity(sample.quantity)} {unit}
            {span !== '' && ` in ${span}`}.
          </>
        )}
      </p>
    </Step>
  );
}

/** What the greatest or the newest is asked of is shown as a value that stood. */
const isLevel = (aggregation: WhySample['meter']['aggregation']): boolean =>
  aggregation === 'max' || aggregation === 'latest';

/** Microseconds as seconds, exactly: six decimals less trailing zeros. */
const seconds = (us: number): string => `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`;

export function BatchStep({ why }: { why: WhySample }) {
  const { batch, row, checks } = why;
  const signed = checks.find((check) => check.name === 'signature')?.ok === true;
  return (
    <Step
      number={5}
      title="The signed batch"
      figure={
        <span className={signed ? 'check-ok' : 'check-bad'}>
          {signed ? '✓ signature verified' : '✗ signature not verified'}
        </span>
      }
    >
      <p>
        {batch.simulated ? 'Simulated producer' : 'Producer'}{' '}
        <Link to="/fleet" search={{ search: batch.producer }}>
          <code>{batch.producer}</code>
        </Link>
        , epoch <code>{batch.epoch}</code>, sequence {formatCount(batch.seq)}, {plural(batch.samples, 'sample')}, key{' '}
        <code>{batch.keyId}</code>; message {formatCount(row.usageSeq)} of partition {row.partition}, committed once.
      </p>
      <details>
        <summary>Hash, signature and trace</summary>
        <dl className="why-bytes">
          <dt>SHA-256</dt>
          <dd>{batch.hash}</dd>
          <dt>Ed25519</dt>
          <dd>{batch.signature}</dd>
          <dt>trace</dt>
          <dd>{batch.trace === '' ? 'none' : batch.trace}</dd>
        </dl>
      </details>
    </Step>
  );
}
