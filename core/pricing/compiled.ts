/** What a price becomes when it is compiled: the only thing that the rater, the estimate, the explanation and the simulator use. */
import type { ExplainStep } from '../messages/api.ts';
import type { PriceRecord } from '../messages/price.ts';
import type { AmountPico } from '../money/fixed.ts';
import type { Part } from './prorate.ts';

/** What one cell of a price has tallied in a period. All integers, none negative. */
export interface Measures {
  /** Tally units of the meter, at its scale, as measured: what the rows say. */
  readonly quantity: bigint;
  /** Samples that began in it; a part cut off a sample by a boundary is none. */
  readonly events: bigint;
  /**
   * What the price notes of each event, where it does (tally-side parameters): increments of an event-wise rounding, or
   * pico of an event-wise charge. 0 for all others.
   */
  readonly value: bigint;
}

export const nothing: Measures = { quantity: 0n, events: 0n, value: 0n };

export interface CompiledPrice {
  readonly record: PriceRecord;
  /** `free`: the same charge in any order of arrival. `log`: the same for any batching of the same order. */
  readonly order: 'free' | 'log';
  /** The only cell, or undefined when the price parts its usage. */
  readonly whole: Cell | undefined;
  /** Where a sample belongs; undefined when the price has no cell for it. `boundaries` hears the instants at which that may change. */
  cellAt(place: CellPlace): Cell | undefined;
  /** The cell by its key, as stored with a tally; undefined for a key that this price cannot have. */
  cell(key: string): Cell | undefined;
  /**
   * The same cell where so much more is free, in 10⁻¹² priced units (what periods before left of their allowance), and where the
   * price is in force for a part of the period only.
   */
  cellWith(key: string, carriedOver: bigint, part: Part | undefined): Cell | undefined;
}

export interface CellPlace {
  readonly dims: Readonly<Record<string, string>>;
  readonly atMs: number;
  /** IANA zone of the account. */
  readonly timeZone: string;
  readonly boundary: (instantMs: number) => void;
}

export interface Cell {
  /** "" for a price without cells; else stable over versions and readable, at most 200 characters. */
  readonly key: string;
  /** Whether `events` and `value` matter; else the charge is a function of the quantity alone. */
  readonly countsEvents: boolean;
  /**
   * `value` after an event of that quantity: 1 event, or 0 for a part that a boundary cut off one, of which `begun` had
   * come before: the rounding of an event belongs to the whole of it.
   */
  valueAfter(before: Measures, quantity: bigint, events: 0n | 1n, begun?: bigint): bigint;
  /** charge(nothing) = 0; the charge is the sum of its steps, each rounded once, half-even, to 12 decimals. */
  charge(measures: Measures): AmountPico;
  explain(measures: Measures): ExplainStep[];
  /** What draws on the allowance, in 10⁻¹² priced units, rounded up. */
  used(measures: Measures): bigint;
  /** The charge as pieces in the quantity, where it is that and nothing more: what the narrow path computes with. */
  readonly linear: Linear | undefined;
}

/** For x = quantity × stretch: charge(x) = base + round½even((x − origin) × factor / divisor) in the piece with from < x ≤ upTo, 0 below all. */
export interface Linear {
  readonly stretch: bigint;
  readonly pieces: readonly Piece[];
}

export interface Piece {
  readonly from: bigint;
  /** null is open-ended. */
  readonly upTo: bigint | null;
  readonly origin: bigint;
  readonly factor: bigint;
  /** > 0, coprime to the factor. */
  readonly divisor: bigint;
  readonly base: AmountPico;
}
