/** Steps of a charge, a line each, and the sums below them; all twelve decimals, so that it can be added by hand. */
import type { ExplainStep } from '#core/messages/api.ts';
import { formatQuantity } from '../../format/quantity.ts';

interface ArithmeticProps {
  readonly steps: readonly ExplainStep[];
  /** Of the steps' quantities. */
  readonly unit: string;
  /** Sums. */
  readonly children: React.ReactNode;
}

export const Arithmetic = ({ steps, unit, children }: ArithmeticProps) => (
  <div className="why-card" tabIndex={0} role="group" aria-label="Arithmetic of the charge">
    <table role="table" className="why-sum">
      <tbody role="rowgroup">
        {steps.map((step, index) => (
          <StepLine key={index} step={step} unit={unit} />
        ))}
      </tbody>
      <tfoot role="rowgroup">{children}</tfoot>
    </table>
  </div>
);

const StepLine = ({ step, unit }: { step: ExplainStep; unit: string }) => (
  <tr role="row">
    <th role="rowheader" scope="row">
      {step.label}
    </th>
    <td role="cell">{step.quantity === '' ? '' : `${formatQuantity(step.quantity)} ${unit}`}</td>
    <td role="cell" className="quiet">
      {step.unitPrice === '' ? '' : `× ${step.unitPrice}`}
    </td>
    <td role="cell" className="quiet">
      =
    </td>
    <td role="cell">{fixed(step.amount)}</td>
  </tr>
);

export const SumLine = ({
  label,
  amount,
  sign = '',
  strong = false,
}: {
  label: string;
  amount: string;
  sign?: string;
  strong?: boolean;
}) => (
  <tr role="row" className={strong ? 'strong' : ''}>
    <th role="rowheader" scope="row" colSpan={3}>
      {label}
    </th>
    <td role="cell" className="quiet">
      {sign}
    </td>
    <td role="cell" data-amount={amount}>
      {fixed(amount)}
    </td>
  </tr>
);

/** All twelve decimals, so that columns line up and can be added by hand. */
function fixed(amount: string): string {
  const [whole = '0', decimals = ''] = amount.split('.');
  return `${formatQuantity(whole)}.${decimals.padEnd(12, '0')}`;
}
