/** The rows of one batch, in columns that are used again for the next: a row costs numbers, no objects. */
import type { Group } from './block.ts';

/** Quantity and amount of a row that are beyond 2⁵³. */
export interface Wide {
  readonly quantity: bigint;
  readonly amount: bigint;
}

export class Rows {
  #capacity = 4096;
  count = 0;
  /** Groups that have rows, in the order of their first one. */
  readonly groups: Group[] = [];
  resource = new Uint32Array(this.#capacity);
  index = new Uint32Array(this.#capacity);
  startMs = new Float64Array(this.#capacity);
  durationMs = new Float64Array(this.#capacity);
  quantity = new Float64Array(this.#capacity);
  amount = new Float64Array(this.#capacity);
  /** 1 where the row counts its sample. */
  isPrimary = new Uint8Array(this.#capacity);
  /** The next row of the same group, or -1. */
  next = new Int32Array(this.#capacity);
  readonly wide = new Map<number, Wide>();

  /** Adds a row of safe integers. `isPrimary`: whether it counts its sample. */
  add(
    group: Group,
    resource: number,
    index: number,
    startMs: number,
    durationMs: number,
    quantity: number,
    amount: number,
    isPrimary: boolean,
  ): void {
    const row = this.count;
    if (row === this.#capacity) this.#grow();
    this.count += 1;
    this.resource[row] = resource;
    this.index[row] = index;
    this.startMs[row] = startMs;
    this.durationMs[row] = durationMs;
    this.quantity[row] = quantity;
    this.amount[row] = amount;
    this.isPrimary[row] = isPrimary ? 1 : 0;
    this.next[row] = -1;
    if (group.rowCount === 0) {
      this.groups.push(group);
      group.firstRow = row;
    } else this.next[group.lastRow] = row;
    group.lastRow = row;
    group.rowCount += 1;
    if (isPrimary) group.samples += 1;
    if (Math.abs(group.quantity + quantity) > Number.MAX_SAFE_INTEGER) spillQuantity(group);
    group.quantity += quantity;
    if (Math.abs(group.amount + amount) > Number.MAX_SAFE_INTEGER) spillAmount(group);
    group.amount += amount;
  }

  /** Adds a row of any size. */
  addWide(
    group: Group,
    resource: number,
    index: number,
    startMs: number,
    durationMs: number,
    wide: Wide,
    isPrimary: boolean,
  ): void {
    if (isSafe(wide.quantity) && isSafe(wide.amount)) {
      this.add(group, resource, index, startMs, durationMs, Number(wide.quantity), Number(wide.amount), isPrimary);
      return;
    }
    this.wide.set(this.count, wide);
    this.add(group, resource, index, startMs, durationMs, 0, 0, isPrimary);
    group.quantityWide += wide.quantity;
    group.amountWide += wide.amount;
  }

  /** Empty again; whoever calls it has read the groups. */
  clear(): void {
    for (const group of this.groups) {
      group.rowCount = 0;
      group.samples = 0;
      group.quantity = 0;
      group.quantityWide = 0n;
      group.amount = 0;
      group.amountWide = 0n;
    }
    this.groups.length = 0;
    this.wide.clear();
    this.count = 0;
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = <T extends Uint32Array | Int32Array | Uint8Array | Float64Array>(column: T): T => {
      const larger = new (column.constructor as new (length: number) => T)(this.#capacity);
      larger.set(column as never);
      return larger;
    };
    this.resource = grown(this.resource);
    this.index = grown(this.index);
    this.startMs = grown(this.startMs);
    this.durationMs = grown(this.durationMs);
    this.quantity = grown(this.quantity);
    this.amount = grown(this.amount);
    this.isPrimary = grown(this.isPrimary);
    this.next = grown(this.next);
  }
}

const isSafe = (value: bigint): boolean => value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;

function spillQuantity(group: Group): void {
  group.quantityWide += BigInt(group.quantity);
  group.quantity = 0;
}

function spillAmount(group: Group): void {
  group.amountWide += BigInt(group.amount);
  group.amount = 0;
}
