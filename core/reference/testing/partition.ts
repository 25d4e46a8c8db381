/** Small partitions for the tests of the reference engine: one tenant, inputs written by hand. */
import type { BatchBody } from '../../metering/batch.ts';
import type { AccountRecord, ControlChange, MeterRecord, PriceRecord } from '../../messages/control.ts';
import { ReferenceEngine, type Input, type InputOutcome, type Ports } from '../engine.ts';
import { text } from '../number.ts';

/** Hashes and signatures that a test can read; the engine is handed them, so what they are does not matter to it. */
export const ports: Ports = {
  sha256: (bytes) => String.fromCharCode(...bytes).slice(-4000),
  verifySignature: (publicKey) => publicKey === 'good',
  readText: (bytes) => String.fromCharCode(...bytes),
};

const bytesOf = (words: string) => Uint8Array.from(words, (letter) => letter.charCodeAt(0));

export const account = (id: number, parent: number, more: Partial<AccountRecord> = {}): ControlChange => ({
  kind: 'account', id, slug: `a${id}`, name: `a${id}`, parent, type: 'project', timeZone: 'Europe/Berlin', ...more,
}); // prettier-ignore

export const owner = (resource: string, id: number, fromMs = 0): ControlChange => ({
  kind: 'ownership',
  resource,
  account: id,
  fromMs,
});

export const meter = (id: string, more: Partial<MeterRecord> = {}): ControlChange => ({
  kind: 'meter', id, metric: id, unit: '1', scale: 0, aggregation: 'sum', filter: {}, ...more,
}); // prettier-ignore

export const price = (id: number, meterId: string, unitPrice: string, more: Partial<PriceRecord> = {}): ControlChange => ({
  kind: 'price', id, key: `p${id}`, version: 1, service: 'service', component: meterId, meter: meterId, currency: 'EUR', account: 0,
  effectiveFromMs: 0, tallyScope: 'account', unit: { name: '1', numerator: '1', denominator: '1' }, allowance: '0',
  model: { kind: 'perUnit', unitPrice }, ...more,
}); // prettier-ignore

export interface TestSample {
  readonly resource?: string;
  readonly metric?: string;
  readonly kind?: 'delta' | 'level';
  readonly startMs: number;
  readonly durationMs?: number;
  readonly quantity: number | string;
}

/** A tenant `t` with the agent `p`, and shorthands to feed it. */
export class TestPartition {
  readonly engine = new ReferenceEngine(0, ports);
  /** All that it took, for another engine to take as well. */
  readonly inputs: Input[] = [];
  #controls = 0;
  #usages = 0;
  #seq = 0;
  timeMs = 0;

  constructor(...changes: ControlChange[]) {
    this.control(
      { kind: 'tenant', id: 't', name: 'T', currency: 'EUR', timeZone: 'Europe/Berlin' },
      {
        kind: 'producer',
        id: 'p',
        type: 'agent',
        simulated: false,
        enabled: true,
        keys: [{ id: 'key', publicKey: 'good' }],
      },
      ...changes,
    );
  }

  control(...changes: ControlChange[]): InputOutcome {
    this.#controls += 1;
    const message = { v: 1, tenant: 't', seq: this.engine.state.controlMark + 1, auditId: '', trace: '', changes };
    const data = bytesOf(JSON.stringify(message));
    return this.#take({
      stream: 'control',
      subject: 'control.0.t',
      seq: this.#controls,
      timeMs: this.timeMs,
      data,
    });
  }

  send(...samples: TestSample[]): InputOutcome {
    this.#seq += 1;
    return this.usage(this.body(this.#seq, samples));
  }

  body(seq: number, samples: readonly TestSample[], more: Partial<BatchBody> = {}): BatchBody {
    const last = this.engine.state.tracks.get('t p')?.hashes.at(-1)?.[1];
    return {
      v: 1, tenant: 't', producer: 'p', epoch: { startedAtMs: 1, nonce: '0123456789abcdef' }, seq, prev: last ?? '', trace: '',
      resources: samples.map(({ resource }) => resource ?? 'r'),
      metrics: samples.map(({ metric, kind }) => ({ name: metric ?? 'm', unit: '1', scale: 0, kind: kind ?? 'delta' })),
      dims: [],
      ticks: samples.map(({ startMs, durationMs }) => [startMs, durationMs ?? 0, 0]),
      baseMs: 0,
      series: samples.map((_, i) => [i, i, -1]),
      s: samples.map((_, i) => i),
      k: samples.map((_, i) => i),
      q: samples.map(({ quantity }) => quantity),
      raw: samples.map(() => null),
      ...more,
    }; // prettier-ignore
  }

  usage(body: unknown, subject = 'usage.0.t.p'): InputOutcome {
    this.#usages += 1;
    const data = bytesOf(`${'s'.repeat(86)}\nkey\n${JSON.stringify(body)}`);
    return this.#take({ stream: 'usage', subject, seq: this.#usages, timeMs: this.timeMs, data });
  }

  #take(input: Input): InputOutcome {
    this.inputs.push(input);
    return this.engine.take(input);
  }

  /** Total of an account in the month that begins at `startMs`. */
  total(id: number, startMs: number): string {
    const balance = this.engine.state.balances.get(`t ${id} ${startMs} EUR`);
    return balance === undefined ? 'none' : text(balance.total);
  }
}

/** Rows in short: "account price start+duration quantity amount". */
export const brief = (outcome: InputOutcome): string[] =>
  outcome.rows.map(
    (row) => `${row.account} ${row.price} ${row.startMs}+${row.durationMs} ${text(row.quantity)} ${text(row.amount)}`,
  );
