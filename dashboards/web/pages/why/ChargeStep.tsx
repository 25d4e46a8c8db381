/** Step 1: the charge of the whole tally, in steps of arithmetic, and what this one row added to it. */
import type { WhyAdjustment, WhySample } from '#core/messages/api.ts';
import { useTenant } from '../../app/session.tsx';
import { formatMoneyExact } from '../../format/money.ts';
import { cellOf, modelName, unitLabel } from '../../format/priceModel.ts';
import { formatQuantity, plural, pricedQuantity } from '../../format/quantity.ts';
import { formatDate } from '../../format/time.ts';
import { Arithmetic, SumLine } from './Arithmetic.tsx';
import { PriceTerms } from './PriceTerms.tsx';
import { Step } from './Step.tsx';

const scopes = {
  resource: 'of this resource',
  account: 'of this account',
  subtree: 'of all accounts that share the price',
} as const;

export function ChargeStep({ why }: { why: WhySample | WhyAdjustment }) {
  const { timeZone } = useTenant();
  const { row, price, tally } = why;
  const { cell } = cellOf(price.model, tally.cell);
  const money = (amount: string): string => formatMoneyExact(amount, row.currency);
  if (row.kind === 'unmetered') {
    return (
      <Step number={1} title="The charge" figure={money(row.amount)}>
        <p>
          No meter takes this sample of <code>{row.meter}</code>, so it is kept and charged nothing.
        </p>
      </Step>
    );
  }
  if (price.id === 0) {
    return (
      <Step number={1} title="The charge" figure={money(row.amount)}>
        <p>
          No price asks for <code>{row.meter}</code> yet, so it is kept at nothing and counted as unpriced. When a price
          is approved, the difference is charged.
        </p>
      </Step>
    );
  }
  return (
    <Step
      number={1}
      title="The charge so far"
      figure={<span data-amount={tally.chargeAfter}>{money(tally.chargeAfter)}</span>}
    >
      <p>
        {formatQuantity(pricedQuantity(tally.after, price.unit))} {unitLabel(price.unit.name)}
        {tally.events !== null && `, in ${plural(Number(tally.events.after), 'sample')},`} {scopes[price.tallyScope]}
        {cell !== undefined && `, ${cell},`} in {modelName(price.model)} price{' '}
        <strong>
          {price.key} v{price.version}
        </strong>
        , approved by {price.approvedBy} on {formatDate(price.approvedAtMs, timeZone)},{' '}
        {price.effectiveFromMs === 0
          ? 'in force from the start'
          : `effective from ${formatDate(price.effectiveFromMs, timeZone)}`}
        .
      </p>
      <Arithmetic steps={tally.stepsAfter} unit={unitLabel(price.unit.name)}>
        <SumLine label={`charge after this ${why.of}`} amount={tally.chargeAfter} />
        <SumLine label="charge before it" amount={tally.chargeBefore} sign="−" />
        <SumLine label="this rated row" amount={row.amount} sign="=" strong />
      </Arithmetic>
      <PriceTerms why={why} />
    </Step>
  );
}
