/** When budgets are looked at: by time, after what an input moved, and after what billing says of them (SPEC §6.7). */
import type { Alert } from '../messages/alert.ts';
import type { ControlMessage } from '../messages/control.ts';
import { Agenda } from '../rating/agenda.ts';
import type { Changes } from '../rating/changes.ts';
import type { Master, PartitionState, Tenant } from '../rating/state.ts';
import type { Evaluation } from './alerts.ts';
import { releaseBudget, resetBudget } from './evaluate.ts';
import { ruleOf } from './rule.ts';
import type { Budget, Cause } from './state.ts';
import { takeBudget, takeSeed } from './take.ts';
import { evaluateMoved, goOnWaiting, nextLookMs, wait } from './waiting.ts';

export class BudgetLooks {
  readonly state: PartitionState;
  readonly #changes: () => Changes;
  /** Periods that end, and hours that count. */
  readonly #agenda = new Agenda();
  /** Since the input in hand. */
  #work = { done: 0 };

  /** `changes`: what the commit that is being filled carries. */
  constructor(state: PartitionState, changes: () => Changes) {
    this.state = state;
    this.#changes = changes;
    for (const tenant of state.tenants.values())
      for (const budget of tenant.budgetStates.values()) this.#schedule(tenant, budget);
  }

  get changes(): Changes {
    return this.#changes();
  }

  get nextMs(): number {
    return this.#agenda.nextMs;
  }

  /** Another input, or a tick. */
  begin(): void {
    this.#work = { done: 0 };
  }

  /** Log time has moved: budgets whose period or hour has ended wait, like those that there was no room for. */
  noteDue(): void {
    for (const { tenant, id } of this.#agenda.take(this.state.logTimeMs))
      wait(this, { tenant, from: id, cause: null, trace: '' });
  }

  /** Looks at those that wait; false when none does. */
  goOn(): boolean {
    return goOnWaiting(
      this,
      (tenant, waiting) => this.#evaluation(tenant, waiting),
      (tenant, budget) => this.#schedule(tenant, budget),
    );
  }

  /** Looks at budgets above the rows that came since the last call. */
  look(tenant: Tenant, cause: Cause['cause'] = null, trace = ''): void {
    if (tenant.moved.size > 0) evaluateMoved(this, this.#evaluation(tenant, { cause, trace }));
  }

  /** Takes what a control message says of budgets, and looks at them. */
  take(tenant: Tenant, { changes, trace }: ControlMessage, before: Master | undefined): void {
    const evaluation = this.#evaluation(tenant, { cause: null, trace });
    const recordOf = (id: string) => tenant.master.budgets.get(id)!;
    for (const change of changes) {
      if (change.kind === 'budget') takeBudget(evaluation, recordOf(change.id), before);
      if (change.kind === 'budgetReset') resetBudget(evaluation, recordOf(change.budget));
      if (change.kind === 'budgetRelease') releaseBudget(evaluation, recordOf(change.budget));
      if (change.kind === 'budgetSeed') takeSeed(evaluation, change);
    }
    evaluateMoved(this, evaluation);
  }

  #schedule({ id, master }: Tenant, budget: Budget): void {
    const rule = ruleOf(master, master.budgets.get(budget.id)!);
    this.#agenda.set('budget', id, budget.id, nextLookMs(rule, budget, this.state.logTimeMs));
  }

  #evaluation(tenant: Tenant, { cause, trace }: Cause): Evaluation {
    return {
      tenant,
      logTimeMs: this.state.logTimeMs,
      cause,
      trace,
      work: this.#work,
      alert: (alert: Alert) => {
        this.changes.alerts.push(alert);
        this.state.totals.alerts += 1;
      },
      changed: (budget) => {
        this.changes.budget(tenant, budget);
        this.#schedule(tenant, budget);
      },
    };
  }
}
