/** What a correction would come to: worked out as it would be booked, without effect. */
import type { CorrectionEffect, CorrectionPreviewRequest, Reached, RebuiltTally } from '../../messages/correction.ts';
import type { TallyEntry } from '../../messages/rated.ts';
import { formatAmount } from '../../money/fixed.ts';
import { nothing } from '../../pricing/compiled.ts';
import { periodAt } from '../../time/period.ts';
import { closedUntil } from '../billingUnit.ts';
import { Changes } from '../changes.ts';
import { require } from '../controlFault.ts';
import { isBeyond } from '../measures.ts';
import { cellOf } from '../rollover.ts';
import type { Account, PartitionState, Tenant } from '../state.ts';
import { workOut } from './piece.ts';
import { tallyAt } from './shadows.ts';

/** By account, price, period and month booked. Throws ControlFault where the rows cannot be reversed or the samples not be rated again. */
export function previewReversal(
  state: PartitionState,
  name: string,
  { blocks, again, tallies: rebuilt = [] }: Omit<CorrectionPreviewRequest, 'tenant' | 'recipes'>,
): CorrectionEffect[] {
  const tenant = state.tenants.get(name);
  require(tenant !== undefined, `tenant ${name} is not known`);
  const { prices, accounts } = tenant!.master;
  const effects = new Map<string, Found>();
  const add = (account: Account, price: number, periodStartMs: number, atMs: number, more: Partial<Figures>): void => {
    const place = { account: account.record.id, price, currency: prices.get(price)?.record.currency ?? '', periodStartMs, ...bookedAt(tenant!, account, atMs) };
    const key = JSON.stringify(place);
    const known = effects.get(key) ?? { ...place, ...noFigures };
    const { rows, reversed, rest, again: charged } = { ...noFigures, ...more };
    effects.set(key, { ...known, rows: known.rows + rows, reversed: known.reversed + reversed, rest: known.rest + rest, again: known.again + charged });
  };
  const addRest = ({ account, price, periodStartMs, firstMs }: TallyEntry, rest: bigint): void => {
    if (rest !== 0n) add(accounts.get(account)!, price, periodStartMs, firstMs, { rest });
  };
  const { reversal, rests, rerated, undo } = workOut(state, tenant!, new Changes(), { id: 'preview', blocks, ...(again && { again }) });
  for (const { stored, account, rows } of reversal.blocks)
    for (const { startMs, amount } of rows) add(account, stored.price, stored.periodStartMs, startMs, { rows: 1, reversed: -amount });
  for (const { charge: { lane: { group }, part, amount } } of rerated.charges)
    add(group.account, group.price?.record.id ?? 0, group.period.startMs, part.startMs, { again: amount });
  for (const { tally, amount } of [...rests, ...rerated.heirs, ...rerated.late]) addRest(tally.entry, amount);
  undo();
  for (const one of rebuilt) {
    const { entry, rest } = rebuiltBy(tenant!, one);
    addRest(entry, rest);
  }
  return [...effects.values()].map(({ reversed, rest, again: charged, ...place }) => ({
    ...place,
    reversed: formatAmount(reversed),
    rest: formatAmount(rest),
    ...(charged === 0n ? {} : { again: formatAmount(charged) }),
    amount: formatAmount(reversed + rest + charged),
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

const noFigures = { rows: 0, reversed: 0n, rest: 0n, again: 0n };
type Figures = typeof noFigures;
type Found = Omit<CorrectionEffect, keyof Figures | 'amount'> & Figures;

/** SPEC §12.2, of the account's own month. */
function bookedAt({ master }: Tenant, account: Account, atMs: number) {
  const closedMs = closedUntil(master, account);
  const isLate = atMs < closedMs;
  const { startMs: bookedStartMs } = periodAt(isLate ? closedMs : atMs, account.record.timeZone);
  return { bookedStartMs, closedUntilMs: isLate ? closedMs : 0 };
}
