/**
 * A draft price list over stored rows instead of the log: meters of which the draft changes no price keep their rows as they are,
 * those of the others are priced anew, sample by sample in the order of the log. What rows cannot tell is named in `gaps`.
 */
import type { MeterRecord } from '../messages/control.ts';
import type { TallyEntry } from '../messages/rated.ts';
import type { PriceRecord } from '../messages/price.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import { AMOUNT_SCALE, pow10 } from '../money/fixed.ts';
import { compareText, pricesAt, Window } from '../rating/attribution.ts';
import { Groups } from '../rating/block.ts';
import { adds, charged } from '../rating/measures.ts';
import { laneOf } from '../rating/plan.ts';
import { cellsKey, emptyState, type Master, type Tenant } from '../rating/state.ts';
import { openTally } from '../rating/tally.ts';
import { periodOf, periodWithin, tallyAccountOf } from '../rating/tallyPlace.ts';
import type { Block } from '../reference/audit/blocks.ts';
import { placed } from './draft.ts';
import type { History } from './history.ts';
import { isOfSample, Ledger, type Stretch } from './ledger.ts';
import { shareOf, StoredBatch, type Part, type StoredSample } from './storedSamples.ts';

export interface RowsOptions extends Stretch {
  /** The whole price list; what it does not name has no price. Ids do not matter. */
  readonly prices: readonly PriceRecord[];
  readonly history: History;
}

export class RowSimulation {
  readonly charged: Ledger;
  readonly draft: Ledger;
  /** What rows cannot tell, each once; where there is any, the draft's amounts mean nothing. */
  readonly gaps = new Set<string>();
  /** Meters of which the draft changes a price, by their metric: their prices may cut all samples of it. */
  readonly #changed: ReadonlyMap<string, readonly MeterRecord[]>;
  readonly #published: Master;
  readonly #tenant: Tenant;
  readonly #kept: ReadonlySet<number>;
  readonly #history: History;
  readonly #state = emptyState(0);
  readonly #groups = new Groups();
  #batch: StoredBatch | undefined;

