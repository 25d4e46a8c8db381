/**
 * A scripted rater for tests of the agent: takes batches by the rules of core/SPEC.md section 2, keeps what it took and
 * tells the mark. It rates nothing.
 */
import { decodeEnvelope, type BatchBody } from '#core/metering/batch.ts';
import { streams, subjects } from '#core/messages/names.ts';
import { epochText } from '#core/messages/rated.ts';
import { sha256, verifyBatch, verifyingKey } from '#platform/crypto.ts';
import { connectNats, jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import { compareEpochs } from '../spool/segment.ts';

export class FakeRater implements AsyncDisposable {
  readonly taken: BatchBody[] = [];
  readonly refused: { seq: number; reason: string }[] = [];
  duplicates = 0;
  #refusal: { epoch: string; seq: number; reason: string; detail: string } | null = null;
  readonly #connection: NatsConnection;
  readonly #publicKeys: Readonly<Record<string, string>>;
  readonly #stop = new AbortController();
  readonly #marks = new Map<
    string,
    { epoch: BatchBody['epoch']; seq: number; hash: string; hashes: Map<number, string> }
  >();
  #following: Promise<void> = Promise.resolve();
  /** Takes batches but says nothing of it. */
  silent = false;

  private constructor(connection: NatsConnection, publicKeys: Readonly<Record<string, string>>) {
    this.#connection = connection;
    this.#publicKeys = publicKeys;
  }

  static async start(
    server: { url: string; credentials: string },
    publicKeys: Readonly<Record<string, string>>,
    partition = 0,
  ) {
    const connection = await connectNats({ ...server, role: 'admin' });
    const rater = new FakeRater(connection, publicKeys);
    const log = await jetstreamLog(connection);
    connection.subscribe(subjects.markGetOf(partition), {
      callback: (_error, message) => {
        const [, , , tenant = '', producer = ''] = message.subject.split('.');
        if (!rater.silent) message.respond(JSON.stringify(rater.#mark(tenant, producer)));
      },
    });
    rater.#following = (async () => {
      for await (const message of log.follow(streams.usage(partition), 1, rater.#stop.signal))
        rater.#take(message.data);
    })();
    return rater;
  }

  #mark(tenant: string, producer: string) {
    const known = this.#marks.get(producer);
    const epoch = known === undefined ? '' : epochText(known.epoch);
    return { tenant, producer, partition: 0, epoch, mark: known?.seq ?? 0, logTimeMs: 0, refusal: this.#refusal };
  }

  #tell(tenant: string, producer: string): void {
    if (!this.silent)
      this.#connection.publish(subjects.mark(tenant, producer), JSON.stringify(this.#mark(tenant, producer)));
  }

  #take(data: Uint8Array): void {
    const envelope = decodeEnvelope(data)!;
    const body = JSON.parse(Buffer.from(envelope.body).toString()) as BatchBody;
    const key = verifyingKey(this.#publicKeys[body.producer] ?? '');
    const known = this.#marks.get(body.producer);
    const order = known === undefined ? 1 : compareEpochs(body.epoch, known.epoch);
    const hash = sha256(envelope.body);
    const refuse = (reason: string): void => {
      this.refused.push({ seq: body.seq, reason });
      this.#refusal = { epoch: epochText(body.epoch), seq: body.seq, reason, detail: '' };
      this.#tell(body.tenant, body.producer);
    };
    if (key === undefined || !verifyBatch(key, envelope.body, envelope.signature)) return refuse('unauthentic');
    if (order < 0) return refuse('stale_epoch');
    if (order === 0 && body.seq <= known!.seq) {
      if (known!.hashes.get(body.seq) !== hash) return refuse('seq_reuse');
      this.duplicates++;
      return;
    }
    if (body.seq !== (order === 0 ? known!.seq + 1 : 1)) return refuse('ahead');
    if (order === 0 && body.prev !== known!.hash) refuse('broken_chain');
    else this.taken.push(body);
    const hashes = order === 0 ? known!.hashes : new Map<number, string>();
    this.#marks.set(body.producer, { epoch: body.epoch, seq: body.seq, hash, hashes: hashes.set(body.seq, hash) });
    if (this.refused.at(-1)?.seq !== body.seq) this.#refusal = null;
    this.#tell(body.tenant, body.producer);
  }

  /** Sum of the quantities of a metric that were taken, per resource. */
  total(metric: string): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    for (const body of this.taken) {
      body.s.forEach((series, index) => {
        const [resource, of] = body.series[series]!;
        if (body.metrics[of]!.name !== metric) return;
        const name = body.resources[resource]!;
        sums.set(name, (sums.get(name) ?? 0n) + BigInt(body.q[index]!));
      });
    }
    return sums;
  }

  async [Symbol.asyncDispose]() {
    this.#stop.abort();
    await this.#connection.close();
    await this.#following.catch(() => undefined);
  }
}
