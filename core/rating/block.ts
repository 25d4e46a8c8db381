/** Rated blocks: the rows of one batch on one account, price, cell and period, and their tab-separated line (`blockColumns`). */
import { AMOUNT_SCALE, formatDecimal } from '../money/fixed.ts';
import type { CreditPlace } from '../messages/credit.ts';
import type { PriceRecord } from '../messages/price.ts';
import type { BlockKind } from '../messages/rated.ts';
import type { Period } from '../time/period.ts';
import type { Line, Settlement } from './agreements/settlement.ts';
import type { Watch } from '../budgets/count.ts';
import { isWithinOne, unitOf } from './billingUnit.ts';
import { ByteText, bytesOf } from './byteText.ts';
import type { Plan } from './plan.ts';
import type { Rows } from './rows.ts';
import type { Account, Balance, Tally } from './state.ts';

export interface GroupKey {
  readonly account: Account;
  readonly period: Period;
  readonly kind: BlockKind;
  /** Meter id; for `unmetered` the metric's name. */
  readonly meter: string;
  readonly scale: number;
  readonly price: Charging | undefined;
  /** Key of the price's cell. */
  readonly cell: string;
  /** Start of the account's month whose balance is moved. */
  readonly bookedMs: number;
  /** Start of the account's month that the rows lie in: a block keeps to one, for what its rows lie apart is 32 bits wide. */
  readonly monthMs: number;
  /** End of the closed periods that the rows are late for; 0 for rows in time. */
  readonly closedUntilMs: number;
  readonly chain: BalanceChain;
  /** Of a price of a subtree: the one tally of all its rows, to hear what fell to the account. */
  readonly pool: Tally | undefined;
}

/** What a block says of the price, or whatever else charges. */
export interface Charging {
  readonly record: Pick<PriceRecord, 'id' | 'service' | 'component' | 'currency'>;
}

/** Balances of an account and its ancestors, nearest first, that a charge moves together; none where nothing is charged. */
export interface BalanceChain {
  readonly balances: readonly Balance[];
  /** What the batch in hand adds. */
  amount: bigint;
  isMoved: boolean;
}

export const noBalances: BalanceChain = { balances: [], amount: 0n, isMoved: false };

/** Rows that fall together in a batch; a group outlives its batches so that lanes can point at it. */
export interface Group extends GroupKey {
  /** Columns of the line that are the same for each of its blocks: from the account to the kind, and those of periods. */
  readonly head: Uint8Array;
  readonly periodColumns: Uint8Array;
  /** Whether what it charges could not be found again from tallies for one billing period. */
  readonly isApart: boolean;
  /** Where what it charges was last noted for agreements. */
  noted: { readonly settlement: Settlement; readonly line: Line } | undefined;
  /** As what credits pay it, once it is asked for. */
  paidAs: { readonly key: string; readonly place: CreditPlace; readonly path: readonly number[] } | undefined;
  /** Budgets that have to do with it. */
  watch: Watch | undefined;
  /** Rows of the batch in hand: a chain through `Rows.next`. */
  rowCount: number;
  firstRow: number;
  lastRow: number;
  samples: number;
  /** Sums: a safe integer and, apart from it, what is too large for one. */
  quantity: number;
  quantityWide: bigint;
  amount: number;
  amountWide: bigint;
}

/** Groups and balance chains of one tenant, by what they have in common. */
export class Groups {
  readonly #byKey = new Map<string, Group>();
  readonly #chains = new Map<string, BalanceChain>();
  /** Plans that series share. */
  readonly plans = new Map<string, Plan>();

  of(key: GroupKey): Group {
    const starts = key.chain.balances.map((balance) => balance.period.startMs).join(',');
    const text = `${key.account.record.id}|${key.kind}|${key.price?.record.id ?? 0}|${key.meter}|${key.scale}|${key.period.startMs}|${key.bookedMs}|${key.monthMs}|${key.closedUntilMs}|${starts}|${key.cell}${key.kind === 'fee' ? partOf(key.price) : ''}`;
    let group = this.#byKey.get(text);
    if (group === undefined) {
      group = {
        ...key, head: bytesOf(headOf(key)), periodColumns: periodOf(key), isApart: isApart(key), noted: undefined, paidAs: undefined, watch: undefined,
        rowCount: 0, firstRow: -1, lastRow: -1, samples: 0, quantity: 0, quantityWide: 0n, amount: 0, amountWide: 0n,
      }; // prettier-ignore
      this.#byKey.set(text, group);
    }
    return group;
  }

  /** One chain for the same balances, so that a batch moves each of them once. */
  chainOf(balances: readonly Balance[]): BalanceChain {
    if (balances.length === 0) return noBalances;
    const text = balances
      .map(({ account, period, currency }) => `${account.record.id}|${period.startMs}|${currency}`)
      .join();
    let chain = this.#chains.get(text);
    if (chain === undefined) this.#chains.set(text, (chain = { balances, amount: 0n, isMoved: false }));
    return chain;
  }
}

/** Parts of a bundle are charged by one record. */
const partOf = (price: Charging | undefined): string =>
  JSON.stringify([price?.record.service, price?.record.component]);

export const quantityOf = (group: Group): bigint => group.quantityWide + BigInt(group.quantity);
export const amountOf = (group: Group): bigint => group.amountWide + BigInt(group.amount);

