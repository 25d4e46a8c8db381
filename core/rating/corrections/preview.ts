/** What a correction would come to: worked out as it would be booked, without effect. */
import type { CorrectionEffect, CorrectionPreviewRequest, Reached, RebuiltTally } from '../../messages/correction.ts';
import { formatAmount } from '../../money/fixed.ts';
import { nothing } from '../../pricing/compiled.ts';
import { periodAt } from '../../time/period.ts';
import { closedUntil } from '../billingUnit.ts';
import { require } from '../controlFault.ts';
import { isBeyond } from '../measures.ts';
import { cellOf } from '../rollover.ts';
import type { Account, PartitionState, Tenant } from '../state.ts';
import { readReversal, restOf } from './reverse.ts';
import { tallyAt } from './shadows.ts';

/** By account, price, period and month booked. Throws ControlFault where the rows cannot be reversed. */
export function previewReversal(state: PartitionState, name: string, { blocks: stored, tallies: rebuilt = [] }: Pick<CorrectionPreviewRequest, 'blocks' | 'tallies'>): CorrectionEffect[] {
  const tenant = state.tenants.get(name);
  require(tenant !== undefined, `tenant ${name} is not known`);
  const { blocks, tallies } = readReversal(state.partition, tenant!, { id: 'preview', n: 1, blocks: stored });
  const effects = new Map<string, Found>();
  const add = (at: Omit<Found, 'rows' | 'reversed' | 'rest'>, more: Partial<Pick<Found, 'rows' | 'reversed' | 'rest'>>): void => {
    const key = [at.account, at.price, at.periodStartMs, at.bookedStartMs, at.closedUntilMs].join();
    const found = effects.get(key) ?? { ...at, rows: 0, reversed: 0n, rest: 0n };
    const { rows = 0, reversed = 0n, rest = 0n } = more;
    effects.set(key, { ...found, rows: found.rows + rows, reversed: found.reversed + reversed, rest: found.rest + rest });
  };
  const { prices, accounts } = tenant!.master;
  const placeOf = (account: Account, price: number, periodStartMs: number, atMs: number) => ({
    account: account.record.id, price, currency: prices.get(price)?.record.currency ?? '', periodStartMs, ...bookedAt(tenant!, account, atMs),
  }); // prettier-ignore
  for (const { stored: block, account, rows } of blocks)
    for (const { startMs, amount } of rows)
      add(placeOf(account, block.price, block.periodStartMs, startMs), { rows: 1, reversed: -amount });
  for (const reversed of tallies) {
    const { account, price, periodStartMs, firstMs } = reversed.tally.entry;
    const rest = restOf(reversed);
    if (rest !== 0n) add(placeOf(accounts.get(account)!, price, periodStartMs, firstMs), { rest });
  }
  for (const one of rebuilt) {
    const { entry, rest } = rebuiltBy(tenant!, one);
    if (rest !== 0n) add(placeOf(accounts.get(entry.account)!, entry.price, entry.periodStartMs, entry.firstMs), { rest });
  }
  return [...effects.values()].map(({ reversed, rest, ...place }) => ({
    ...place,
    reversed: formatAmount(reversed),
    rest: formatAmount(rest),
    amount: formatAmount(reversed + rest),
  }));
} // prettier-ignore

/** What a tally that keeps something is charged otherwise once it is rebuilt (SPEC §16.6). Throws ControlFault. */
function rebuiltBy(tenant: Tenant, { tally: place, before, after }: RebuiltTally) {
  const tally = tallyAt(tenant, place);
  const cell = cellOf(tenant.master, tally);
  const of = (quantity: string): bigint => cell?.charge({ ...nothing, quantity: BigInt(quantity) }) ?? 0n;
  const charge = ({ carried, quantity }: Reached): bigint => of(quantity) - of(carried);
  require(!isBeyond(charge(after)), `tally ${tally.entry.id} of ${tenant.id} would be charged beyond its bound`);
  return { entry: tally.entry, rest: charge(after) - charge(before) };
}

interface Found extends Omit<CorrectionEffect, 'reversed' | 'rest' | 'amount'> {
  readonly reversed: bigint;
  readonly rest: bigint;
}

/** SPEC §12.2, of the account's own month. */
function bookedAt({ master }: Tenant, account: Account, atMs: number) {
  const closedMs = closedUntil(master, account);
  const isLate = atMs < closedMs;
  const { startMs: bookedStartMs } = periodAt(isLate ? closedMs : atMs, account.record.timeZone);
  return { bookedStartMs, closedUntilMs: isLate ? closedMs : 0 };
}