  constructor(options: RowsOptions) {
    const { tenant, prices, history } = options;
    this.#history = history;
    this.charged = new Ledger(options);
    this.draft = new Ledger(options);
    const published = history.prices(tenant);
    const { kept, fresh } = placed(prices, published, history.lastId(tenant));
    this.#kept = new Set(kept);
    this.#published = history.master(tenant)!;
    const gone = published.filter(({ id }) => !this.#kept.has(id));
    const changed = new Set([...gone, ...fresh].map(({ meter }) => meter));
    this.#changed = Map.groupBy(
      [...this.#published.meters.values()].filter(({ id }) => changed.has(id)),
      ({ metric }) => metric,
    );
    this.#tenant = history.drafted(tenant, this.#kept, fresh);
  }

  /** The next block of the tenant, in the order of the log; every row of the periods that the stretch touches. */
  take(block: Block): void {
    if (block.scalar('correction') !== '') return;
    this.charged.add(block);
    const meter = this.#published.meters.get(block.scalar('meter'));
    const kind = block.scalar('kind');
    if (meter === undefined || !this.#isChanged(meter)) this.draft.add(block);
    if (kind === 'agreement' && this.#changed.size > 0)
      this.#gap('agreements: minimums, maximums, commitments and discounts on spend follow what is charged');
    if (meter !== undefined && isOfSample(kind) && this.#changed.has(meter.metric)) this.#collect(block, meter);
  }

  #isChanged(meter: MeterRecord): boolean {
    return this.#changed.get(meter.metric)?.includes(meter) === true;
  }

  refuse(tenant: string, samples: number, logTimeMs: number): void {
    this.charged.refuse(tenant, samples, logTimeMs);
    this.draft.refuse(tenant, samples, logTimeMs);
  }

  /** After the last block. */
  finish(): void {
    for (const sample of this.#batch?.samples() ?? []) this.#rate(sample);
    this.#batch = undefined;
  }

  #collect(block: Block, meter: MeterRecord): void {
    if (this.#batch?.usageSeq !== block.scalar('usage_seq')) {
      this.finish();
      this.#batch = new StoredBatch(block);
    }
    this.#batch!.add(block, meter);
  }

  #rate(sample: StoredSample): void {
    const { meter, parts, resource, row: place } = sample;
    const cuts = parts.map((part) => this.#cut(meter, part));
    const whole = cuts.length === 1 && cuts[0]!.length === 1;
    if (!this.#isChanged(meter)) return whole ? undefined : this.#checkCut(meter, parts);
    const { aggregation } = meter;
    if (!addsUp(meter))
      return this.#gap(
        `meter ${meter.id}: its rows say by how much a tally of aggregation ${aggregation} grew, not what was measured`,
      );
    parts.forEach((part, at) => {
      this.#checkKept(place, meter, part);
      for (const { startMs, endMs } of cuts[at]!) {
        const quantity = shareOf(meter, parts, part, startMs, endMs);
        const row = { ...place, account: part.account, startMs };
        const account = this.#tenant.master.accounts.get(part.account)!;
        const prices = pricesAt(this.#tenant.master, meter.id, account, new Window(startMs));
        const isStart = startMs === parts[0]!.startMs;
        const rated = prices.map((price) =>
          this.#charge(meter, part, price, { row, resource, quantity, isStart, whole }),
        );
        if (!rated.includes(true))
          this.draft.leaveUnpriced(row, meter.id, quantity * pow10(AMOUNT_SCALE - meter.scale));
      }
    });
  }

  /** Where the draft's prices of the metric, their periods or their bands of time change inside the part. */
  #cut({ metric }: MeterRecord, part: Part): { readonly startMs: number; readonly endMs: number }[] {
    const account = this.#tenant.master.accounts.get(part.account)!;
    const cuts = [];
    for (let startMs = part.startMs; ;) {
      const window = new Window(startMs);
      for (const meter of this.#changed.get(metric)!)
        for (const price of pricesAt(this.#tenant.master, meter.id, account, window)) {
          const whose = tallyAccountOf(price.record, account);
          const { timeZone } = whose.record;
          periodWithin(price.record, whose, window);
          price.cellAt({ dims: {}, atMs: startMs, timeZone, boundary: (ms) => window.boundary(ms) });
        }
      const endMs = Math.min(part.endMs, window.toMs);
      cuts.push({ startMs, endMs });
      if (endMs === part.endMs) return cuts;
      startMs = endMs;
    }
  }

  /** A meter that stays as it was shares samples with one that does not: some would be cut elsewhere. */
  #checkCut(meter: MeterRecord, parts: readonly Part[]): void {
    const looks = (row: Part['rows'][number]) =>
      this.#published.prices.get(row.price)?.cell(row.cell)?.countsEvents === true;
    if (!addsUp(meter) || parts.some(({ rows }) => rows.some(looks)))
      this.#gap(`meter ${meter.id}: a sample lies across a boundary, and prices of metric ${meter.metric} change`);
  }

  /** Whether the price has a cell for it. */
  #charge(
    meter: MeterRecord,
    part: Part,
    price: CompiledPrice,
    {
      row,
      resource,
      quantity,
      isStart,
      whole,
    }: {
      readonly row: Parameters<Ledger['charge']>[0];
      readonly resource: number;
      readonly quantity: bigint;
      readonly isStart: boolean;
      readonly whole: boolean;
    },
  ): boolean {
    const account = this.#tenant.master.accounts.get(part.account)!;
    const tallyAccount = tallyAccountOf(price.record, account);
    const { timeZone } = tallyAccount.record;
    const { key, component } = price.record;
    const period = periodOf(price.record, tallyAccount, row.startMs);
    if (period === undefined) return false;
    const cell =
      partingOf(price.record) === undefined
        ? price.cellAt({ dims: {}, atMs: row.startMs, timeZone, boundary: () => undefined })
        : price.cell(this.#cellOf(part, price) ?? '');
    if (cell === undefined) {
      if (partingOf(price.record) !== undefined)
        this.#gap(
          `price ${key}: rows of meter ${meter.id} do not say its dimensions, but for the cells of a price that parts usage likewise`,
        );
      return false;
    }
    const beyond = beyondTally(price.record);
    if (beyond !== undefined) this.#gap(`price ${key}: ${beyond}`);
    if (cell.countsEvents && !whole)
      this.#gap(`price ${key}: it looks at events, and a sample of meter ${meter.id} lies across a boundary`);
    const { tally } = laneOf(
      { tenant: this.#tenant, groups: this.#groups },
      {
        account,
        tallyAccount,
        period,
        resource: { id: resource, tenant: this.#tenant.id, name: '' },
        meter,
        price,
        cell,
        atMs: row.startMs,
        dims: {},
      },
    );
    if (tally!.entry.id === 0) openTally(this.#state, this.#tenant, tally!, price, row.startMs);
    if (isCrowded(this.#tenant, tally!.entry, price.record))
      this.#gap(`price ${key}: it has more groups than it allows, which refuses samples`);
    const growth = charged(tally!, cell, meter.scale, quantity, isStart ? 1n : 0n);
    if (growth === undefined) this.#gap(`price ${key}: a tally or its charge passes its bound, which refuses samples`);
    this.draft.charge(row, { ...price.record, component }, growth?.charge ?? 0n);
    return true;
  }

  /** The cell that the part fell on under a published price that parts usage in the same way; undefined where none did. */
  #cellOf(part: Part, { record }: CompiledPrice): string | undefined {
    const parting = partingOf(record);
    return part.rows.find(({ price }) => {
      const known = this.#published.prices.get(price);
      return known !== undefined && partingOf(known.record) === parting;
    })?.cell;
  }

  /** A published price that the draft keeps acts from its place in the log on, which rows do not say: it must have acted on all. */
  #checkKept({ logTimeMs }: StoredSample['row'], meter: MeterRecord, part: Part): void {
    const account = this.#published.accounts.get(part.account)!;
    const inForce = pricesAt(this.#published, meter.id, account, new Window(part.startMs));
    for (const { record } of this.#tenant.master.pricesByMeter.get(meter.id) ?? []) {
      if (!this.#kept.has(record.id) || record.effectiveFromMs > part.startMs) continue;
      const isLate = this.#history.publishedMs(this.#tenant.id, record.id) >= logTimeMs;
      // Control messages alone may date it too early: then it is in force and did not charge what it would have.
      const isAbsent =
        partingOf(record) === undefined &&
        inForce.some((price) => price.record.id === record.id) &&
        part.rows.every(({ price }) => price !== record.id);
      if (isLate || isAbsent)
        this.#gap(
          `price ${record.key}: it was published while usage of meter ${meter.id} was already rated, and stays as it was`,
        );
    }
  }

  #gap(what: string): void {
    this.gaps.add(what);
  }
}

/** Whether rows are shares of what was sent, so that any price can be put to them. */
const addsUp = (meter: MeterRecord): boolean => adds(meter) || meter.aggregation === 'count';

/** How a price parts usage by dimensions; undefined when it does not. */
function partingOf({ model }: PriceRecord): string | undefined {
  if (model.kind === 'grouped') return JSON.stringify([model.by, model.groupsMax]);
  if (model.kind !== 'matrix') return undefined;
  const rules = model.rules.map(({ name, match }) => [
    name,
    Object.entries(match).toSorted(([a], [b]) => compareText(a, b)),
  ]);
  return JSON.stringify([rules, model.otherwise !== undefined]);
}

/** Why a charge is not a function of the rows of one month alone; undefined when it is. */
function beyondTally({ model, rollover, prorate, period, tallyScope }: PriceRecord): string | undefined {
  if (period !== undefined) return 'rows are read by the month, and its tallies are of other periods';
  if (tallyScope === 'subtree')
    return 'what a subtree shares is charged to its accounts when the period closes, which is in the log';
  if (rollover !== undefined) return 'what is left of its allowance goes on when a period closes, which is in the log';
  if (prorate !== undefined)
    return 'versions that came in mid-period changed its figures from their place in the log on';
  return model.kind === 'spot' ? 'points of its series come, late and corrected, in the log' : undefined;
}

const isCrowded = ({ cellCounts }: Tenant, entry: TallyEntry, { model }: PriceRecord): boolean =>
  model.kind === 'grouped' && (cellCounts.get(cellsKey(entry)) ?? 0) > model.groupsMax;
