/** Sections whose items stand for themselves. */
import { budgetMisfit } from '#core/budgets/check.ts';
import type { AccountRecord, BudgetRecord, MeterRecord, ProducerRecord } from '#core/messages/control.ts';
import { masterOf } from '../budgets/sums.ts';
import { billingLimits } from '../limits.ts';
import type { Target } from '../targets/targets.ts';
import type { Faults } from './faults.ts';
import { compare, keeps, type Item } from './item.ts';
import type { Organisation } from './organisation.ts';
import type { Present } from './present.ts';

/** Keys of the file are added to those that are enrolled; only a revocation takes one away. */
export function planProducers(wanted: Organisation, present: Present, faults: Faults): Item<ProducerRecord>[] {
  const published = new Map(present.producers.map((producer) => [producer.id, producer]));
  return wanted.producers.map(({ at, id, type, simulated, keys }) => {
    const before = published.get(id);
    const known = before?.keys ?? [];
    const all = [...known, ...keys.filter((key) => !known.some((other) => other.id === key.id))];
    const after = { id, type, simulated, keys: all, enabled: before?.enabled ?? true };
    if (before !== undefined) keeps(before, after, ['type', 'simulated'], { code: 'PRODUCER_FIXED', at, faults });
    if (all.length > billingLimits.producerKeysMax) {
      faults.add('PRODUCER_KEYS_FULL', at, id, `at most ${billingLimits.producerKeysMax} keys with those enrolled`);
    }
    return compare(id, before, after);
  });
}

export function planMeters(wanted: Organisation, present: Present, faults: Faults): Item<MeterRecord>[] {
  const published = new Map(present.meters.map((meter) => [meter.id, meter]));
  return wanted.meters.map(({ at, ...after }) => {
    const before = published.get(after.id);
    const fixed = [
      'metric',
      'unit',
      'scale',
      'aggregation',
      'distinct',
      'exact',
      'slots',
      'samples',
      'recurs',
      'filter',
    ] as const;
    if (before !== undefined) keeps(before, after, fixed, { code: 'METER_FIXED', at, faults });
    return compare(after.id, before, after);
  });
}

export function planTargets(wanted: Organisation, present: Present, faults: Faults): Item<Target>[] {
  const published = new Map(present.targets.map((target) => [target.id, target]));
  return wanted.targets.map(({ at, address: _, ...after }) => {
    const before = published.get(after.id);
    if (before !== undefined) keeps(before, after, ['kind'], { code: 'TARGET_FIXED', at, faults });
    return compare(after.id, before, after);
  });
}

export interface BudgetContext {
  readonly present: Present;
  readonly accountIds: ReadonlyMap<string, number>;
  /** Of the file; those of the database are in `present`. */
  readonly targets: readonly Target[];
}

/** `accounts` and `meters`: all that there will be. */
export function planBudgets(
  wanted: Organisation,
  context: BudgetContext & { readonly accounts: Iterable<AccountRecord>; readonly meters: readonly MeterRecord[] },
  faults: Faults,
): Item<BudgetRecord>[] {
  const published = new Map(context.present.budgets.map((budget) => [budget.id, budget]));
  const meters = new Set([...context.present.meters, ...wanted.meters].map((meter) => meter.id));
  const master = {
    ...masterOf([...context.accounts], [...context.present.meters, ...context.meters]),
    budgets: new Map(published),
  };
  const targets = new Set([...context.present.targets, ...context.targets].map((target) => target.id));
  return wanted.budgets.flatMap(
    ({ at, account: ref, targets: refs, id, name, amount, chargedIn, meter, terms, enabled }) => {
      const account = context.accountIds.get(ref.name);
      if (account === undefined) faults.unknown(ref, 'the slug of an account');
      for (const target of refs.filter((target) => !targets.has(target.name))) {
        faults.unknown(target, 'the id of a target');
      }
      if (account === undefined) return [];
      if (meter !== undefined && !meters.has(meter.name)) faults.unknown(meter, 'the id of a meter');
      const currency = meter === undefined ? (chargedIn?.name ?? wanted.tenant.currency) : '';
      const names = [...new Set(refs.map((target) => target.name))];
      const after: BudgetRecord = {
        id,
        account,
        name,
        amount,
        currency,
        ...terms,
        targets: names,
        enabled,
      };
      const before = published.get(id);
      const refuse = { code: 'BUDGET_FIXED', at, faults } as const;
      const isKept = before === undefined || keeps(before, after, ['account', 'currency', 'meter', 'period'], refuse);
      const isKnown = meter === undefined || meters.has(meter.name);
      const misfit = isKept && isKnown ? budgetMisfit(master, after) : undefined;
      if (misfit !== undefined) faults.add('BUDGET_MISFIT', at, id, `one of which this is not so: ${misfit}`);
      master.budgets.set(id, after);
      return [compare(id, before, after)];
    },
  );
}
