/** Writes the batches of random producers, sound ones and harmed ones. */
import type { BatchBody } from '../../metering/batch.ts';
import { type Action } from './actions.ts';
import { metrics, monthsMs, resources } from '../testing/ground.ts';

export type BatchAction = Extract<Action, { kind: 'batch' }>;

export interface Encoding {
  sha256(bytes: Uint8Array): string;
  /** Text as UTF-8. */
  bytes(text: string): Uint8Array;
}

/** Harms that the rater takes for a batch of its producer, refused or not: the next one follows from it. */
const taken: readonly (string | null)[] = [null, 'prev', 'columns', 'fact', 'word', 'unit', 'epoch'];

/** What a producer says whose spool was full. */
const fact = { fromMs: 1, toMs: 2, readings: 3, sliceMs: 4 };

const dimsCount = 2;
type Entry = readonly [resource: number, metric: number, dims: number];
const seriesOf = (metricCount: number): Entry[] =>
  resources.flatMap((_, resource) =>
    Array.from({ length: metricCount }).flatMap((__, metric) =>
      Array.from({ length: dimsCount + 1 }, (___, dims): Entry => [resource, metric, dims - 1]),
    ),
  );
const indexIn = (metricCount: number, [resource, metric, dims]: Entry): number =>
  (resource * metricCount + metric) * (dimsCount + 1) + dims + 1;

export class Batches {
  readonly #encoding: Encoding;
  readonly #last = new Map<string, { readonly seq: number; readonly hash: string }>();
  #epochMs = 1;

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  /** `months`: how many have begun; no sample lies beyond. */
  write(action: BatchAction, months: number): { readonly subject: string; readonly data: Uint8Array } {
    const { tenant, producer, harm } = action;
    if (harm === 'epoch') {
      this.#epochMs += 1;
      this.#last.clear();
    }
    const key = `${tenant} ${producer}`;
    const body = harmed(this.#body(action, months, this.#last.get(key) ?? { seq: 0, hash: '' }), harm);
    const text = this.#encoding.bytes(JSON.stringify(body) + (harm === 'bytes' ? ' '.repeat(600_000) : ''));
    const bytes = harm === 'notUtf8' ? joined(text, Uint8Array.of(0xff)) : text;
    if (taken.includes(harm)) this.#last.set(key, { seq: body.seq, hash: this.#encoding.sha256(bytes) });
    const signature = (harm === 'signature' ? 'bad' : 'good').padEnd(86, '-');
    const head = this.#encoding.bytes(`${signature}\n${harm === 'key' ? 'unknown' : 'key'}\n`);
    const subject = `usage.0.${harm === 'subject' ? 'nobody' : tenant}.${harm === 'stranger' ? 'stranger' : producer}`;
    return { subject, data: joined(head, bytes) };
  }

  #body(
    { tenant, producer, samples, month }: BatchAction,
    months: number,
    last: { seq: number; hash: string },
  ): BatchBody {
    // Some batches carry a dictionary of their own; most the same one, as producers do.
    const own = samples.map(({ resource, metric, dims }): Entry => [resource, metric, dims]);
    const count = metrics.length - (own.some(([, metric]) => metric === metrics.length - 1) ? 0 : 1);
    const isOwn = samples.length % 4 === 3;
    const series = isOwn ? own : seriesOf(count);
    const s = own.map((entry, i) => (isOwn ? i : indexIn(count, entry)));
    return {
      v: 1, tenant, producer, epoch: { startedAtMs: this.#epochMs, nonce: '00000000000000ab' }, seq: last.seq + 1, prev: last.hash, trace: 'tr',
      resources, metrics: metrics.slice(0, count), dims: [{ mode: 'user', core: '1' }, { core: '1', mode: 'idle' }],
      ticks: samples.map((sample) => [sample.startMs, sample.durationMs, 0]), baseMs: monthsMs[Math.min(month, months)]!,
      series, s, k: samples.map((_, i) => i),
      q: samples.map((sample) => sample.quantity), raw: samples.map(() => null),
      ...(samples.length % 4 === 2 ? { notes: [{ kind: 'coalesced', series: -1, detail: '', coalesced: fact }] } : {}),
      // In the past, and in the future, which counts up to log time.
      ...(samples.length % 5 < 2 ? { completeUntilMs: monthsMs[Math.min(month, months)]! * (1 + (samples.length % 5)) } : {}),
    }; // prettier-ignore
  }
}

function harmed(body: BatchBody, how: string | null): BatchBody {
  if (how === 'mismatch') return { ...body, producer: 'other' };
  if (how === 'prev') return { ...body, prev: 'nonsense' };
  if (how === 'columns') return { ...body, k: [...body.k, 0] };
  if (how === 'fact') return { ...body, notes: [{ kind: 'coalesced', series: -1, detail: '', coalesced: { ...fact, toMs: 0 } }] }; // prettier-ignore
  if (how === 'word') return { ...body, completeUntilMs: 1e13 };
  if (how === 'unit') return { ...body, metrics: body.metrics.map((metric) => ({ ...metric, unit: 'kg' })) };
  if (how === 'ahead') return { ...body, seq: body.seq + 2 };
  if (how === 'reuse') return { ...body, seq: Math.max(1, body.seq - 1), trace: 'other' };
  return body;
}

export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
