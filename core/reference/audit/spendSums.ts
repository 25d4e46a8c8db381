/** TELESCOPE above the tally: the stored rows of each agreement add up to what it makes of the lines of its period. */
import { powerOfTen, text, whole, zero, type Exact } from '../number.ts';
import type { State } from '../state.ts';
import { instantMs, type Block } from './blocks.ts';
import type { Faults } from './faults.ts';
import { numberIn } from './rowText.ts';

export class SpendSums {
  readonly #sums = new Map<string, Exact>();

  take(block: Block, state: State): void {
    const tenant = block.scalar('tenant');
    const agreement = state.tenants.get(tenant)?.agreements.get(Number(block.scalar('price')))?.key ?? '';
    const words = (['currency', 'account', 'cell'] as const).map(block.scalar);
    const key = placeOf(tenant, instantMs(block.scalar('period_start')), agreement, words);
    this.#sums.set(key, (this.#sums.get(key) ?? zero).plus(numberIn(block.scalar('amount'))));
  }

  inherit(retired: SpendSums, tenant: string): void {
    const begin = JSON.stringify([tenant]).slice(0, -1);
    for (const [key, sum] of retired.#sums) if (key.startsWith(`${begin},`)) this.#sums.set(key, sum);
  }

  telescope(state: State, faults: Faults): void {
    const wanted = new Map<string, Exact>();
    for (const { tenant, month, currency, rows } of state.spend.values()) {
      for (const { by, account, reason, amount } of rows) {
        const key = placeOf(tenant, month.startMs, by.split('/')[0]!, [currency, String(account), reason]);
        wanted.set(key, (wanted.get(key) ?? zero).plus(whole(amount).div(powerOfTen(12))));
      }
    }
    for (const key of new Set([...this.#sums.keys(), ...wanted.keys()])) {
      const [found, should] = [this.#sums.get(key) ?? zero, wanted.get(key) ?? zero];
      if (found.eq(should)) continue;
      const detail = `rows of agreement ${key} add up to ${text(found)}, should be ${text(should)}`;
      faults.add('TELESCOPE', detail, found.minus(should));
    }
  }
}

const placeOf = (tenant: string, startMs: number, agreement: string, words: readonly string[]): string =>
  JSON.stringify([tenant, startMs, agreement, ...words]);
