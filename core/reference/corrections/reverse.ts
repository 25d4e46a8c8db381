/** SPEC §16.3 and 16.4: rows are taken back one by one; what is left is charged from nothing. */
import type { CorrectedBlock, CorrectedRow, CorrectionRows } from '../../messages/correction.ts';
import type { ControlChange, PriceRecord } from '../../messages/control.ts';
import { addToBalances } from '../balances.ts';
import { bookingOf } from '../closes.ts';
import { chargeMax, integer, powerOfTen, readDecimal, tallyMax, zero, type Exact } from '../number.ts';
import { leafOf } from '../prices/cells.ts';
import { minus } from '../prices/fraction.ts';
import { countsEvents, note, nothingNoted, type Noted } from '../prices/noted.ts';
import { priced, withoutPrice } from '../rows.ts';
import type { Row, Source, State, Tally, Tenant } from '../state.ts';
import { lateRow } from '../repricing.ts';
import { crossedOut, rateAgain } from './again.ts';
import { keeps } from './history.ts';
import { difference } from './rebuild.ts';
import { isLogOrdered, Unfit } from './unfit.ts';
import { addToMember, keyOf, takeBack, tallyKey, TooLarge, type Journal } from '../tallies.ts';
import { chargeOfTally } from '../tallyCharge.ts';
import { tallyAccount } from '../tallyPlace.ts';

/** Does what a message says of rows; `undefined` where it cannot be done. */
export function reversedBy(state: State, tenant: Tenant, changes: readonly ControlChange[]): Row[] | undefined {
  const pieces = changes.filter((change) => change.kind === 'correctionRows');
  if (pieces.length === 0) return [];
  if (changes.length > 1) return undefined;
  const journal: Journal = [];
  try {
    return new Piece(state, tenant, pieces[0]!.id, journal).take(pieces[0]!);
  } catch (error) {
    if (!(error instanceof Unfit || error instanceof TooLarge)) throw error;
    takeBack(journal);
    state.late.length = 0;
    return undefined;
  }
}

/** Where a sample stands in `USAGE`; 0: in that of an older partition. */
interface Came {
  readonly usageSeq: number;
  readonly index: number;
  readonly isOwn: boolean;
}

class Piece {
  readonly #state: State;
  readonly #tenant: Tenant;
  readonly #id: string;
  readonly #journal: Journal;
  /** Tallies as they were, in the order in which they are come to, and what their rows gave back. */
  readonly #before = new Map<string, { readonly charged: Exact; back: Exact; stays: Exact | undefined }>();

