/** RERATE of what commits say of agreements: lines, rows booked and what was drawn, per root account, period and currency. */
import type { CommitHeader, SettlementEntry } from '../../messages/rated.ts';
import { spendKey, usedLines } from '../agreements/spend.ts';
import { unitsWithAgreements } from '../agreements/together.ts';
import { integer, powerOfTen } from '../number.ts';
import type { State, Tenant } from '../state.ts';
import type { Faults } from './faults.ts';

/** What the headers said last, by name. */
interface Folded extends Pick<SettlementEntry, 'tenant' | 'unit' | 'currency'> {
  readonly lines: Map<string, string>;
  readonly rows: Map<string, string>;
  drawn: readonly string[];
}

export class Settlements {
  readonly #folded = new Map<string, Folded>();

  take({ settlements = [] }: CommitHeader): void {
    for (const entry of settlements) {
      const known = this.#folded.get(keyOf(entry)) ?? { ...entry, lines: new Map(), rows: new Map(), drawn: [] };
      for (const [account, price, service, component, ...figures] of entry.lines)
        known.lines.set(`${account}/${price}/${service}/${component}`, figures.join(' for '));
      for (const [by, account, reason, amount] of entry.rows) known.rows.set(`${by} ${account} ${reason}`, amount);
      known.drawn = entry.drawn.map(([by, amount]) => `${by}: ${amount}`);
      this.#folded.set(keyOf(entry), known);
    }
  }

  compareTouched({ settlements = [] }: CommitHeader, state: State, where: string, faults: Faults): void {
    for (const entry of settlements) this.#compare(keyOf(entry), state, where, faults);
  }

  compareAll(state: State, where: string, faults: Faults): void {
    for (const key of new Set([...this.#folded.keys(), ...state.spend.keys()]))
      this.#compare(key, state, where, faults);
  }

  /** Of a root account without agreements in the currency the log need not say anything. */
  #compare(key: string, state: State, where: string, faults: Faults): void {
    const found = this.#folded.get(key);
    const spend = state.spend.get(key);
    const { tenant: id, unit, currency } = (found ?? spend)!;
    const tenant = state.tenants.get(id)!;
    const isKept = unitsWithAgreements(tenant).some((one) => one.unit === unit && one.currency === currency);
    if (!isKept) return;
    const lines = spend === undefined ? [] : usedLines(spend);
    const wanted = {
      lines: lines.map((line) => `${line.id}: ${figuresOf(tenant, line)}`).toSorted(),
      rows: (spend?.rows ?? [])
        .map(({ by, account, reason, amount }) => `${by} ${account} ${reason}: ${amount}`)
        .toSorted(),
      drawn: [...(spend?.drawn ?? [])].map(([by, amount]) => `${by}: ${amount}`).toSorted(),
    };
    const used = (map: ReadonlyMap<string, string> | undefined, nothing: string) =>
      [...(map ?? [])]
        .filter(([, value]) => value !== nothing)
        .map(([name, value]) => `${name}: ${value}`)
        .toSorted();
    const said = {
      lines: used(found?.lines, '0 for 0'),
      rows: used(found?.rows, '0'),
      drawn: (found?.drawn ?? []).toSorted(),
    };
    faults.same('RERATE', `${where}: agreements of ${key}`, said, wanted);
  }
}

const keyOf = ({ tenant, unit, currency, periodStartMs }: SettlementEntry): string =>
  spendKey(tenant, unit, currency, periodStartMs);

/** As the log writes them: at the meter's scale, and in pico. */
function figuresOf(tenant: Tenant, { price, quantity, amount }: ReturnType<typeof usedLines>[number]): string {
  const meter = tenant.meters.get(tenant.prices.get(price)?.meter ?? '');
  const units = integer(quantity.times(powerOfTen(meter?.scale ?? 0)));
  return `${units} for ${integer(amount.times(powerOfTen(12)))}`;
}
