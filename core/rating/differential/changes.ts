/** Writes what billing decides at random, as the changes of one control message. */
import type { ControlChange } from '../../messages/control.ts';
import type { Action } from './actions.ts';

export type ControlAction = Extract<Action, { kind: 'prices' | 'owner' | 'budget' | 'reset' | 'suspense' }>;

/** `nextPrice` gives the ids and versions of new prices. */
export function changesOf(action: ControlAction, nextPrice: () => number): ControlChange[] {
  switch (action.kind) {
    case 'prices':
      return action.prices.map((facts) => {
        const id = nextPrice();
        return { kind: 'price', id, version: id, ...facts } as ControlChange;
      });
    case 'owner': {
      const { resource, account, fromMs } = action;
      return [{ kind: 'ownership', resource, account, fromMs }];
    }
    case 'budget': {
      const { percents, actions, ...facts } = action.facts;
      const thresholds = percents.map((percent, i) => ({ percent, action: actions[i] }));
      const account = { b1: 1, b2: 3, b3: 5 }[facts.id];
      const fixed = { account, name: facts.id, currency: 'EUR', period: 'month', targets: [] };
      return [{ kind: 'budget', ...fixed, thresholds, ...facts } as ControlChange];
    }
    case 'reset':
      return [{ kind: 'budgetReset', budget: action.budget, reason: '' }];
    case 'suspense':
      return [{ kind: 'account', id: 9, slug: 's', name: '', parent: 1, type: 'suspense', timeZone: 'Europe/Berlin' }];
  }
}