  constructor(state: State, tenant: Tenant, id: string, journal: Journal) {
    [this.#state, this.#tenant, this.#id, this.#journal] = [state, tenant, id, journal];
  }

  take({ blocks: all, again }: CorrectionRows): Row[] {
    const { blocks, rest } = again === undefined ? { blocks: all, rest: [] } : crossedOut(this.#tenant, all, again);
    const rows = blocks.flatMap((block) => block.rows.map((row) => this.#takeBack(block, row)));
    const owed = this.#inOrder(this.#before.keys()).map((key) => ({ key, ...this.#chargeAnew(key) }));
    const handedOn = new Map<string, Exact>();
    for (const wanted of rest)
      rows.push(
        rateAgain(this.#state, this.#tenant, this.#id, wanted, this.#journal, (tally, at, more) =>
          this.#handOn(keyOf(tally), at, more, handedOn),
        ),
      );
    // Nothing can fail any more.
    for (const { account, startMs, currency, amount, price } of rows)
      if (price !== 0) addToBalances(this.#state, this.#tenant, account, startMs, currency, amount);
    for (const key of this.#inOrder(handedOn.keys())) owed.push({ key, quantity: zero, amount: handedOn.get(key)! });
    const rests = owed.filter(({ quantity, amount }) => !quantity.isZero() || !amount.isZero());
    const ofTallies = rests.map(({ key, ...figures }) =>
      difference(this.#state, this.#tenant, this.#state.tallies.get(key)!, this.#id, figures),
    );
    const late = this.#state.late.splice(0).map((one) => lateRow(this.#state, one));
    return [...rows, ...ofTallies, ...late];
  }

  #inOrder(keys: Iterable<string>): string[] {
    const known = [...this.#state.tallies.keys()];
    return [...keys].sort((a, b) => known.indexOf(a) - known.indexOf(b));
  }

  /** 16.9: what later versions took over grows by it, and each is charged anew at once. */
  #handOn(key: string, at: Came, more: (noted: Noted) => Noted, owed: Map<string, Exact>): void {
    for (const [heirKey, heir] of this.#heirs(key, at)) {
      const before = { ...heir };
      this.#journal.push(() => Object.assign(heir, before));
      heir.carried = more(heir.carried);
      heir.noted = more(heir.noted);
      heir.charged = chargeOfTally(this.#tenant, heir);
      if (heir.charged.abs().gte(chargeMax)) throw new Unfit();
      owed.set(heirKey, (owed.get(heirKey) ?? zero).plus(heir.charged).minus(before.charged));
      this.#handOn(heirKey, at, more, owed);
    }
  }

  /** Versions that took over the position after a sample had come. */
  #heirs(key: string, { usageSeq, index, isOwn }: Came): [string, Tally][] {
    return [...this.#state.tallies].filter(([, { from }]) => {
      if (from?.key !== key || usageSeq > from.usageSeq) return false;
      // Of rows and versions that are both inherited it is not known which came first.
      if (!isOwn && from.usageSeq === 0) throw new Unfit();
      return usageSeq < from.usageSeq || index <= from.index;
    });
  }

  #takeBack(block: CorrectedBlock, [resourceAt, index, offsetMs, durationMs, quantityText, amountText]: CorrectedRow): Row {
    const { account, ref, firstMs, producer, epoch, seq, usageSeq } = block;
    const { price, key, resource } = this.#placeOf(block, block.resources[resourceAt]);
    const tally = this.#state.tallies.get(key);
    const meter = this.#tenant.meters.get(block.meter)!;
    const [quantity, amount] = [readDecimal(quantityText), readDecimal(amountText)];
    if (tally === undefined || quantity === undefined || amount === undefined || amount.decimalPlaces() > 12) throw new Unfit();
    const units = quantity.times(powerOfTen(meter.scale));
    if (!units.isInteger()) throw new Unfit();
    const isVoid = block.kind === 'void';
    const startMs = firstMs + offsetMs;
    if (keeps(meter)) {
      this.#note(key, amount, units);
      this.#state.history.turn(key, { producer, epoch, seq, index, startMs }, isVoid, this.#journal);
    } else {
      const noted = notedOf(price, tally, meter.scale, integer(units), isVoid);
      this.#note(key, amount);
      tally.quantity = tally.quantity.minus(units);
      tally.noted = lessNoted(tally.noted, noted);
      const isOwn = ref.startsWith(`${this.#state.partition}-`);
      this.#takeFromHeirs(key, { usageSeq: isOwn ? usageSeq : 0, index, isOwn }, noted);
    }
    const figures = { quantity: quantity.neg(), amount: amount.neg() };
    if (price?.tallyScope === 'subtree') addToMember(tally, account, { quantity: units.neg(), amount: amount.neg() }, this.#journal);
    const terms = price === undefined ? { ...withoutPrice('void', block.meter, figures.quantity), amount: figures.amount } : priced(price, block.cell, figures);
    const source: Source = { producer, epoch, seq, inputSeq: usageSeq, logTimeMs: this.#state.logTimeMs, trace: '' };
    return {
      tenant: this.#tenant.record.id, account, resource, startMs, durationMs, period: tally.period, ...bookingOf(this.#tenant, account, startMs),
      ...terms, kind: isVoid ? 'corrected' : 'void', primary: false, source, index, correction: this.#id, reverses: ref,
    };
  } // prettier-ignore

  #placeOf({ account, price: id, meter, cell, periodStartMs }: CorrectedBlock, resource: string | undefined) {
    const { accounts, meters, prices } = this.#tenant;
    const record = meters.get(meter);
    const price = prices.get(id);
    if (!accounts.has(account) || record === undefined || record.aggregation === 'recurring' || resource === undefined)
      throw new Unfit();
    if (id !== 0 && (price?.meter !== meter || isLogOrdered(price))) throw new Unfit();
    if (price !== undefined && keeps(record) && (isShared(price) || countsEvents(price, leafOf(price.model, cell))))
      throw new Unfit();
    const place = [price === undefined ? account : tallyAccount(price, account), id, meter] as const;
    const scope = price?.tallyScope === 'resource' ? resource : '';
    return { price, resource, key: tallyKey(this.#tenant.record.id, ...place, scope, periodStartMs, cell) };
  }

  /** Keeps what the tally was, once. `stays`: what it holds all the same, for it keeps something of its samples (16.5). */
  #note(key: string, back: Exact, stays?: Exact): void {
    const tally = this.#state.tallies.get(key)!;
    const known = this.#before.get(key);
    if (known !== undefined) {
      known.back = known.back.plus(back);
      known.stays = stays && known.stays?.plus(stays);
    } else {
      this.#before.set(key, { charged: tally.charged, back, stays });
      const before = { ...tally };
      this.#journal.push(() => Object.assign(tally, before));
    }
  }

  /** 16.4: of what later versions took over of it. */
  #takeFromHeirs(key: string, at: Came, noted: Noted): void {
    for (const [heirKey, heir] of this.#heirs(key, at)) {
      this.#note(heirKey, zero);
      heir.carried = lessNoted(heir.carried, noted);
      heir.noted = lessNoted(heir.noted, noted);
      this.#takeFromHeirs(heirKey, at, noted);
    }
  }

  /** What other rows of the tally owe now, and what of it is no row's. */
  #chargeAnew(key: string): { readonly quantity: Exact; readonly amount: Exact } {
    const tally = this.#state.tallies.get(key)!;
    const { charged, back, stays } = this.#before.get(key)!;
    if (stays !== undefined) return { quantity: stays, amount: back };
    const isEnough = tally.quantity.gte(0) && tally.carried.quantity >= 0n && tally.carried.events >= 0n && tally.noted.events >= tally.carried.events;
    const meter = this.#tenant.meters.get(tally.meter)!;
    if (!isEnough || tally.quantity.gte(tallyMax.times(powerOfTen(meter.scale)))) throw new Unfit();
    tally.charged = chargeOfTally(this.#tenant, tally);
    if (tally.charged.abs().gte(chargeMax)) throw new Unfit();
    return { quantity: zero, amount: tally.charged.minus(charged).plus(back) };
  } // prettier-ignore
}

/** 5.6: by quantity, so that what falls would be nobody's. */
const isShared = ({ tallyScope, split }: PriceRecord): boolean => tallyScope === 'subtree' && split !== 'asArrived';

/** What a row's event was noted as; in a price free of order that does not depend on the others. */
function notedOf(price: PriceRecord | undefined, { cell }: Tally, scale: number, quantity: bigint, isVoid: boolean): Noted {
  if (price === undefined) return { ...nothingNoted, quantity };
  const leaf = leafOf(price.model, cell);
  if (!countsEvents(price, leaf)) return { ...nothingNoted, quantity };
  const size = isVoid ? -quantity : quantity;
  const once = note(price, leaf, scale, nothingNoted, { quantity: size, isStart: true });
  return isVoid ? lessNoted(nothingNoted, once) : once;
} // prettier-ignore

const lessNoted = (from: Noted, noted: Noted): Noted => ({
  quantity: from.quantity - noted.quantity,
  events: from.events - noted.events,
  roundedEvents: minus(from.roundedEvents, noted.roundedEvents),
  settled: from.settled - noted.settled,
});
