/** A small stand-in for the rater: valid, chained commits with random charges, and what they should add up to. */
import { blockColumns, type BalanceEntry, type CommitHeader, type Refusal } from '#core/messages/rated.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { sha256 } from '#platform/crypto.ts';
import { tsvInstant } from '#platform/clickhouse/index.ts';

export interface GeneratorOptions {
  readonly partition: number;
  readonly seed?: number;
  /** Log time of the first commit, UTC ms; each further commit is a second later. */
  readonly startMs?: number;
  readonly tenants?: readonly string[];
}

export interface BlockSpec {
  /** Usage of the month, booked in the next one. */
  readonly late?: boolean;
  readonly tenant?: string;
  readonly account?: number;
  readonly samples?: number;
  /** Amount of each row in pico; random when absent. */
  readonly amountPico?: bigint;
  readonly startMs?: number;
  readonly stepMs?: number;
  readonly service?: string;
  readonly kind?: string;
  readonly currency?: string;
  /** How often a row is a further one of its sample: 0 for never. */
  readonly secondaryShare?: number;
  /** Quantity of each row, decimal text. */
  readonly quantity?: string;
}

const periodStartMs = Date.UTC(2026, 9, 31, 23);
const periodEndMs = Date.UTC(2026, 10, 30, 23);
const nextPeriod = { periodStartMs: periodEndMs, periodEndMs: Date.UTC(2026, 11, 31, 23) };
const resourceNames = ['web-1', 'web-2', 'db:orders', 'web-1/ctr-3f2a'];
/** A tenant is on one partition. */
const tenantsOf = (partition: number): readonly string[] => [`northwind-${partition}`, `southwind-${partition}`];

/** Chains of accounts from the root: 1 is the root, 2 and 5 its children, 3 and 4 below 2. */
export const chains: Readonly<Record<number, readonly number[]>> = {
  1: [1],
  2: [1, 2],
  3: [1, 2, 3],
  4: [1, 2, 4],
  5: [1, 5],
};

export class Generator {
  readonly #options: Required<GeneratorOptions>;
  #random: number;
  #seq = 0;
  #hash = '';
  #incarnation = 0;
  #nonce = '';
  #n = 0;
  #logTimeMs: number;
  #batch = 0;
  #known = new Set<string>();
  #balances = new Map<string, { entry: BalanceEntry; pico: bigint }>();
  rows = 0;
  blocks = 0;
  amountPico = 0n;

  constructor(options: GeneratorOptions) {
    this.#options = { seed: 1, startMs: Date.UTC(2026, 10, 23, 8), tenants: tenantsOf(options.partition), ...options };
    this.#random = this.#options.seed;
    this.#logTimeMs = this.#options.startMs;
  }