/** What a block says of the input that it came from. */
export interface BlockSource {
  readonly tenant: string;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  readonly usageSeq: number;
  readonly logTimeMs: number;
  /** Of rows that a correction books; both absent for others. */
  readonly correction?: string;
  readonly reverses?: string;
}

/** Of rows that stand for no sample. */
export const officeSource = (tenant: string, logTimeMs: number): BlockSource => ({
  tenant,
  producer: '',
  epoch: '',
  seq: 0,
  usageSeq: 0,
  logTimeMs,
});

const tab = 9;
const comma = 44;

/** Writes a finished block: its line without the four leading columns, which are known at the commit, nor the newline. */
export function writeBlock(out: ByteText, group: Group, rows: Rows, source: SourceBytes): void {
  let first = Infinity;
  let last = 0;
  for (let row = group.firstRow; row >= 0; row = rows.next[row]!) {
    const start = rows.startMs[row]!;
    if (start < first) first = start;
    const end = start + rows.durationMs[row]!;
    if (end > last) last = end;
  }
  out.append(source.tenant);
  out.append(group.head);
  out.append(source.columns);
  out.append(group.periodColumns);
  out.instant(first);
  out.character(tab);
  out.instant(last);
  out.character(tab);
  out.integer(group.rowCount);
  out.character(tab);
  out.integer(group.samples);
  out.character(tab);
  out.text(formatDecimal(quantityOf(group), group.scale));
  out.character(tab);
  out.text(formatDecimal(amountOf(group), AMOUNT_SCALE));
  out.text('\t[');
  for (let row = group.firstRow; row >= 0; row = separate(out, rows, row)) out.integer(rows.resource[row]!);
  out.text(']\t[');
  for (let row = group.firstRow; row >= 0; row = separate(out, rows, row)) out.integer(rows.index[row]!);
  out.text(']\t[');
  for (let row = group.firstRow; row >= 0; row = separate(out, rows, row)) out.integer(rows.startMs[row]! - first);
  out.text(']\t[');
  for (let row = group.firstRow; row >= 0; row = separate(out, rows, row)) out.integer(rows.durationMs[row]!);
  out.text(']\t[');
  for (let row = group.firstRow; row >= 0; row = separate(out, rows, row)) {
    const wide = rows.wide.size === 0 ? undefined : rows.wide.get(row);
    if (wide === undefined) out.decimal(rows.quantity[row]!, group.scale);
    else out.text(formatDecimal(wide.quantity, group.scale));
  }
  out.text(']\t[');
  for (let row = group.firstRow; row >= 0; row = separate(out, rows, row)) {
    const wide = rows.wide.size === 0 ? undefined : rows.wide.get(row);
    if (wide === undefined) out.decimal(rows.amount[row]!, AMOUNT_SCALE);
    else out.text(formatDecimal(wide.amount, AMOUNT_SCALE));
  }
  out.text(']\t[');
  writeSecondary(out, group, rows);
  out.character(93);
}

/** Positions, from 1, of the rows that do not count their sample. */
function writeSecondary(out: ByteText, group: Group, rows: Rows): void {
  if (group.samples === group.rowCount) return;
  let position = 0;
  let written = 0;
  for (let row = group.firstRow; row >= 0; row = rows.next[row]!) {
    position += 1;
    if (rows.isPrimary[row] === 1) continue;
    if (written++ > 0) out.character(comma);
    out.integer(position);
  }
}

function separate(out: ByteText, rows: Rows, row: number): number {
  const next = rows.next[row]!;
  if (next >= 0) out.character(comma);
  return next;
}

/** The columns between the tenant and the producer. */
function headOf({ account, price, meter, cell, kind }: GroupKey): string {
  return [
    '',
    account.record.id,
    `[${account.chain
      .map((node) => node.record.id)
      .reverse()
      .join(',')}]`,
    escapeText(price?.record.service ?? ''),
    escapeText(price?.record.component ?? ''),
    escapeText(meter),
    price?.record.id ?? 0,
    escapeText(cell),
    price?.record.currency ?? '',
    kind,
    '',
  ].join('\t');
}

const isApart = ({ account, price, kind, period }: GroupKey): boolean =>
  price !== undefined && kind !== 'agreement' && (kind === 'fee' || !isWithinOne(unitOf(account), period));

function periodOf({ period, bookedMs, closedUntilMs }: GroupKey): Uint8Array {
  const out = new ByteText();
  for (const ms of [period.startMs, period.endMs, bookedMs, closedUntilMs]) {
    out.instant(ms);
    out.character(tab);
  }
  return out.slice(0);
}

/** The columns that say where blocks came from, encoded once for all of a batch. */
export interface SourceBytes {
  readonly tenant: Uint8Array;
  readonly columns: Uint8Array;
}

/** Used again by each call, which copies what it returns. */
const scratch = new ByteText();

export function sourceBytes(source: BlockSource): SourceBytes {
  const { tenant, producer, epoch, seq, usageSeq, logTimeMs, correction = '', reverses = '' } = source;
  const out = scratch.clear();
  out.text(`${producer}\t${epoch}\t${seq}\t${usageSeq}\t`);
  out.instant(logTimeMs);
  out.text(`\t${correction}\t${reverses}\t`);
  return { tenant: bytesOf(tenant), columns: out.slice(0) };
}

const escapeText = (text: string): string =>
  text.replace(/[\\\t\n]/g, (character) => (character === '\t' ? '\\t' : character === '\n' ? '\\n' : '\\\\'));
