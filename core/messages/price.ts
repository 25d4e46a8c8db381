/**
 * Prices as published: immutable, approved, effective-dated. A price is a function of what has been tallied in a period;
 * everything here is decimal text, so that a record reads the same for people, JSON and every engine. Optional fields
 * were added later: absent means "none", and old records stay as they were signed.
 */

import type { BillingCalendar } from '../time/calendar.ts';

/** An immutable, approved price; a correction is a new version with its own id. */
export interface PriceRecord {
  /** Dense per tenant, from 1, never re-used. One id is one version. */
  readonly id: number;
  /** What the versions of one price share, e.g. "compute-std". */
  readonly key: string;
  readonly version: number;
  readonly service: string;
  readonly component: string;
  readonly meter: string;
  readonly currency: string;
  /** Account whose subtree it applies to; the nearest ancestor's price wins. 0: everyone. */
  readonly account: number;
  readonly effectiveFromMs: number;
  /**
   * Whose a tally is: each resource's own, its account's, or one of all the subtree of the price's own account, which then is not
   * 0: a pool, whose rows stay with the accounts that used it.
   */
  readonly tallyScope: 'resource' | 'account' | 'subtree';
  /**
   * How the charge of a pool is shared when its period closes: by quantity, or as its rows fell, to whoever came first.
   * Only where `tallyScope` is `subtree`; "proRata" when absent.
   */
  readonly split?: 'proRata' | 'asArrived';
  /**
   * What cuts the tallies of the price, in the zone of the account that owns them; calendar months when absent. An anniversary may have
   * the anchor "account": the day on which the account, or the nearest one above that says it, started. Usage that no
   * period holds is not priced.
   */
  readonly period?: BillingCalendar;
  /** Priced unit = tally units × numerator / denominator; decimal integers as text. */
  readonly unit: { readonly name: string; readonly numerator: string; readonly denominator: string };
  /** Priced units free per period (per cell, where the model has cells), decimal text; "0" for none. */
  readonly allowance: string;
  readonly model: PriceModel;
  readonly quantity?: QuantityRule;
  /** Taken off what the model charges, percent from 0 to 100; a step of its own. Charge-side. */
  readonly discountPercent?: string;
  /** Most that a tally is charged in its period, after the discount; a step of its own. Charge-side. */
  readonly maximum?: string;
  /** What bounds of a plan and of a contract count it for; none when absent. */
  readonly plan?: string;
  readonly contract?: string;
  /** What of the allowance is not used goes on into later periods, when a period closes (SPEC §12); absent means that it lapses. Charge-side. */
  readonly rollover?: Rollover;
  /** Which figures are multiplied by the part of a tally's period in which the version is in force (SPEC §8.9); none when absent. Charge-side. */
  readonly prorate?: PriceProration;
  /** Whether the tier position survives a new version of the same key; "carry" when absent. */
  readonly onVersion?: 'carry' | 'restart';
}

export interface PriceProration {
  /** By milliseconds, or by whole days of the account's zone, each of which is the version's that is in force when it ends. */
  readonly by: 'second' | 'day';
  readonly allowance?: true;
  /** `upTo` of tiers. */
  readonly bounds?: true;
  /** `flat` of tiers, `amount` of a stairstep and of a flat. */
  readonly flats?: true;
  readonly maximum?: true;
}

export interface Rollover {
  /** For how many periods it lasts, 1 to 24. */
  readonly periods: number;
  /** Most that goes on into a period, in priced units, decimal text; absent means all. The oldest lapses first. */
  readonly maximum?: string;
}

/** How the quantity is rounded before it is charged, in priced units; a rule without `at` would be ambiguous. */
export interface QuantityRule {
  /** Per event, before it is tallied (tally-side), or of the whole tally, before it is charged (charge-side). */
  readonly at: 'event' | 'tally';
  readonly mode: 'up' | 'down' | 'halfAwayFromZero' | 'halfEven';
  /** Multiples of this are charged: 60 in a 60/1 rule is `first`, 1 is `increment`. */
  readonly increment: string;
  /** Least quantity of an event (or of a tally that is not empty); the first increment of a 60/1 rule. */
  readonly first?: string;
  /** A tally up to and with this many units costs nothing; beyond it all of it is charged. Charge-side. */
  readonly threshold?: string;
}

