/** Writes what billing decides at random, as the changes of one control message. */
import type { ControlChange, PriceRecord } from '../../messages/control.ts';
import { allowed } from '../../reference/testing/records.ts';
import type { SeriesPoint } from '../../messages/series.ts';
import { intervalAt } from '../../pricing/series/intervals.ts';
import { agreementOf } from '../../spend/testing/agreements.ts';
import { creditChanges } from '../testing/credits.ts';
import { type Action } from './actions.ts';
import { foundation, startMs } from '../testing/ground.ts';
import { excludesEvents } from '../testing/priceFacts.ts';

type PointsAction = Extract<Action, { kind: 'points' }>;

export type ControlAction = Extract<
  Action,
  {
    kind:
      | 'prices'
      | 'agreements'
      | 'revise'
      | 'points'
      | 'worth'
      | 'owner'
      | 'suspense'
      | 'start'
      | 'close'
      | 'reopen'
      | 'grants'
      | 'wallets'
      | 'voids';
  }
>;

/** `nextPrice` gives the ids and versions of new prices, `known` the tenant's prices so far. */
export function changesOf(
  action: ControlAction,
  nextPrice: () => number,
  known: readonly PriceRecord[],
): ControlChange[] {
  switch (action.kind) {
    case 'prices':
      return action.prices.map((facts) => {
        const id = nextPrice();
        return { kind: 'price', id, version: id, ...facts } as ControlChange;
      });
    case 'agreements':
      return action.agreements.map((facts) => ({ kind: 'agreement', ...agreementOf(facts, nextPrice()) }));
    case 'revise': {
      const earlier = known[action.which % Math.max(known.length, 1)];
      return earlier === undefined ? [] : [{ kind: 'price', ...revised(earlier, action, nextPrice()) }];
    }
    case 'points': {
      const { series, points } = action;
      return [{ kind: 'seriesPoints', series: series.id, points: points.map((drawn) => pointOf(series, drawn)) }];
    }
    case 'worth': {
      const { unit: id, value } = action;
      return [{ kind: 'pricingUnit', id, name: id, decimals: 3, ...(value === undefined ? {} : { value }) }];
    }
    case 'owner': {
      const { resource, account, fromMs } = action;
      return [{ kind: 'ownership', resource, account, fromMs }];
    }
    case 'close': {
      const { account, untilMs, talliesPerStep } = action;
      const step = talliesPerStep === undefined ? {} : { talliesPerStep };
      return [{ kind: 'close', account, untilMs, reason: '', ...step }];
    }
    case 'reopen':
      return [{ kind: 'reopen', account: action.account, fromMs: action.fromMs, reason: '', approvedBy: 'b' }];
    case 'grants':
    case 'wallets':
    case 'voids':
      return creditChanges(action);
    case 'start':
      return foundation.filter((change) => change.kind === 'account' && change.id === action.account).map((change) => ({ ...change, startsOn: action.startsOn })); // prettier-ignore
    case 'suspense':
      return [{ kind: 'account', id: 9, slug: 's', name: '', parent: 1, type: 'suspense', timeZone: 'Europe/Berlin' }];
  }
}

const stepMs = { '5min': 300_000, hour: 3_600_000, day: 86_400_000, month: 20 * 86_400_000 };

/** Some intervals from the beginning of the log; a millisecond off, it begins none. */
function pointOf(
  { interval, timeZone }: PointsAction['series'],
  { step, offMs, ...point }: PointsAction['points'][number],
): SeriesPoint {
  const { startMs: fromMs } = intervalAt({ interval, timeZone }, startMs + step * stepMs[interval]);
  return { fromMs: fromMs + offMs, ...point };
}

/** Another version of the same terms, with other figures where the model is of the same kind: its position is carried over. */
function revised(
  earlier: PriceRecord,
  { facts, effectiveFromMs }: Extract<ControlAction, { kind: 'revise' }>,
  id: number,
): PriceRecord {
  const { model, allowance, discountPercent, maximum, onVersion, rollover, prorate } = facts;
  const same = { ...earlier, id, version: id, effectiveFromMs };
  if (model.kind !== earlier.model.kind || excludesEvents(earlier.meter)) return same;
  return allowed({ ...same, model, allowance, discountPercent, maximum, onVersion, rollover, prorate } as PriceRecord);
}
