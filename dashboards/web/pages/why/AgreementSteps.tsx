/** A row that a node agreed on: what it comes to in all less what was booked, its terms, and the lines that it looks at. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { WhyAgreement } from '#core/messages/api.ts';
import { accountsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { StepPicture } from '../../components/StepPicture.tsx';
import { agreementText } from '../../format/agreed.ts';
import { compareAmounts, formatMoneyExact, sumAmounts } from '../../format/money.ts';
import { formatSpanKey, spanKey } from '../../format/period.ts';
import { plural } from '../../format/quantity.ts';
import { raised } from '../../format/steps.ts';
import { formatDate } from '../../format/time.ts';
import { Arithmetic, SumLine } from './Arithmetic.tsx';
import { inUnit } from '../explore/search.ts';
import { Step } from './Step.tsx';

/** Lines shown; the others are added up. */
const linesMax = 12;

const what: Readonly<Record<string, string>> = {
  discount: 'What it takes off',
  cap: 'What its maximum takes off',
  minimum: 'What is missing to its minimum',
  commitmentRate: 'The difference to the rate within it',
  overage: 'The difference to the rate beyond it',
  prepayment: 'What is paid in advance',
  drawdown: 'What was paid before and is drawn',
  trueUp: 'What is missing to what was committed',
};

export function AgreementSteps({ why }: { why: WhyAgreement }) {
  const { timeZone } = useTenant();
  const { row, agreement, steps } = why;
  const { terms } = agreement;
  const where = why.path.at(-1)?.name ?? `account ${row.account}`;
  return (
    <>
      <Step
        number={1}
        title={what[row.cell] ?? 'What was agreed on'}
        figure={<span data-amount={row.amount}>{formatMoneyExact(row.amount, row.currency)}</span>}
      >
        <p>
          {where} carries this row itself; everything below it keeps its list price. It is the difference to what was
          booked for {formatSpanKey(spanKey(row.periodStartMs, timeZone, 'month'))} before.
        </p>
        <Arithmetic steps={steps} unit="">
          <SumLine label="this row" amount={row.amount} sign="=" strong />
        </Arithmetic>
      </Step>
      <Step number={2} title="The agreement" figure={`${agreement.key} v${agreement.version}`}>
        <p>
          {agreement.name}: {agreementText(agreement).join('; ')}. Approved by {agreement.approvedBy} on{' '}
          {formatDate(agreement.approvedAtMs, timeZone)}. <Link to="/prices">The price list with its agreements</Link>
        </p>
        {terms.kind === 'discount' && terms.take.kind === 'tiers' && (
          <StepPicture
            of={`percent off, by ${terms.take.of}`}
            steps={raised(terms.take.tiers, ({ percent }) => percent, ' %')}
          />
        )}
      </Step>
      <Lines why={why} />
    </>
  );
}

function Lines({ why: { row, lines } }: { why: WhyAgreement }) {
  const { timeZone } = useTenant();
  const accounts = useQuery(accountsQuery).data;
  const sorted = lines.toSorted((a, b) => compareAmounts(b.amount, a.amount));
  const rest = sorted.slice(linesMax);
  const period = spanKey(row.periodStartMs, timeZone, 'month');
  const money = (amount: string): string => formatMoneyExact(amount, row.currency);
  return (
    <Step number={3} title="What it rests on" figure={money(sumAmounts(lines.map(({ amount }) => amount)))}>
      <p>{plural(lines.length, 'charge')} by the price list, as of the commit:</p>
      <div className="why-card" tabIndex={0} role="group" aria-label="Charges that the agreement looks at">
        <table className="why-lines">
          <tbody>
            {sorted.slice(0, linesMax).map(({ account, service, component, amount }) => {
              const owner = accounts?.find(({ id }) => id === account);
              return (
                <tr key={`${account} ${service} ${component}`}>
                  <th scope="row">
                    <Link
                      to="/explore"
                      search={{
                        ...(owner === undefined ? {} : { account: owner.slug }),
                        service,
                        component,
                        period,
                        ...inUnit(row.currency),
                      }}
                    >
                      {owner?.name ?? account}, {service}, {component}
                    </Link>
                  </th>
                  <td data-amount={amount}>{money(amount)}</td>
                </tr>
              );
            })}
            {rest.length > 0 && (
              <tr>
                <th scope="row">{plural(rest.length, 'smaller one')}</th>
                <td>{money(sumAmounts(rest.map(({ amount }) => amount)))}</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </Step>
  );
}