/** Charges one tally: a function of its quantity Q (priced units after the allowance) and, where said, of its events. */
export type LeafModel =
  /** Q × unitPrice. */
  | { readonly kind: 'perUnit'; readonly unitPrice: string }
  /** The amount, once anything was used. */
  | { readonly kind: 'flat'; readonly amount: string }
  /** Each tier prices what lies inside it. */
  | { readonly kind: 'graduated'; readonly tiers: readonly GraduatedTier[] }
  /** The tier that holds Q prices all of it, and owes its flat alone; the charge may fall as Q grows. */
  | { readonly kind: 'volume'; readonly tiers: readonly GraduatedTier[] }
  /** Whole packages of `size` units. `partial`: whether one begun is owed. */
  | { readonly kind: 'package'; readonly size: string; readonly price: string; readonly partial: 'up' | 'down' }
  /**
   * Packages by tier: a tier takes `count` packages of `size` (null: the rest), one begun is owed whole. `all`: each tier
   * prices its own packages; `top`: the tier that Q reaches prices all of Q in its packages.
   */
  | { readonly kind: 'packageTiers'; readonly reach: 'all' | 'top'; readonly tiers: readonly PackageTier[] }
  /** The amount of the tier that holds Q (capacity). */
  | { readonly kind: 'stairstep'; readonly tiers: readonly { readonly upTo: string | null; readonly amount: string }[] }
  /** A share of a value (Q in currency units), see `PercentageModel`. */
  | PercentageModel
  /** Each tier charges its share of the value inside it. */
  | {
      readonly kind: 'graduatedPercentage';
      readonly tiers: readonly { readonly upTo: string | null; readonly percent: string; readonly flat: string }[];
    }
  /** The event says its amount (Q in the price's currency); the charge is that × multiplier. */
  | { readonly kind: 'dynamic'; readonly multiplier: string }
  /** Σ over events of clamp(fee + q × unitPrice, minimum, maximum), each rounded once, half-even, to 12 decimals. Tally-side. */
  | {
      readonly kind: 'perEvent';
      readonly unitPrice: string;
      readonly fee: string;
      readonly minimum?: string;
      readonly maximum?: string;
    };

/**
 * charge = (value − free value) × percent / 100 + (events − free events) × perEvent.
 * `totals`: free events and free value are each subtracted from the totals (order-free). `whicheverFirst`: events are
 * free while both the number of events and the value so far, this one included, stay within their limits; the event
 * that passes the value limit has its value free up to the limit and owes its fee; later ones owe all (log-ordered).
 * `minimum`, `maximum` bound the charge of one event that is not free (tally-side, each event rounded once).
 */
export interface PercentageModel {
  readonly kind: 'percentage';
  readonly percent: string;
  readonly perEvent: string;
  readonly freeEvents?: string;
  readonly freeValue?: string;
  readonly free: 'totals' | 'whicheverFirst';
  readonly minimum?: string;
  readonly maximum?: string;
}

/** `upTo` is inclusive, in priced units after the allowance; null closes the list. `flat` is owed once the tier is entered. */
export interface GraduatedTier {
  readonly upTo: string | null;
  readonly unitPrice: string;
  readonly flat: string;
}

export interface PackageTier {
  readonly size: string;
  /** Packages that the tier takes, a whole number; null for the rest. */
  readonly count: string | null;
  readonly price: string;
}

/**
 * A price is a leaf, or it parts its usage into cells, each with a tally, an allowance and a leaf of its own. The cell is
 * chosen by the sample alone (dimensions, instant, zone of the account), so cells are tally-side.
 */
export type PriceModel =
  | LeafModel
  /**
   * By dimensions of the sample. A rule matches when each named dimension has the value (dimensions that it does not
   * name match anything); most named dimensions win; two rules with equally many that can both match are refused at publication.
   * `otherwise` null: what matches nothing is unpriced.
   */
  | {
      readonly kind: 'matrix';
      readonly rules: readonly {
        readonly name: string;
        readonly match: Readonly<Record<string, string>>;
        readonly model: LeafModel;
      }[];
      readonly otherwise: LeafModel | null;
    }
  /** The same leaf for each combination of values of these dimensions: tiers per group. Beyond `groupsMax` groups in a period: refused. */
  | { readonly kind: 'grouped'; readonly by: readonly string[]; readonly groupsMax: number; readonly model: LeafModel }
  /** By weekday and time of day in the account's zone. `from` inclusive, `to` exclusive, "24:00" is midnight. Bands must not overlap. */
  | {
      readonly kind: 'schedule';
      readonly bands: readonly {
        readonly name: string;
        readonly days: readonly Weekday[];
        readonly from: string;
        readonly to: string;
        readonly model: LeafModel;
      }[];
      readonly otherwise: LeafModel | null;
    }
  | SpotModel;

/**
 * Each interval of a reference series at the point in force there: charge = Q × clamp(point × multiplier + adder). The figures
 * are in the price's currency per priced unit, which are the series'; `adder` and the bounds may be negative, as points may.
 */
export interface SpotModel {
  readonly kind: 'spot';
  readonly series: string;
  /** "1" when absent: 1.05 is a markup of 5 %. */
  readonly multiplier?: string;
  /** "0" when absent. */
  readonly adder?: string;
  /** Bounds of the unit price: a minimum of "0" leaves negative points out. */
  readonly minimum?: string;
  readonly maximum?: string;
}

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';
