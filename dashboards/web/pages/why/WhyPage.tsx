/** "Why this number": one rated row, from the charge down to the signed batch, each step checkable. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Why } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { whyQuery } from '../../api/queries.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { WorthText } from '../../components/WorthText.tsx';
import { download } from '../../components/download.ts';
import { Page } from '../../components/Page.tsx';
import { ErrorState, Skeleton } from '../../components/states.tsx';
import { SimulatedMark } from '../../components/StateBadge.tsx';
import { formatMoneyExact } from '../../format/money.ts';
import { formatSpanKey, spanKey } from '../../format/period.ts';
import { formatClockMs, formatInstant, formatSpan } from '../../format/time.ts';
import { ChargeStep } from './ChargeStep.tsx';
import { AdjustmentStep } from './AdjustmentStep.tsx';
import { CorrectionSteps } from './CorrectionSteps.tsx';
import { FeeSteps } from './FeeStep.tsx';
import { AgreementSteps } from './AgreementSteps.tsx';
import { BatchStep, ResourceStep, RowStep, SampleStep } from './steps.tsx';
import { Checks } from './Checks.tsx';
import { useVerify } from './useVerify.ts';
import { WhyPath } from './WhyPath.tsx';
import './why.css';

export function WhyPage() {
  const { rowId } = useParams({ from: '/why/$rowId' });
  const query = useQuery(whyQuery(rowId));
  return (
    <Page className="why" {...(query.data === undefined ? { heading: 'Why this number' } : {})}>
      {query.error !== null ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Skeleton lines={12} label="the proof" />
      ) : (
        <Proof why={query.data} rowId={rowId} />
      )}
    </Page>
  );
}

function Proof({ why, rowId }: { why: Why; rowId: string }) {
  const { timeZone } = useTenant();
  const { row } = why;
  const owner = why.path.at(-1)?.name ?? `account ${row.account}`;
  return (
    <>
      <WhyPath why={why} />
      <h1 data-testid="why-title">
        Why is {owner} charged{' '}
        <span className="nowrap" data-amount={row.amount}>
          {formatMoneyExact(row.amount, row.currency)}
        </span>{' '}
        for {row.component === '' ? row.meter : row.component}?{' '}
        {why.of === 'sample' && why.batch.simulated && <SimulatedMark />}
      </h1>
      {why.worth !== undefined && <WorthText worth={why.worth} unit={row.currency} />}
      <p className="quiet why-when">
        {formatSpanKey(spanKey(row.startMs, timeZone, 'month'))} · committed {formatInstant(row.logTimeMs, timeZone)} (
        {timeZone})
      </p>
      {row.closedUntilMs > 0 && (
        <p className="quiet" data-testid="why-prior-period">
          A prior-period adjustment of {monthOf(row.periodStartMs, timeZone)}, booked in{' '}
          {monthOf(row.bookedStartMs, timeZone)}: it came after the periods up to{' '}
          {formatInstant(row.closedUntilMs, timeZone)} were closed.
        </p>
      )}
      {why.reversedBy !== undefined && (
        <p data-testid="why-reversed">
          Correction <code>{why.reversedBy.correction}</code> has taken it back:{' '}
          <Link to="/why/$rowId" params={{ rowId: why.reversedBy.id }}>
            the row that does
          </Link>
          .
        </p>
      )}
      {row.kind === 'rerated' && (
        <p data-testid="why-rerated">
          The sample was rated again by{' '}
          <Link to="/corrections/$correctionId" params={{ correctionId: row.correction }}>
            correction {row.correction}
          </Link>
          , by the owners and prices known then.
        </p>
      )}
      <ol className="why-steps">
        <Steps why={why} />
      </ol>
      <Checks checks={why.checks} />
      <Actions why={why} rowId={rowId} />
    </>
  );
}

/** The month of an account, wherever it is: a day in the middle of it is so in every zone. */
const monthOf = (startMs: number, timeZone: string): string =>
  formatSpanKey(spanKey(startMs + 14 * 86_400_000, timeZone, 'month'));

function Steps({ why }: { why: Why }) {
  switch (why.of) {
    case 'sample':
      return (
        <>
          <ChargeStep why={why} />
          <ResourceStep why={why} />
          <RowStep why={why} />
          <SampleStep why={why} />
          <BatchStep why={why} />
        </>
      );
    case 'fee':
      return <FeeSteps why={why} />;
    case 'agreement':
      return <AgreementSteps why={why} />;
    case 'correction':
      return <CorrectionSteps why={why} />;
    case 'adjustment':
      return (
        <>
          <ChargeStep why={why} />
          <RowStep why={why} />
          <AdjustmentStep why={why} />
        </>
      );
  }
}

function Actions({ why, rowId }: { why: Why; rowId: string }) {
  const { timeZone } = useTenant();
  const { verify, running, result } = useVerify(rowId);
  return (
    <footer className="why-actions">
      <button
        type="button"
        className="button primary no-print"
        disabled={running}
        onClick={verify}
        data-testid="why-verify"
      >
        {running ? 'Verifying' : 'Verify again'}
      </button>
      <CopyButton text={location.href}>Copy link</CopyButton>
      <button
        type="button"
        className="button small no-print"
        onClick={() => download(`proof-${rowId}.json`, 'application/json', `${JSON.stringify(why, null, 2)}\n`)}
      >
        Download the proof
      </button>
      <span role="status" className={result?.ok === false ? 'check-bad' : 'quiet'} data-testid="why-verified">
        {result !== null &&
          `${result.ok ? 'All checks hold' : 'A check fails'}: read again from log and store at ${formatClockMs(result.atMs, timeZone)}, in ${formatSpan(result.tookMs)}.`}
      </span>
    </footer>
  );
}
