/** A random organisation and the messages that its producers and billing send, drawn from fast-check: for property tests. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { AgreementTerms } from '../messages/agreement.ts';
import type { BatchBody } from '../metering/batch.ts';
import type { ControlChange, ControlMessage, PriceModel, PriceRecord } from '../messages/control.ts';
import type { Input, Ports } from '../rating/admit.ts';

export const zone = 'Europe/Berlin';
/** Some minutes before the end of October 2026 in Berlin: months end and the clock goes back while the world runs. */
export const worldStartMs = Date.UTC(2026, 9, 31, 22, 40);

/** Borders of its months. */
const monthsMs = [Date.UTC(2026, 8, 30, 22), Date.UTC(2026, 9, 31, 23)];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url');
const signatureOf = (key: string, body: Uint8Array): string =>
  sha256(Buffer.concat([Buffer.from(key), body])).repeat(2);

/** Real hashes, and a signature scheme that is quick and still depends on key and body. */
export const testPorts: Ports = {
  hash: sha256,
  verify: (publicKey, body, signature) => signature === signatureOf(publicKey, body),
  text: (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes),
};

const decimal = (whole: number, digits: number) =>
  fc.tuple(fc.nat(whole), fc.nat(10 ** digits - 1)).map(([a, b]) => `${a}.${String(b).padStart(digits, '0')}`);

const model: fc.Arbitrary<PriceModel> = fc.oneof(
  decimal(50, 6).map((unitPrice) => ({ kind: 'perUnit' as const, unitPrice })),
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 40 }), decimal(9, 4), decimal(2, 2)), { minLength: 1, maxLength: 4 })
    .map((tiers) => {
      let upTo = 0;
      const last = tiers.length - 1;
      return {
        kind: 'graduated' as const,
        tiers: tiers.map(([width, unitPrice, flat], i) => ({
          upTo: i === last ? null : `${(upTo += width)}.5`,
          unitPrice,
          flat,
        })),
      };
    }),
);

const price = fc.record({
  component: fc.constantFrom('cpu', 'cpu', 'cpu', 'extra'),
  meter: fc.constantFrom('cpu', 'cpu', 'memory'),
  account: fc.constantFrom(0, 0, 0, 2, 3),
  effectiveOffsetMs: fc.option(fc.nat(3_600_000), { nil: null }),
  tallyScope: fc.constantFrom('resource' as const, 'account' as const, 'subtree' as const),
  period: fc.constantFrom<PriceRecord['period']>(
    undefined,
    undefined,
    { kind: 'calendar', interval: 'quarter' },
    { kind: 'calendar', interval: 'week', weekStart: 7 },
    { kind: 'list', dates: ['2026-10-01', '2026-11-01'] },
  ),
  allowance: decimal(3, 2),
  model,
});

const budget = fc.record({ account: fc.integer({ min: 1, max: 4 }), amount: decimal(40, 2), enabled: fc.boolean() });

/** From the month in which the world begins; a segment of it and the next. */
const agreed: readonly AgreementTerms[] = [
  { kind: 'discount', order: 1, take: { kind: 'percent', percent: '10' }, base: 'left', duration: { kind: 'once' } },
  { kind: 'discount', order: 2, take: { kind: 'amount', amount: '7' }, base: 'left', maximumTotal: '10', duration: { kind: 'forever' } },
  ...(['advance', 'arrears'] as const).map((payment): AgreementTerms => ({
    kind: 'commitment', segments: [{ fromMs: monthsMs[0]!, toMs: Date.UTC(2026, 10, 30, 23), amount: '25.5' }], coveredPercent: '90', overagePercent: '120', payment, basis: 'net',
  })),
  { kind: 'bound', scope: { kind: 'subtree' }, minimum: '3', maximum: '20.123', minimumBasis: 'net', prorate: { minimum: true, maximum: false } },
]; // prettier-ignore

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('next' as const), producer: fc.nat(2), samples: fc.array(fc.tuple(fc.nat(3), fc.constantFrom(0, 0, 0, 1, 1, 2, 3), fc.nat(90_000_000)), { minLength: 1, maxLength: 6 }), gapMs: fc.nat(600_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), producer: fc.nat(2), back: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ahead' as const), producer: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tampered' as const), producer: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('epoch' as const), producer: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('price' as const), price }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('budget' as const), budget, id: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), id: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('later' as const), byMs: fc.constantFrom(600_000, 1_800_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('agreement' as const), terms: fc.constantFrom(...agreed), account: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), untilMs: fc.constantFrom(...monthsMs) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), fromMs: fc.constantFrom(...monthsMs) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('owner' as const), resource: fc.nat(3), account: fc.integer({ min: 1, max: 4 }), offsetMs: fc.nat(3_600_000) }) },
); // prettier-ignore

