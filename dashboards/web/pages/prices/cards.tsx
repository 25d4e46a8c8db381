/** The cards of prices, fees and agreements. */
import type { Approved } from '#core/messages/api.ts';
import type { AccountRecord, AgreementRecord, FeeRecord, PriceRecord } from '#core/messages/control.ts';
import { useTenant } from '../../app/session.tsx';
import { StepPicture } from '../../components/StepPicture.tsx';
import { agreementText, calendarName, feeText } from '../../format/agreed.ts';
import { plotValue } from '../../format/money.ts';
import { modelName, termsText, unitLabel } from '../../format/priceModel.ts';
import { plural } from '../../format/quantity.ts';
import { formatDate } from '../../format/time.ts';
import { raised, type PictureStep } from '../../format/steps.ts';
import { Card } from './Card.tsx';
import { Terms } from './Terms.tsx';
import type { Versions } from './versions.ts';

interface CardOf<One> {
  readonly versions: Versions<Approved<One>>;
  readonly accounts: readonly AccountRecord[];
}

const nameOf = (accounts: readonly AccountRecord[], id: number): string =>
  id === 0 ? 'everyone' : (accounts.find((account) => account.id === id)?.name ?? `account ${id}`);

const scopes = { resource: 'each resource by itself', account: '', subtree: 'one tally for the account and all below' };

export function PriceCard({ versions, accounts }: CardOf<PriceRecord>) {
  const price = versions.shown;
  const unit = unitLabel(price.unit.name);
  const scope = scopes[price.tallyScope];
  return (
    <Card
      versions={versions}
      whose={nameOf(accounts, price.account)}
      what={`${modelName(price.model)}${unit === '' ? '' : `, per ${unit}`}`}
      terms={[...(scope === '' ? [] : [scope]), ...termsText(price)]}
      fromMs={({ effectiveFromMs }) => effectiveFromMs}
    >
      <Terms price={price} />
    </Card>
  );
}

const feeKinds = { recurring: 'recurring fee', oneTime: 'one-time fee', installments: 'installments' } as const;

export function FeeCard({ versions, accounts }: CardOf<FeeRecord>) {
  const { timeZone } = useTenant();
  const fee = versions.shown;
  return (
    <Card
      versions={versions}
      whose={nameOf(accounts, fee.account)}
      what={feeKinds[fee.terms.kind]}
      terms={feeText(fee, timeZone)}
      fromMs={feeStart}
    >
      <FeeFigures fee={fee} />
      {fee.allocation !== undefined && (
        <p className="quiet">
          shared by weight:{' '}
          {fee.allocation.map(({ service, component, weight }) => `${service}, ${component} ${weight}`).join('; ')}
        </p>
      )}
    </Card>
  );
}

/** A version of a fee is the fee from the beginning on: what was booked before is corrected. */
function feeStart({ terms }: FeeRecord): number {
  if (terms.kind === 'recurring') return terms.term.fromMs;
  return terms.kind === 'oneTime' ? terms.atMs : (terms.dueAtMs[0] ?? 0);
}

function FeeFigures({ fee: { terms, currency, calendar } }: { fee: FeeRecord }) {
  const { timeZone } = useTenant();
  const each = `a ${calendarName(calendar)}`;
  if (terms.kind === 'oneTime') return <Figure figure={terms.amount} of={`${currency} once`} />;
  if (terms.kind === 'installments') {
    const dates = terms.dueAtMs.map((ms) => formatDate(ms, timeZone));
    return (
      <>
        <Figure figure={terms.total} of={`${currency} in ${plural(dates.length, 'part')}`} />
        <p className="quiet">
          due on{' '}
          {dates.length > 6 ? `${dates.slice(0, 5).join(', ')} and ${dates.length - 5} more days` : dates.join(', ')}
        </p>{' '}
        {/* prettier-ignore */}
      </>
    );
  }
  const quantity = terms.quantities?.at(-1)?.quantity;
  const [first] = terms.amounts;
  if (terms.amounts.length === 1)
    return <Figure figure={first!.amount} of={`${currency} ${quantity === undefined ? '' : `× ${quantity} `}${each}`} />; // prettier-ignore
  return <StepPicture of={`${currency} ${each}${quantity === undefined ? '' : `, × ${quantity}`}`} steps={dated(terms.amounts, timeZone)} />; // prettier-ignore
}

/** A ramp: a step for each amount, from its date on. */
function dated(
  amounts: readonly { readonly fromMs: number; readonly amount: string }[],
  timeZone: string,
): PictureStep[] {
  const highest = Math.max(...amounts.map(({ amount }) => plotValue(amount)));
  return amounts.map(({ fromMs, amount }) => ({
    span: `from ${formatDate(fromMs, timeZone)}`,
    value: amount,
    once: '',
    height: highest > 0 ? plotValue(amount) / highest : 0,
  }));
}

const Figure = ({ figure, of }: { figure: string; of: string }) => (
  <p className="price-figures">
    <span>
      <b>{figure}</b> {of}
    </span>
  </p>
);

export function AgreementCard({ versions, accounts }: CardOf<AgreementRecord>) {
  const { timeZone } = useTenant();
  const agreement = versions.shown;
  const { terms, currency, toMs } = agreement;
  return (
    <Card
      versions={versions}
      title={agreement.name}
      whose={nameOf(accounts, agreement.account)}
      what={terms.kind}
      terms={[...agreementText(agreement), ...(toMs === null ? [] : [`until ${formatDate(toMs, timeZone)}`])]}
      fromMs={({ fromMs }) => fromMs}
    >
      {terms.kind === 'discount' && terms.take.kind === 'tiers' && (
        <StepPicture
          of={`percent off, by ${terms.take.of}`}
          steps={raised(terms.take.tiers, ({ percent }) => percent, ' %')}
        />
      )}
      {terms.kind === 'discount' && terms.take.kind !== 'tiers' && (
        <Figure
          figure={terms.take.kind === 'percent' ? `${terms.take.percent} %` : `${terms.take.amount} ${currency}`}
          of="off"
        />
      )}
      {terms.kind === 'bound' && (
        <>
          {terms.maximum !== undefined && <Figure figure={terms.maximum} of={`${currency} at most a period`} />}
          {terms.minimum !== undefined && <Figure figure={terms.minimum} of={`${currency} at least a period`} />}
        </>
      )}
      {terms.kind === 'commitment' && (
        <StepPicture of={`${currency} committed to`} steps={dated(terms.segments, timeZone)} />
      )}
    </Card>
  );
}
