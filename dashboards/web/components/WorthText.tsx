/** What an amount in a pricing unit is worth in money, with the points that say so. */
import type { Worth } from '#core/messages/api.ts';
import { useTenant } from '../app/session.tsx';
import { formatMoney, formatMoneyExact, formatMoneyShort, isZero } from '../format/money.ts';
import { plural } from '../format/quantity.ts';
import { formatDate } from '../format/time.ts';

export function WorthText({ worth, unit }: { worth: Worth; unit: string }) {
  const { timeZone } = useTenant();
  const { currency, amount, points, unvalued } = worth;
  if (currency === null) {
    return (
      <p className="quiet" data-testid="worth">
        Nobody says what {unit} are worth in money.
      </p>
    );
  }
  const [only] = points;
  return (
    <p data-testid="worth">
      {only !== undefined && (
        <>
          worth{' '}
          <span data-amount={amount} title={formatMoneyExact(amount, currency)}>
            {formatMoney(amount, currency)}
          </span>{' '}
          <span className="quiet">
            {points.length === 1
              ? `at ${formatMoneyShort(only.perUnit, currency)} each, in force from ${formatDate(only.fromMs, timeZone)}`
              : `by ${plural(points.length, 'point')}, from ${formatMoneyShort(only.perUnit, currency)} each`}
          </span>
        </>
      )}
      {!isZero(unvalued) && (
        <span className="quiet">
          {only === undefined ? '' : '; '}no value was in force for {formatMoney(unvalued, unit)}
        </span>
      )}
    </p>
  );
}
