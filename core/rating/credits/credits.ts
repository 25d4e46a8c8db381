/** Credits as inputs and time drive them: what time does first, then what a message changes, and at last what is charged (SPEC §14.2). */
import { apply } from '../../credits/machine.ts';
import { nextDue } from '../../credits/time.ts';
import type { Alert } from '../../messages/alert.ts';
import type { ControlMessage } from '../../messages/control.ts';
import { Agenda } from '../agenda.ts';
import { compareText } from '../attribution.ts';
import type { Changes } from '../changes.ts';
import type { Master, PartitionState, Tenant } from '../state.ts';
import { changeCredits, payCharges, type CreditRun } from './pay.ts';

/** The batch or message in hand, as its tenant's alerts name it. */
type Because = Pick<CreditRun, 'cause' | 'trace'> & { readonly tenant: string };
const byTime: Because = { tenant: '', cause: null, trace: '' };

export type CreditInput = CreditRun['input'];

export function raise({ totals }: PartitionState, { alerts }: Changes, alert: Alert): void {
  alerts.push(alert);
  totals.alerts += 1;
}

export class Credits {
  because = byTime;
  readonly #state: PartitionState;
  /** When time next acts on the credits of a tenant. */
  readonly #agenda = new Agenda();

  constructor(state: PartitionState) {
    this.#state = state;
    for (const tenant of state.tenants.values()) this.#plan(tenant);
  }

  /** Infinity when nothing is due. */
  get nextMs(): number {
    return this.#agenda.nextMs;
  }

  /** Log time has moved: grants take effect and expire, before anything that the input brings. */
  passTime(changes: Changes): void {
    const { logTimeMs: atMs, tenants } = this.#state;
    for (const { tenant: id } of this.#agenda.take(atMs)) {
      const tenant = tenants.get(id)!;
      tenant.credits!.rows.push(...apply(tenant.credits!.books, { kind: 'tick', atMs }).rows);
      changes.unpaid.add(tenant);
    }
  }

  change(tenant: Tenant, message: ControlMessage, before: Master | undefined, changes: Changes): void {
    this.because = { tenant: tenant.id, cause: null, trace: message.trace };
    const wallets = before?.credits.wallets ?? new Map<string, never>();
    const isChanged = changeCredits(tenant, message.changes, wallets, this.#state.logTimeMs);
    if (isChanged) changes.unpaid.add(tenant);
  }

  /** The input or tick is through: credits pay what it has charged. */
  pay(changes: Changes, input?: CreditInput): void {
    const { because } = this;
    this.because = byTime;
    if (changes.unpaid.size === 0) return;
    const alert = (told: Alert): void => raise(this.#state, changes, told);
    for (const tenant of [...changes.unpaid].sort((a, b) => compareText(a.id, b.id))) {
      const { cause, trace } = because.tenant === tenant.id ? because : byTime;
      payCharges({ tenant, changes, logTimeMs: this.#state.logTimeMs, input, cause, trace, alert });
      this.#plan(tenant);
    }
    changes.unpaid.clear();
  }

  #plan({ id, credits }: Tenant): void {
    if (credits === undefined) return;
    const dueMs = nextDue(credits.books);
    this.#agenda.set('credit', id, '', dueMs === Infinity ? undefined : dueMs);
  }
}
