/** What was charged and what the draft would charge, side by side. Amounts and quantities are decimal text. */
import { formatDecimal } from '../money/fixed.ts';
import type { Ledger, Line, Unpriced } from './ledger.ts';

export interface Amounts {
  readonly currency: string;
  readonly charged: string;
  readonly draft: string;
  /** draft − charged. */
  readonly difference: string;
}

export interface ComparedLine extends Amounts {
  readonly account: number;
  readonly service: string;
  readonly component: string;
  /** Samples that the draft charges here, and that were charged here. */
  readonly samples: number;
  readonly samplesCharged: number;
}

export interface ComparedAccount extends Amounts {
  readonly account: number;
}

export interface ComparedUnpriced {
  readonly account: number;
  readonly meter: string;
  /** What has no price under the draft, in the meter's unit, and what had none. */
  readonly quantity: string;
  readonly quantityCharged: string;
  readonly samples: number;
  readonly samplesCharged: number;
}

export interface Comparison {
  readonly lines: readonly ComparedLine[];
  /** What each account's own lines add up to, without the accounts below it. */
  readonly accounts: readonly ComparedAccount[];
  readonly totals: readonly Amounts[];
  readonly unpriced: readonly ComparedUnpriced[];
  /** Samples refused under the draft, and those that were: a price may limit its groups, or its numbers. */
  readonly refused: number;
  readonly refusedCharged: number;
}

/** `accounts`: those to look at; all when it is absent. Refusals know no account, so that they are always of the tenant. */
export function compared(charged: Ledger, draft: Ledger, accounts?: ReadonlySet<number>): Comparison {
  const isAsked = ({ account }: { readonly account: number }) => accounts?.has(account) !== false;
  const pairs = pairsOf(charged.lines, draft.lines).filter(({ place }) => isAsked(place));
  return {
    lines: pairs.map(lineOf),
    accounts: summed(pairs, ({ account, currency }) => ({ account, currency })),
    totals: summed(pairs, ({ currency }) => ({ currency })),
    unpriced: pairsOf(charged.unpriced, draft.unpriced)
      .filter(({ place }) => isAsked(place))
      .flatMap(unpricedOf),
    refused: draft.refused,
    refusedCharged: charged.refused,
  };
}

interface Pair<Entry> {
  /** Either of them: where it stands is the same. */
  readonly place: Entry;
  readonly charged: Entry | undefined;
  readonly draft: Entry | undefined;
}

function pairsOf<Entry extends Line | Unpriced>(
  charged: ReadonlyMap<string, Entry>,
  draft: ReadonlyMap<string, Entry>,
): Pair<Entry>[] {
  const keys = [...new Set([...charged.keys(), ...draft.keys()])];
  const pairs = keys.map((key): Pair<Entry> & { readonly key: string } => {
    const [was, would] = [charged.get(key), draft.get(key)];
    return { key, place: (was ?? would)!, charged: was, draft: would };
  });
  return pairs.toSorted((a, b) => a.place.account - b.place.account || (a.key < b.key ? -1 : 1));
}

const pico = (entry: Line | undefined): bigint => entry?.amountPico ?? 0n;
const decimal = (value: bigint): string => formatDecimal(value, 12);

const amountsOf = (currency: string, charged: bigint, draft: bigint): Amounts => ({
  currency,
  charged: decimal(charged),
  draft: decimal(draft),
  difference: decimal(draft - charged),
});

const lineOf = ({ place, charged, draft }: Pair<Line>): ComparedLine => ({
  account: place.account,
  service: place.service,
  component: place.component,
  ...amountsOf(place.currency, pico(charged), pico(draft)),
  samples: draft?.samples ?? 0,
  samplesCharged: charged?.samples ?? 0,
});

/** The sums of the pairs that have the same figures `of` them. */
function summed<Place extends { readonly currency: string }>(
  pairs: readonly Pair<Line>[],
  of: (line: Line) => Place,
): (Place & Amounts)[] {
  return [...Map.groupBy(pairs, ({ place }) => JSON.stringify(of(place))).values()].map((group) => {
    const sum = (side: 'charged' | 'draft') => group.reduce((total, pair) => total + pico(pair[side]), 0n);
    const place = of(group[0]!.place);
    return { ...place, ...amountsOf(place.currency, sum('charged'), sum('draft')) };
  });
}

function unpricedOf({ place, charged, draft }: Pair<Unpriced>): ComparedUnpriced[] {
  const [was, would] = [charged?.quantityPico ?? 0n, draft?.quantityPico ?? 0n];
  if (was === 0n && would === 0n) return [];
  return [
    {
      account: place.account,
      meter: place.meter,
      quantity: decimal(would),
      quantityCharged: decimal(was),
      samples: draft?.samples ?? 0,
      samplesCharged: charged?.samples ?? 0,
    },
  ];
}
