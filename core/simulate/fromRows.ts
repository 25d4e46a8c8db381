/**
 * A draft price list over stored rows instead of the log: meters of which the draft changes no price keep their rows as they are,
 * those of the others are priced anew, sample by sample in the order of the log. What rows cannot tell is named in `gaps`.
 */
import type { MeterRecord } from '../messages/control.ts';
import type { TallyEntry } from '../messages/rated.ts';
import type { PriceRecord } from '../messages/price.ts';
import type { CompiledPrice } from '../pricing/compiled.ts';
import { AMOUNT_SCALE, divideRounded, pow10 } from '../money/fixed.ts';
import { compareText, pricesAt, Window } from '../rating/attribution.ts';
import { Groups } from '../rating/block.ts';
import { adds, charged } from '../rating/measures.ts';
import { laneOf } from '../rating/plan.ts';
import { cellsKey, emptyState, type Master, type Tenant } from '../rating/state.ts';
import { openTally } from '../rating/tally.ts';
import { periodOf, periodWithin, tallyAccountOf } from '../rating/tallyPlace.ts';
import { instantMs, type Block } from '../reference/audit/blocks.ts';
import { placed } from './draft.ts';
import type { History } from './history.ts';
import { Ledger, picoOf, type Stretch } from './ledger.ts';

export interface RowsOptions extends Stretch {
  /** The whole price list; what it does not name has no price. Ids do not matter. */
  readonly prices: readonly PriceRecord[];
  readonly history: History;
}

/** What fell on an account of a sample: a row, or the rows of several components, which say the same. */
interface Part {
  readonly account: number;
  readonly startMs: number;
  readonly endMs: number;
  /** In the meter's units at its scale. */
  readonly quantity: bigint;
  /** Price and cell of each row; price 0 for none. */
  readonly rows: { readonly price: number; readonly cell: string }[];
}

/** Parts of one sample that one meter took, by their start. */
type Sample = Map<number, Part>;

interface Batch {
  readonly usageSeq: string;
  readonly logTimeMs: number;
  /** By index of the sample and meter. */
  readonly samples: Map<
    string,
    { readonly index: number; readonly meter: MeterRecord; readonly parts: Sample; resource: number }
  >;
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
  #batch: Batch | undefined;

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
    this.charged.add(block);
    const meter = this.#published.meters.get(block.scalar('meter'));
    const kind = block.scalar('kind');
    const isRow = kind === 'usage' || kind === 'unpriced';
    if (meter === undefined || !this.#isChanged(meter)) this.draft.add(block);
    if (meter !== undefined && isRow && this.#changed.has(meter.metric)) this.#collect(block, meter);
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
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch === undefined) return;
    const samples = [...batch.samples.values()].toSorted((a, b) => a.index - b.index);
    for (const { index, meter, parts, resource } of samples) {
      const inOrder = [...parts.values()].toSorted((a, b) => a.startMs - b.startMs);
      this.#rate(batch, String(index), meter, inOrder, resource);
    }
  }

  #collect(block: Block, meter: MeterRecord): void {
    const usageSeq = block.scalar('usage_seq');
    if (this.#batch?.usageSeq !== usageSeq) {
      this.finish();
      this.#batch = { usageSeq, logTimeMs: instantMs(block.scalar('log_time')), samples: new Map() };
    }
    const { samples } = this.#batch!;
    const [account, firstMs] = [Number(block.scalar('account')), instantMs(block.scalar('first'))];
    const row = { price: Number(block.scalar('price')), cell: block.scalar('cell') };
    const [resources, offsets, durations, quantities] = [
      block.list('resource'), block.list('offset'), block.list('duration'), block.list('quantities'),
    ]; // prettier-ignore
    block.list('idx').forEach((index, at) => {
      const key = `${index} ${meter.id}`;
      let sample = samples.get(key);
      if (sample === undefined)
        samples.set(key, (sample = { index: Number(index), meter, parts: new Map(), resource: Number(resources[at]) }));
      const startMs = firstMs + Number(offsets[at]);
      const known = sample.parts.get(startMs);
      if (known !== undefined) return void known.rows.push(row);
      const quantity = picoOf(quantities[at]!) / pow10(AMOUNT_SCALE - meter.scale);
      sample.parts.set(startMs, { account, startMs, endMs: startMs + Number(durations[at]), quantity, rows: [row] });
    });
  }

  #rate(batch: Batch, index: string, meter: MeterRecord, parts: readonly Part[], resource: number): void {
    const cuts = parts.map((part) => this.#cut(meter, part));
    const whole = cuts.length === 1 && cuts[0]!.length === 1;
    if (!this.#isChanged(meter)) return whole ? undefined : this.#checkCut(meter, parts);
    const { aggregation } = meter;
    if (!addsUp(meter))
      return this.#gap(
        `meter ${meter.id}: its rows say by how much a tally of aggregation ${aggregation} grew, not what was measured`,
      );
    parts.forEach((part, at) => {
      this.#checkKept(batch, meter, part);
      for (const { startMs, endMs } of cuts[at]!) {
        const quantity = shareOf(meter, parts, part, startMs, endMs);
        const row = { account: part.account, usageSeq: batch.usageSeq, index, startMs, logTimeMs: batch.logTimeMs };
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
    if (price.record.period !== undefined)
      this.#gap(`price ${key}: rows are read by the month, and its tallies are of other periods`);
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
  #checkKept({ logTimeMs }: Batch, meter: MeterRecord, { startMs }: Part): void {
    for (const { record } of this.#tenant.master.pricesByMeter.get(meter.id) ?? [])
      if (
        this.#kept.has(record.id) &&
        record.effectiveFromMs <= startMs &&
        this.#history.publishedMs(this.#tenant.id, record.id) >= logTimeMs
      )
        this.#gap(
          `price ${record.key}: it was published while usage of meter ${meter.id} was already rated, and stays as it was`,
        );
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

const isCrowded = ({ cellCounts }: Tenant, entry: TallyEntry, { model }: PriceRecord): boolean =>
  model.kind === 'grouped' && (cellCounts.get(cellsKey(entry)) ?? 0) > model.groupsMax;

/** What of a part falls between two instants, as the sample is cut (SPEC §4.5). */
function shareOf(meter: MeterRecord, parts: readonly Part[], part: Part, fromMs: number, toMs: number): bigint {
  if (fromMs === part.startMs && toMs === part.endMs) return part.quantity;
  const span = BigInt(toMs - fromMs);
  if (meter.aggregation === 'count') return fromMs === part.startMs ? part.quantity : 0n;
  if (meter.aggregation === 'timeWeighted') return (part.quantity * span) / BigInt(part.endMs - part.startMs);
  const [startMs, endMs] = [parts[0]!.startMs, parts.at(-1)!.endMs];
  const all = parts.reduce((sum, { quantity }) => sum + quantity, 0n);
  const upTo = (ms: number) => divideRounded(all * BigInt(ms - startMs), BigInt(endMs - startMs), 'halfEven');
  return upTo(toMs) - upTo(fromMs);
}