  get head(): { seq: number; hash: string; incarnation: number } {
    return { seq: this.#seq, hash: this.#hash, incarnation: this.#incarnation };
  }

  /** A copy that goes on from here on its own: for histories that part. */
  clone(): Generator {
    const copy = new Generator(this.#options);
    copy.#random = this.#random;
    copy.#seq = this.#seq;
    copy.#hash = this.#hash;
    copy.#incarnation = this.#incarnation;
    copy.#nonce = this.#nonce;
    copy.#n = this.#n;
    copy.#logTimeMs = this.#logTimeMs;
    copy.#batch = this.#batch;
    copy.#known = new Set(this.#known);
    copy.#balances = new Map(this.#balances);
    copy.rows = this.rows;
    copy.blocks = this.blocks;
    copy.amountPico = this.amountPico;
    return copy;
  }

  takeover(nonce = `nonce-${this.#next(1e9)}`): Uint8Array {
    const base = { incarnation: this.#incarnation, outSeq: this.#seq, hash: this.#hash };
    this.#incarnation += 1;
    this.#nonce = nonce;
    this.#n = 0;
    return this.#message({ kind: 'takeover', base }, []);
  }

  tick(): Uint8Array {
    return this.#message({ kind: 'commit' }, []);
  }

  /** One commit of random blocks; `specs` fixes what is given. */
  commit(specs: readonly BlockSpec[] = [{}, {}, {}], refusals: readonly Partial<Refusal>[] = []): Uint8Array {
    return this.#message({ kind: 'commit' }, specs, refusals);
  }

  /** Later commits bear a log time this much later. */
  advance(ms: number): void {
    this.#logTimeMs += ms;
  }

  #next(below: number): number {
    this.#random = (Math.imul(this.#random, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((this.#random / 0x8000_0000) * below);
  }

  #message(
    kind: Pick<CommitHeader, 'kind' | 'base'>,
    specs: readonly BlockSpec[],
    refusals: readonly Partial<Refusal>[] = [],
  ): Uint8Array {
    const seq = this.#seq + 1;
    this.#logTimeMs += 1000;
    const resources: { id: number; tenant: string; name: string }[] = [];
    const touched = new Set<string>();
    const lines = specs.map((spec, block) => this.#block(seq, block, spec, resources, touched));
    const rated = { received: this.rows, rated: this.rows, duplicates: 0, refused: 0 };
    const header: CommitHeader = {
      v: 1,
      ...kind,
      partition: this.#options.partition,
      incarnation: this.#incarnation,
      nonce: this.#nonce,
      n: this.#n,
      prev: { seq: this.#seq, hash: this.#hash },
      logTimeMs: this.#logTimeMs,
      inputs: { taken: [], usage: { seq: this.#batch, hash: '' }, control: { seq: 0, hash: '' }, controlMark: 0 },
      producers: [],
      resources,
      tallies: [],
      tallyValues: [],
      series: [],
      ends: [],
      balances: [...touched].map((key) => this.#balances.get(key)!.entry),
      control: [],
      budgets: [],
      alerts: [],
      refusals: refusals.map((refusal) => ({
        tenant: 'northwind', producer: 'host-1', epoch: '1-ab', seq: 1, index: -1, reason: 'malformed', detail: '', samples: 1,
        stream: 'usage', inputSeq: 1, logTimeMs: this.#logTimeMs, ...refusal,
      })), // prettier-ignore
      totals: { samples: rated, batches: rated, alerts: 0, blocks: this.blocks },
      blocks: lines.length,
    };
    const bytes = new TextEncoder().encode(`${JSON.stringify(header)}\n${lines.join('')}`);
    this.#seq = seq;
    this.#hash = sha256(bytes);
    this.#n += 1;
    return bytes;
  }

  #block(
    seq: number,
    block: number,
    spec: BlockSpec,
    resources: { id: number; tenant: string; name: string }[],
    touched: Set<string>,
  ): string {
    const tenant = spec.tenant ?? this.#options.tenants[this.#next(this.#options.tenants.length)]!;
    const account = spec.account ?? 1 + this.#next(5);
    const count = spec.samples ?? 1 + this.#next(6);
    const isFurther = Array.from({ length: count }, () => this.#next(100) < (spec.secondaryShare ?? 0) * 100);
    const secondary = isFurther.flatMap((further, i) => (further ? [i + 1] : []));
    const samples = count - secondary.length;
    const kind = spec.kind ?? 'usage';
    const first = spec.startMs ?? this.#logTimeMs - 60_000 + this.#next(1000);
    const step = spec.stepMs ?? 1000;
    const amounts = Array.from({ length: count }, () =>
      kind === 'usage' ? (spec.amountPico ?? BigInt(this.#next(2e9)) * 997n) : 0n,
    );
    const quantityPico = parseAmount(spec.quantity ?? '2')!;
    const sum = amounts.reduce((total, amount) => total + amount, 0n);
    const ids = amounts.map(() => {
      const index = this.#next(resourceNames.length);
      const name = resourceNames[index]!;
      if (!this.#known.has(`${tenant}|${name}`)) {
        this.#known.add(`${tenant}|${name}`);
        resources.push({ id: index + 1, tenant, name });
      }
      return index + 1;
    });
    const isLate = spec.late === true;
    if (kind === 'usage') this.#charge(tenant, account, sum, touched, isLate, spec.currency ?? 'EUR');
    this.rows += samples;
    this.blocks += 1;
    this.amountPico += sum;
    this.#batch += 1;
    const instant = (ms: number) => tsvInstant(ms).raw;
    const list = (values: readonly unknown[]) => `[${values.join(',')}]`;
    const values: Readonly<Record<(typeof blockColumns)[number][0], unknown>> = {
      partition: this.#options.partition,
      incarnation: this.#incarnation,
      out_seq: seq,
      block,
      tenant,
      account,
      path: list(chains[account]!),
      service: spec.service ?? ['Compute', 'Storage'][account % 2],
      component: 'vCPU',
      meter: account % 2 === 0 ? 'cpu' : 'disk',
      price: kind === 'usage' ? account : 0,
      cell: kind === 'usage' ? ['', 'peak', '["eu","gold"]'][block % 3] : '',
      correction: '',
      reverses: '',
      currency: kind === 'usage' ? (spec.currency ?? 'EUR') : '',
      kind,
      producer: `host-${account}`,
      epoch: '1-ab',
      seq: this.#batch,
      usage_seq: this.#batch,
      log_time: instant(this.#logTimeMs),
      period_start: instant(periodStartMs),
      period_end: instant(periodEndMs),
      booked_start: instant(isLate ? periodEndMs : periodStartMs),
      closed_until: instant(isLate ? periodEndMs : 0),
      first: instant(first),
      last: instant(first + count * step),
      count,
      samples,
      quantity: formatAmount(BigInt(count) * quantityPico),
      amount: formatAmount(sum),
      resource: list(ids),
      idx: list(amounts.map((_, i) => i)),
      offset: list(amounts.map((_, i) => i * step)),
      duration: list(amounts.map(() => step)),
      quantities: list(amounts.map(() => formatAmount(quantityPico))),
      amounts: list(amounts.map(formatAmount)),
      secondary: list(secondary),
    };
    return `${blockColumns.map(([name]) => String(values[name])).join('\t')}\n`;
  }

  #charge(
    tenant: string,
    account: number,
    pico: bigint,
    touched: Set<string>,
    isLate: boolean,
    currency: string,
  ): void {
    const key = `${tenant}|${account}|${isLate}|${currency}`;
    const sum = (this.#balances.get(key)?.pico ?? 0n) + pico;
    const own = formatAmount(sum);
    this.#balances.set(key, {
      pico: sum,
      entry: {
        tenant,
        account,
        ...(isLate ? nextPeriod : { periodStartMs, periodEndMs }),
        currency,
        own,
        total: own,
      },
    });
    touched.add(key);
  }
}
