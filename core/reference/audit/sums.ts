/** TELESCOPE, TREE and CONSERVE over the whole log, from what the stored rows add up to. */
import { Exact, powerOfTen, text, zero } from '../number.ts';
import type { State, Tally } from '../state.ts';
import { tallyKey } from '../tallies.ts';
import { standingCharge } from '../tallyCharge.ts';
import { tallyAccount } from '../tallyPlace.ts';
import { instantMs, type Block } from './blocks.ts';
import type { Faults } from './faults.ts';
import type { Names } from './names.ts';
import { FeeSums } from './feeSums.ts';
import { numberIn } from './rowText.ts';
import { SpendSums } from './spendSums.ts';

interface Sum {
  quantity: Exact;
  amount: Exact;
}

/** What ClickHouse must hold of one (tenant, account, price, currency, period, kind): decimal text and counts. */
export interface Group extends Sum {
  rows: number;
  samples: number;
}

export const groupKey = (
  tenant: string,
  account: number,
  price: number,
  currency: string,
  periodStartMs: number,
  kind: string,
): string => [tenant, account, price, currency, periodStartMs, kind].join(' ');

export class Sums {
  readonly #tallies = new Map<string, Sum>();
  readonly groups = new Map<string, Group>();
  readonly fees = new FeeSums();
  /** Last commit that counts in `groups`: what a store was loaded up to. */
  groupsUpTo = Number.MAX_SAFE_INTEGER;
  rows = 0;
  readonly spend = new SpendSums();

  take(blocks: readonly Block[], outSeq: number, names: Names, state: State): void {
    for (const block of blocks) {
      this.rows += block.list('amounts').length;
      if (outSeq <= this.groupsUpTo) this.#takeGroup(block);
      if (block.scalar('kind') === 'unmetered') continue;
      if (block.scalar('kind') === 'fee') {
        this.fees.take(block, state);
        continue;
      }
      if (block.scalar('kind') === 'agreement') {
        this.spend.take(block, state);
        continue;
      }
      const resources = block.list('resource');
      const [quantities, amounts] = [block.list('quantities'), block.list('amounts')];
      for (const [i, resource] of resources.entries()) {
        const sum = this.#tally(block, Number(resource), names, state);
        sum.quantity = sum.quantity.plus(numberIn(quantities[i]));
        sum.amount = sum.amount.plus(numberIn(amounts[i]));
      }
    }
  }

  #takeGroup(block: Block): void {
    const [tenant, currency, kind] = [block.scalar('tenant'), block.scalar('currency'), block.scalar('kind')];
    const [account, price] = [Number(block.scalar('account')), Number(block.scalar('price'))];
    const key = groupKey(tenant, account, price, currency, instantMs(block.scalar('period_start')), kind);
    const group = this.groups.get(key) ?? { quantity: zero, amount: zero, rows: 0, samples: 0 };
    group.quantity = group.quantity.plus(numberIn(block.scalar('quantity')));
    group.amount = group.amount.plus(numberIn(block.scalar('amount')));
    group.rows += Number(block.scalar('count'));
    group.samples += Number(block.scalar('samples'));
    this.groups.set(key, group);
  }

  #tally(block: Block, resource: number, names: Names, state: State): Sum {
    const tenant = block.scalar('tenant');
    const price = Number(block.scalar('price'));
    const record = state.tenants.get(tenant)?.prices.get(price);
    const name = record?.tallyScope === 'resource' && resource !== 0 ? names.resource(resource) : '';
    const owner = Number(block.scalar('account'));
    const key = tallyKey(
      tenant,
      record === undefined ? owner : tallyAccount(record, owner),
      price,
      block.scalar('meter'),
      name,
      instantMs(block.scalar('period_start')),
      block.scalar('cell'),
    );
    const sum = this.#tallies.get(key) ?? { quantity: zero, amount: zero };
    this.#tallies.set(key, sum);
    return sum;
  }

  /** What the rows of a tenant add up to in the partition that it comes from. */
  inherit(retired: Sums, tenant: string): void {
    for (const [key, sum] of retired.#tallies) if (key.startsWith(`${tenant} `)) this.#tallies.set(key, { ...sum });
    this.fees.inherit(retired.fees, tenant);
    this.spend.inherit(retired.spend, tenant);
  }

  /** TELESCOPE: the stored rows of each tally add up to its quantity, and to the charge of it worked out from nothing. */
  telescope(state: State, faults: Faults): number {
    for (const key of new Set([...this.#tallies.keys(), ...state.tallies.keys()])) {
      const rows = this.#tallies.get(key) ?? nothing;
      const tally = state.tallies.get(key);
      if (tally === undefined) {
        faults.add('TELESCOPE', `rows fall on tally ${key}, which should not be`, rows.amount);
        continue;
      }
      const tallied = wantedOf(state, tally);
      if (rows.quantity.eq(tallied.quantity) && rows.amount.eq(tallied.amount)) continue;
      const detail = `rows of tally ${key} add up to ${text(rows.quantity)} for ${text(rows.amount)}, should be ${text(tallied.quantity)} for ${text(tallied.amount)}`;
      faults.add('TELESCOPE', detail, rows.amount.minus(tallied.amount));
    }
    this.fees.telescope(state, faults);
    this.spend.telescope(state, faults);
    return state.tallies.size;
  }
}

const nothing: Sum = { quantity: zero, amount: zero };

/** What a tally holds, in its meter's unit, and is charged; what a new point is still to charge comes with a later commit. */
function wantedOf(state: State, tally: Tally): Sum {
  const tenant = state.tenants.get(tally.tenant)!;
  const unit = powerOfTen(tenant.meters.get(tally.meter)!.scale);
  return { quantity: tally.quantity.div(unit), amount: standingCharge(tenant, tally) };
}
