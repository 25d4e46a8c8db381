/** "Can I trust it": what the reconciliation found, and everything that is not a plain rated sample. */
import { Link } from '@tanstack/react-router';
import type { FleetMember } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { Skeleton } from '../../components/states.tsx';
import { formatMoney, isZero } from '../../format/money.ts';
import { formatCount, plural } from '../../format/quantity.ts';
import { formatClock } from '../../format/time.ts';
import { useLive } from '../../live/hooks.ts';

export function TrustCard() {
  const { currency, timeZone } = useTenant();
  const trust = useLive((view) => view.trust);
  const samples = useLive((view) => view.samples);
  const refusedBatches = useLive((view) => sumOfRefusedBatches(view.producers)) ?? 0;
  if (trust === undefined || samples === undefined) {
    return (
      <section className="trust">
        <h2>Can I trust it</h2>
        <Skeleton lines={3} label="the checks" />
      </section>
    );
  }
  const differs = !isZero(trust.difference);
  const conserved = samples.received === samples.rated + samples.duplicates + samples.refused;
  const checked = trust.checkedAtMs === 0 ? 'not checked yet' : `checked ${formatClock(trust.checkedAtMs, timeZone)}`;
  return (
    <section className="trust" aria-labelledby="trust-title">
      <h2 id="trust-title">
        Can I trust it <span>{checked}</span>
      </h2>
      <div className="trust-grid">
        <Tile
          alarm={differs}
          testId="trust-difference"
          amount={trust.difference}
          value={differs ? formatMoney(trust.difference, currency, 12) : '0'}
        >
          difference between log, balances and store
        </Tile>
        <Tile
          alarm={trust.producersStale > 0 || trust.gaps > 0}
          testId="trust-producers"
          value={formatCount(trust.producersLive)}
        >
          <Link to="/fleet">{trust.producersLive === 1 ? 'producer' : 'producers'} live</Link>
          {trust.producersStale > 0 && `, ${formatCount(trust.producersStale)} silent`}, {plural(trust.gaps, 'gap')}
        </Tile>
        <Tile alarm={trust.refused > 0 || refusedBatches > 0} testId="trust-refused" value={formatCount(trust.refused)}>
          <Link to="/refusals">refused</Link>
          {refusedBatches > 0
            ? `, ${plural(refusedBatches, 'batch', 'batches')} turned away`
            : trust.refused === 0 && ', nothing turned away'}
        </Tile>
        <Tile
          alarm={trust.unpricedSamples > 0 || trust.suspenseResources > 0}
          testId="trust-unpriced"
          value={formatCount(trust.unpricedSamples)}
        >
          without a price, {plural(trust.suspenseResources, 'resource')} in suspense
        </Tile>
      </div>
      <p className="trust-sum" data-testid="trust-samples">
        <span className={conserved ? 'trust-ok' : 'trust-bad'}>{conserved ? '✓' : '✗'}</span>{' '}
        {formatCount(samples.received)} received = {formatCount(samples.rated)} rated +{' '}
        {plural(samples.duplicates, 'duplicate')} + {formatCount(samples.refused)} refused
        {trust.loadLag > 0 && `; ${formatCount(trust.loadLag)} on their way into the store`}
      </p>
    </section>
  );
}

/** Whole batches, whose samples nobody could count. */
function sumOfRefusedBatches(producers: ReadonlyMap<string, FleetMember>): number {
  let sum = 0;
  for (const member of producers.values()) sum += member.batches.refused;
  return sum;
}

interface TileProps {
  readonly value: string;
  readonly alarm: boolean;
  readonly testId: string;
  readonly amount?: string;
  readonly children: React.ReactNode;
}

const Tile = ({ value, alarm, testId, amount, children }: TileProps) => (
  <div className={alarm ? 'trust-alarm' : ''} data-testid={testId} data-amount={amount}>
    <strong>{value}</strong>
    <span>{children}</span>
  </div>
);
