/** Rated blocks: the rows of one batch on one account, price and period, and their tab-separated line (`blockColumns`). */
import { AMOUNT_SCALE, formatDecimal } from '../money/fixed.ts';
import type { CompiledPrice } from '../pricing/compile.ts';
import type { BlockKind } from '../messages/rated.ts';
import type { Period } from '../time/period.ts';
import type { Account, Balance } from './state.ts';

export interface GroupKey {
  readonly account: Account;
  readonly period: Period;
  readonly kind: BlockKind;
  /** Meter id; for `unmetered` the metric's name. */
  readonly meter: string;
  readonly scale: number;
  readonly price: CompiledPrice | undefined;
  /** Of the account and its ancestors, nearest first; empty where nothing is charged. */
  readonly balances: readonly Balance[];
}

/** Rows that fall together in a batch collect here; a group outlives its batches so that lanes can point at it. */
export interface Group extends GroupKey {
  rows: Rows | undefined;
}

export interface Rows {
  readonly resources: number[];
  readonly indexes: number[];
  readonly starts: number[];
  readonly durations: number[];
  readonly quantities: bigint[];
  readonly amounts: bigint[];
  /** Positions, from 1, of rows that do not count their sample. */
  readonly secondary: number[];
  samples: number;
  quantity: bigint;
  amount: bigint;
}

/** Groups of one tenant, by what they have in common. */
export class Groups {
  readonly #byKey = new Map<string, Group>();

  of(key: GroupKey): Group {
    const text = `${key.account.record.id}|${key.kind}|${key.price?.record.id ?? 0}|${key.meter}|${key.scale}|${key.period.startMs}|${key.balances.map((balance) => balance.period.startMs).join(',')}`;
    let group = this.#byKey.get(text);
    if (group === undefined) {
      group = { ...key, rows: undefined };
      this.#byKey.set(text, group);
    }
    return group;
  }
}

export interface Row {
  readonly resource: number;
  readonly index: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly quantity: bigint;
  readonly amount: bigint;
  /** Whether the row counts its sample. */
  readonly primary: boolean;
}

/** Adds a row; returns true when it is the group's first in this batch. */
export function addRow(group: Group, row: Row): boolean {
  const isFirst = group.rows === undefined;
  const rows = (group.rows ??= {
    resources: [], indexes: [], starts: [], durations: [], quantities: [], amounts: [], secondary: [], samples: 0, quantity: 0n, amount: 0n,
  }); // prettier-ignore
  rows.resources.push(row.resource);
  rows.indexes.push(row.index);
  rows.starts.push(row.startMs);
  rows.durations.push(row.durationMs);
  rows.quantities.push(row.quantity);
  rows.amounts.push(row.amount);
  if (row.primary) rows.samples += 1;
  else rows.secondary.push(rows.resources.length);
  rows.quantity += row.quantity;
  rows.amount += row.amount;
  return isFirst;
}

/** What a block says of the input that it came from. */
export interface BlockSource {
  readonly tenant: string;
  readonly producer: string;
  readonly epoch: string;
  readonly seq: number;
  readonly usageSeq: number;
  readonly logTimeMs: number;
}

/** A finished block: its line without the four leading columns, which are known at the commit. */
export function blockLine(group: Group, rows: Rows, source: BlockSource): string {
  const { account, price, period } = group;
  let first = rows.starts[0]!;
  let last = 0;
  for (let i = 0; i < rows.starts.length; i++) {
    const start = rows.starts[i]!;
    if (start < first) first = start;
    if (start + rows.durations[i]! > last) last = start + rows.durations[i]!;
  }
  return [
    source.tenant,
    account.record.id,
    `[${account.chain
      .map((node) => node.record.id)
      .reverse()
      .join(',')}]`,
    escapeText(price?.record.service ?? ''),
    escapeText(price?.record.component ?? ''),
    escapeText(group.meter),
    price?.record.id ?? 0,
    price?.record.currency ?? '',
    group.kind,
    source.producer,
    source.epoch,
    source.seq,
    source.usageSeq,
    instant(source.logTimeMs),
    instant(period.startMs),
    instant(period.endMs),
    instant(first),
    instant(last),
    rows.starts.length,
    rows.samples,
    formatDecimal(rows.quantity, group.scale),
    formatDecimal(rows.amount, AMOUNT_SCALE),
    `[${rows.resources.join(',')}]`,
    `[${rows.indexes.join(',')}]`,
    `[${rows.starts.map((start) => start - first).join(',')}]`,
    `[${rows.durations.join(',')}]`,
    `[${rows.quantities.map((quantity) => formatDecimal(quantity, group.scale)).join(',')}]`,
    `[${rows.amounts.map((amount) => formatDecimal(amount, AMOUNT_SCALE)).join(',')}]`,
    `[${rows.secondary.join(',')}]`,
  ].join('\t');
}

/** Unix seconds with three decimals, ten digits before the point: what ClickHouse parses fastest without ambiguity. */
function instant(ms: number): string {
  const text = String(ms).padStart(13, '0');
  return `${text.slice(0, -3)}.${text.slice(-3)}`;
}

const escapeText = (text: string): string =>
  text.replace(/[\\\t\n]/g, (character) => (character === '\t' ? '\\t' : character === '\n' ? '\\n' : '\\\\'));
