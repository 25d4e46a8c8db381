/** A row that takes another one back, or brings one back: which one, by whose decision. */
import { Link } from '@tanstack/react-router';
import type { WhyCorrection } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { formatMoneyExact } from '../../format/money.ts';
import { formatInstant } from '../../format/time.ts';
import { Step } from './Step.tsx';

export function CorrectionSteps({ why: { row, correction, reversed } }: { why: WhyCorrection }) {
  const { timeZone } = useTenant();
  const { id, what, reason, author, approvedBy, appliedMs } = correction;
  return (
    <>
      <Step
        number={1}
        title={row.kind === 'void' ? 'What is taken back' : 'What is brought back'}
        figure={<span data-amount={row.amount}>{formatMoneyExact(row.amount, row.currency)}</span>}
      >
        <p>
          The exact negation of{' '}
          <Link to="/why/$rowId" params={{ rowId: reversed.id }}>
            the row that it reverses
          </Link>
          , of {formatMoneyExact(reversed.amount, row.currency)}. What other rows of the same tally owe by then, where a
          tier or an allowance was passed, is a row of its own.
        </p>
      </Step>
      <Step number={2} title="The correction" figure={<code>{id}</code>}>
        <p>
          {{ void: 'A void', rerate: 'Samples rated again', revert: 'A correction of a correction' }[what]}, asked for
          by {author}
          {approvedBy !== '' && `, agreed to by ${approvedBy}`}
          {appliedMs !== null && `, applied ${formatInstant(appliedMs, timeZone)}`}: {reason}
        </p>
      </Step>
    </>
  );
}
