/** A row that time brought: its arithmetic, what it covers, and the version of the fee that owes it. */
import { Link } from '@tanstack/react-router';
import type { WhyFee } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { calendarName, feeText } from '../../format/agreed.ts';
import { formatMoneyExact } from '../../format/money.ts';
import { formatDate, formatInstant } from '../../format/time.ts';
import { Arithmetic, SumLine } from './Arithmetic.tsx';
import { Step } from './Step.tsx';

const what = {
  fee: 'What it owes for its part of the period',
  feeCredit: 'What a change takes back',
  oneTime: 'What is owed once',
  installment: 'What falls due',
  installmentDue: 'What is due because it ended early',
} as Readonly<Record<string, string>>;

export function FeeSteps({ why }: { why: WhyFee }) {
  const { timeZone } = useTenant();
  const { row, fee, other, steps, periodEndMs } = why;
  const isPart = row.endMs > row.startMs;
  // Midnight goes without saying.
  const momentOf = (ms: number): string => formatInstant(ms, timeZone).replace(', 00:00:00.000', '');
  return (
    <>
      <Step
        number={1}
        title={what[row.cell] ?? 'The fee'}
        figure={<span data-amount={row.amount}>{formatMoneyExact(row.amount, row.currency)}</span>}
      >
        <p>
          {isPart
            ? `${momentOf(row.startMs)} to ${momentOf(row.endMs)}, of the ${calendarName(fee.calendar)} from ${formatDate(row.periodStartMs, timeZone)} to ${formatDate(periodEndMs, timeZone)}.`
            : `Due ${momentOf(row.startMs)}.`}
        </p>
        <Arithmetic steps={steps} unit="">
          <SumLine label="this row" amount={row.amount} sign="=" strong />
        </Arithmetic>
      </Step>
      <Step number={2} title="The fee" figure={`${fee.key} v${fee.version}`}>
        <p>
          Approved by {fee.approvedBy} on {formatDate(fee.approvedAtMs, timeZone)}; {feeText(fee, timeZone).join('; ')}.{' '}
          <Link to="/prices">The price list with its fees</Link>
        </p>
      </Step>
      <Step number={3} title="What it rests on" figure={other === null ? 'time' : `v${other.version}`}>
        <p>
          {other === null
            ? 'No sample brings a fee: log time reached the instant at which it fell due, and no row can come before that.'
            : other.version < fee.version
              ? `It took the place of v${other.version}. What both owe alike stays; what differs was taken back and charged anew.`
              : `v${other.version} took its place. What both owe alike stays; what differs was taken back and charged anew.`}{' '}
          <Link to="/explore" search={{ service: row.service, component: row.component, kind: 'fee', view: 'rows' }}>
            All rows of it
          </Link>
        </p>
      </Step>
    </>
  );
}