/** A start and a list of steps; `inputsOf` turns it into the messages of the two streams, in the order of record. */
export const world = fc.record({
  prices: fc.array(price, { minLength: 1, maxLength: 4 }),
  budgets: fc.array(budget, { maxLength: 3 }),
  steps: fc.array(step, { minLength: 5, maxLength: 60, size: 'large' }),
});
export type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

export interface WorldInput extends Input {
  readonly stream: 'usage' | 'control';
}

export function inputsOf({ prices, budgets, steps }: World): WorldInput[] {
  return new Script(prices, budgets).run(steps);
}

class Script {
  readonly #inputs: WorldInput[] = [];
  readonly #next = { usage: 1, control: 1 };
  #timeMs = worldStartMs;
  #priceId = 0;
  readonly #versions = new Map<string, number>();
  readonly #producers = [0, 1, 2].map((i) => ({
    id: `p${i}`,
    key: `key-${i}`,
    epoch: 0,
    seq: 0,
    prev: '',
    endMs: worldStartMs - 600_000,
    sent: [] as Uint8Array[],
  }));

  constructor(prices: World['prices'], budgets: World['budgets']) {
    this.#control([
      { kind: 'tenant', id: 't', name: 'T', currency: 'EUR', timeZone: zone },
      ...[[1, 0], [2, 1], [3, 2], [4, 1]].map(([id, parent]) => ({ kind: 'account' as const, id: id!, slug: `a${id}`, name: `A${id}`, parent: parent!, type: 'project' as const, timeZone: zone })),
      { kind: 'account', id: 5, slug: 'suspense', name: 'S', parent: 1, type: 'suspense', timeZone: zone },
      ...this.#producers.map(({ id, key }, i) => ({ kind: 'producer' as const, id, type: i === 2 ? ('gateway' as const) : ('agent' as const), simulated: false, enabled: true, keys: [{ id: key, publicKey: key }] })),
      { kind: 'ownership', resource: 'host/*', account: 3, fromMs: 0 },
      { kind: 'ownership', resource: 'host/1', account: 4, fromMs: worldStartMs + 300_000 },
      { kind: 'meter', id: 'cpu', metric: 'cpu.time', unit: 'us', scale: 0, aggregation: 'sum', filter: { mode: ['user', 'system'] } },
      { kind: 'meter', id: 'memory', metric: 'memory.used', unit: 'By', scale: 0, aggregation: 'timeWeighted', filter: {} },
      ...prices.map((entry) => this.#price(entry)),
      ...budgets.map((entry, i) => this.#budget(entry, i)),
    ]); // prettier-ignore
  }

  run(steps: World['steps']): WorldInput[] {
    for (const one of steps) this.#step(one);
    return this.#inputs;
  }

  #step(one: World['steps'][number]): void {
    this.#timeMs += 20_000;
    switch (one.kind) {
      case 'next':
        return this.#usage(one.producer, this.#body(one.producer, one.samples, one.gapMs, 1));
      case 'again': {
        const sent = this.#producers[one.producer]!.sent.at(-1 - one.back);
        return sent === undefined ? undefined : this.#push('usage', `usage.0.t.p${one.producer}`, sent);
      }
      case 'ahead':
        return this.#usage(one.producer, this.#body(one.producer, [[0, 0, 5]], 0, 3), false);
      case 'tampered': {
        const message = Buffer.from(
          this.#envelope(one.producer, Buffer.from(JSON.stringify(this.#body(one.producer, [[0, 0, 5]], 0, 1)))),
        );
        message[message.length - 10]! ^= 1;
        return this.#push('usage', `usage.0.t.p${one.producer}`, message);
      }
      case 'epoch': {
        const producer = this.#producers[one.producer]!;
        Object.assign(producer, { epoch: producer.epoch + 1, seq: 0 });
        return;
      }
      case 'price':
        return this.#control([this.#price(one.price)]);
      case 'budget':
        return this.#control([this.#budget(one.budget, one.id)]);
      case 'reset':
        return this.#control([{ kind: 'budgetReset', budget: `b${one.id}`, reason: 'test' }]);
      case 'later':
        this.#timeMs += one.byMs;
        return;
      case 'agreement':
        return this.#control([this.#agreement(one)]);
      case 'close':
        return this.#control([{ kind: 'close', account: 1, untilMs: one.untilMs, reason: '' }]);
      case 'reopen':
        return this.#control([{ kind: 'reopen', account: 1, fromMs: one.fromMs, reason: '', approvedBy: 'b' }]);
      case 'owner':
        return this.#control([
          {
            kind: 'ownership',
            resource: `host/${one.resource}`,
            account: one.account,
            fromMs: worldStartMs + one.offsetMs,
          },
        ]);
    }
  }

  #price(entry: World['prices'][number]): ControlChange {
    const key = `${entry.meter}-${entry.component}-${entry.account}`;
    const version = (this.#versions.get(key) ?? 0) + 1;
    this.#versions.set(key, version);
    const { effectiveOffsetMs, period, ...rest } = entry;
    const tallyScope = entry.account === 0 && entry.tallyScope === 'subtree' ? 'account' : entry.tallyScope;
    const unit =
      entry.meter === 'cpu'
        ? { name: 'vCPU·min', numerator: '1', denominator: '60000000' }
        : { name: 'KiB·h', numerator: '7', denominator: '25804800001' };
    const effectiveFromMs = effectiveOffsetMs === null ? 0 : worldStartMs + effectiveOffsetMs;
    return {
      kind: 'price',
      id: ++this.#priceId,
      key,
      version,
      service: 's',
      currency: 'EUR',
      effectiveFromMs,
      unit,
      ...rest,
      tallyScope,
      ...(period === undefined ? {} : { period }),
    };
  }

  #agreement({ terms, account }: Extract<World['steps'][number], { kind: 'agreement' }>): ControlChange {
    const id = ++this.#priceId;
    const key = `${terms.kind}-${agreed.indexOf(terms)}-${account}`;
    const numbered = terms.kind === 'discount' ? { ...terms, order: account * 10 + terms.order } : terms;
    return {
      kind: 'agreement', id, key, version: id, service: 's', component: 'agreed', currency: 'EUR', account, fromMs: monthsMs[0]!,
      toMs: null, name: key, terms: numbered,
    }; // prettier-ignore
  }

  #budget(entry: World['budgets'][number], index: number): ControlChange {
    const thresholds = [
      { percent: '50', action: 'notify' as const },
      { percent: '80.5', action: 'throttle' as const },
      { percent: '100', action: 'block' as const },
    ];
    return {
      kind: 'budget',
      id: `b${index}`,
      name: `B${index}`,
      currency: 'EUR',
      period: 'month',
      thresholds,
      targets: ['x'],
      ...entry,
      account: index + 1,
    };
  }

  #body(
    index: number,
    samples: readonly (readonly [number, number, number])[],
    gapMs: number,
    skip: number,
  ): BatchBody {
    const producer = this.#producers[index]!;
    const startMs = producer.endMs + (gapMs % 7 === 0 ? -5000 : 0);
    const endMs = startMs + 10_000 + gapMs;
    return {
      v: 1, tenant: 't', producer: producer.id, epoch: { startedAtMs: 1000 + producer.epoch, nonce: '00000000000000ff' }, seq: producer.seq + skip, prev: producer.prev, trace: '',
      resources: ['host/0', 'host/1', 'host/2', 'elsewhere'],
      metrics: [{ name: 'cpu.time', unit: 'us', scale: 0, kind: 'delta' }, { name: 'memory.used', unit: 'By', scale: 0, kind: 'level' }, { name: 'odd', unit: '1', scale: 2, kind: 'delta' }],
      dims: [{ mode: 'user' }, { mode: 'idle' }],
      baseMs: startMs, ticks: [[0, endMs - startMs, 0], [0, 0, 0]],
      series: [0, 1, 2, 3].flatMap((resource) => [[resource, 0, 0], [resource, 1, -1], [resource, 2, -1], [resource, 0, 1]] as [number, number, number][]),
      s: samples.map(([resource, metric]) => resource * 4 + metric),
      k: samples.map(([, , q]) => (q % 11 === 0 ? 1 : 0)),
      q: samples.map(([, , q]) => q), raw: samples.map(() => null),
      ...(gapMs % 3 === 0 ? { notes: [{ kind: 'coalesced', series: -1, detail: '', coalesced: { fromMs: startMs, toMs: endMs, readings: 1 + gapMs, sliceMs: 900_000 } }] } : {}),
      ...(gapMs % 5 === 0 ? { completeUntilMs: endMs + gapMs } : {}),
    }; // prettier-ignore
  }

  #usage(index: number, body: BatchBody, isTaken = true): void {
    const producer = this.#producers[index]!;
    const bytes = Buffer.from(JSON.stringify(body));
    const message = this.#envelope(index, bytes);
    this.#push('usage', `usage.0.t.${producer.id}`, message);
    if (!isTaken) return;
    const { startMs, endMs } = { startMs: body.baseMs, endMs: body.baseMs + body.ticks[0]![1] };
    Object.assign(producer, { seq: body.seq, prev: sha256(bytes), endMs: Math.max(startMs, endMs) });
    producer.sent.push(message);
  }

  #envelope(index: number, body: Uint8Array): Uint8Array {
    const { key } = this.#producers[index]!;
    return Buffer.concat([Buffer.from(`${signatureOf(key, body)}\n${key}\n`), body]);
  }

  #control(changes: readonly ControlChange[]): void {
    const seq = this.#next.control;
    const message: ControlMessage = { v: 1, tenant: 't', seq, auditId: `audit-${seq}`, trace: '', changes };
    this.#push('control', 'control.0.t', Buffer.from(JSON.stringify(message)));
  }

  #push(stream: 'usage' | 'control', subject: string, data: Uint8Array): void {
    this.#inputs.push({ stream, subject, seq: this.#next[stream]++, timeMs: this.#timeMs, data });
  }
}
