/**
 * What a root account and all below it have agreed on above the price list: discounts, commitments, minimum and maximum
 * spend. Published like prices: immutable versions, of which the newest of a key holds from its place in the log on; what it
 * is dated to lies in its own fields. Figures are decimal text, instants UTC milliseconds, spans `[from, to)`.
 */
export interface AgreementRecord {
  /** Dense per tenant, drawn from the same numbers as ids of prices: one id is one version of one of them. */
  readonly id: number;
  /** What the versions of one agreement share; other agreements name it. */
  readonly key: string;
  readonly version: number;
  /** What its rows say beside the amount. */
  readonly service: string;
  readonly component: string;
  readonly currency: string;
  /** Its subtree is what the agreement is about; it carries the rows. */
  readonly account: number;
  readonly fromMs: number;
  /** null: until a later version says otherwise. */
  readonly toMs: number | null;
  readonly name: string;
  readonly terms: AgreementTerms;
}

export type AgreementTerms = DiscountTerms | CommitmentTerms | BoundTerms;

/** Named items; a line is one of them when any list names it. Prices are named by their keys. */
export interface Items {
  readonly services?: readonly string[];
  readonly components?: readonly string[];
  readonly prices?: readonly string[];
}

export interface DiscountTier {
  /** Inclusive, in currency units or priced units; null closes the list. */
  readonly upTo: string | null;
  readonly percent: string;
}

/** A period that overlaps the agreement's dates is discounted whole. */
export interface DiscountTerms {
  readonly kind: 'discount';
  /** Place in the stack: 1 is taken first. No two discounts that are in force together share a number. */
  readonly order: number;
  readonly take:
    | { readonly kind: 'percent'; readonly percent: string }
    | { readonly kind: 'amount'; readonly amount: string }
    /** `graduated`: each tier discounts what lies inside it; `volume`: the tier reached discounts all. */
    | {
        readonly kind: 'tiers';
        readonly of: 'spend' | 'quantity';
        readonly reach: 'graduated' | 'volume';
        readonly tiers: readonly DiscountTier[];
      };
  /** What a percentage is of: the price list (discounts add up), or what earlier ones left (they multiply). */
  readonly base: 'list' | 'left';
  readonly only?: Items;
  readonly except?: Items;
  /** Keys of discounts beside which it is not given, when they took something before it. */
  readonly notWith?: readonly string[];
  /** Most that it takes in a period, and in all. */
  readonly maximum?: string;
  readonly maximumTotal?: string;
  /** In how many periods it may take something. */
  readonly duration:
    { readonly kind: 'once' } | { readonly kind: 'periods'; readonly count: number } | { readonly kind: 'forever' };
}

export interface CommitmentTerms {
  readonly kind: 'commitment';
  /** Dated, one after another; gaps are allowed, overlaps are not. Each is a commitment of its own, of whole billing periods. */
  readonly segments: readonly { readonly fromMs: number; readonly toMs: number; readonly amount: string }[];
  /** Percent of the basis that is owed within the commitment, above 0; "100" for no difference. */
  readonly coveredPercent: string;
  /** Percent of the basis beyond it: "80" rewards, "120" punishes. */
  readonly overagePercent: string;
  /** `advance`: paid when the segment begins and drawn down; `arrears`: what is missing is owed when it ends. The sum is the same. */
  readonly payment: 'advance' | 'arrears';
  /** Services that draw on it; all when absent. */
  readonly services?: readonly string[];
  /** What draws on it, and what its rates are percentages of: the price list, or what discounts left. */
  readonly basis: 'list' | 'net';
  /** The contract that it belongs to, whose bounds count its rows; "" or absent for none. */
  readonly contract?: string;
}

/** What a bound counts, within the subtree of its account; an inner scope says what it lies in ("" for none). */
export type BoundScope =
  | { readonly kind: 'price'; readonly price: string; readonly plan: string; readonly contract: string }
  | { readonly kind: 'plan'; readonly plan: string; readonly contract: string }
  | { readonly kind: 'contract'; readonly contract: string }
  | { readonly kind: 'subtree' };

export interface BoundTerms {
  readonly kind: 'bound';
  readonly scope: BoundScope;
  readonly minimum?: string;
  readonly maximum?: string;
  /** What is compared with the minimum: what is owed after discounts and caps, or by the price list. */
  readonly minimumBasis: 'net' | 'list';
  /** Whether a part of a period owes a part of it. Usual: the minimum does, the maximum does not. */
  readonly prorate: { readonly minimum: boolean; readonly maximum: boolean };
}
