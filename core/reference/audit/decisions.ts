/** CAP and RERATE: what a commit says it decided (control taken, alerts, refusals) against the reference. */
import type { ControlMessage } from '../../messages/control.ts';
import type { Alert } from '../../messages/alert.ts';
import type { Outcome } from '../state.ts';
import type { StoredCommit } from './chain.ts';
import type { Faults } from './faults.ts';

export class Decisions {
  readonly #alerts = new Map<string, { readonly text: string; readonly outSeq: number; readonly logTimeMs: number }>();

  get alerts(): number {
    return this.#alerts.size;
  }

  /** Every alert with the commit that raised it. */
  *raised(): Iterable<{ readonly id: string; readonly outSeq: number; readonly logTimeMs: number }> {
    for (const [id, { outSeq, logTimeMs }] of this.#alerts) yield { id, outSeq, logTimeMs };
  }

  /** Whether a commit raised this alert, just so. */
  isAsCommitted(alert: Alert): boolean {
    return this.#alerts.get(alert.id)?.text === sorted(alert);
  }

  check(
    { header, seq: outSeq }: StoredCommit,
    outcome: Outcome,
    control: readonly ControlMessage[],
    where: string,
    faults: Faults,
  ): void {
    for (const alert of header.alerts) {
      if (this.#alerts.has(alert.id)) faults.add('CAP', `${where}: alert ${alert.id} is raised again`);
      this.#alerts.set(alert.id, { text: sorted(alert), outSeq, logTimeMs: alert.logTimeMs });
    }
    compareLists('CAP', `${where}: alert`, header.alerts, outcome.alerts, (alert: Alert) => alert.id, faults);
    const refusals = header.refusals.map(({ detail: _, ...refusal }) => refusal);
    compareLists(
      'RERATE',
      `${where}: refusal`,
      refusals,
      outcome.refusals,
      ({ stream, inputSeq, index }) => `${stream} ${inputSeq} ${index}`,
      faults,
    );
    // Master data that is inherited is judged by what is charged from then on.
    if (header.kind === 'inherit') return;
    compareLists('RERATE', `${where}: control message`, header.control, control, ({ seq }) => String(seq), faults);
  }
}

/** The same entries, whatever their order and that of their fields. */
function compareLists<T extends object>(
  check: 'CAP' | 'RERATE',
  what: string,
  found: readonly T[],
  wanted: readonly T[],
  nameOf: (entry: T) => string,
  faults: Faults,
): void {
  const left = new Map<string, T>(wanted.map((entry) => [nameOf(entry), entry]));
  for (const entry of found) {
    const name = nameOf(entry);
    const partner = left.get(name);
    left.delete(name);
    if (partner === undefined) faults.add(check, `${what} ${name} should not be`);
    else if (sorted(entry) !== sorted(partner))
      faults.add(check, `${what} ${name} is ${sorted(entry)}, should be ${sorted(partner)}`);
  }
  for (const name of left.keys()) faults.add(check, `${what} ${name} is missing`);
}

/** JSON with the fields of every object in the order of their names. */
export function sorted(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}
