/** TELESCOPE of fees: the stored rows of a fee and period add up to what its newest version owes by the end of the log. */
import { owedByNow, periodKey } from '../fees/book.ts';
import { powerOfTen, text, whole, zero, type Exact } from '../number.ts';
import type { State } from '../state.ts';
import { instantMs, type Block } from './blocks.ts';
import type { Faults } from './faults.ts';
import { numberIn } from './rowText.ts';

export class FeeSums {
  readonly #sums = new Map<string, Exact>();

  take(block: Block, state: State): void {
    const tenant = state.tenants.get(block.scalar('tenant'));
    const fee = tenant?.fees.get(Number(block.scalar('price')));
    // TRACE tells what no fee stands behind.
    if (tenant === undefined || fee === undefined) return;
    const [startMs, endMs] = [instantMs(block.scalar('period_start')), instantMs(block.scalar('period_end'))];
    const key = periodKey(tenant, fee.key, startMs, endMs);
    const amounts = block.list('amounts').map(numberIn);
    this.#sums.set(
      key,
      amounts.reduce((sum, amount) => sum.plus(amount), this.#sums.get(key) ?? zero),
    );
  }

  inherit(retired: FeeSums, tenant: string): void {
    const begin = JSON.stringify([tenant]).slice(0, -1);
    for (const [key, sum] of retired.#sums) if (key.startsWith(`${begin},`)) this.#sums.set(key, sum);
  }

  telescope(state: State, faults: Faults): void {
    const owed = new Map([...state.tenants.values()].flatMap((tenant) => [...owedByNow(state, tenant)]));
    for (const key of new Set([...this.#sums.keys(), ...owed.keys()])) {
      const found = this.#sums.get(key) ?? zero;
      const wanted = whole(owed.get(key) ?? 0n).div(powerOfTen(12));
      if (found.eq(wanted)) continue;
      const detail = `rows of fee ${key} add up to ${text(found)}, should be ${text(wanted)}`;
      faults.add('TELESCOPE', detail, found.minus(wanted));
    }
  }
}
