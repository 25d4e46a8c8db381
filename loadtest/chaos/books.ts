/**
 * Bookkeeping while everything breaks, as the office's API offers it: usage of a month that has ended is sent, some of its batches are voided, the
 * month is closed, more of its usage comes late, and what had been in time is voided after the close. What must be booked in the end follows from what was asked for alone.
 */
import type { Correction } from '#core/messages/correction.ts';
import type { PeriodList } from '#core/messages/periods.ts';
import { epochText } from '#core/messages/rated.ts';
import { periodAt } from '#core/time/period.ts';
import { officeClient } from '#deploy/officeClient.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { TestProducer } from '#platform/nats/testProducer.ts';
import type { Instance } from './instance.ts';
import { eventually, isMarked } from './lag.ts';
import { chaosLimits } from './limits.ts';
import { booksAccount, booksMetric, booksPrice, type Tenant } from './organisation.ts';

export interface BooksReport {
  /** Samples whose rows were voided, months that were closed, and samples that came after their month had been closed. */
  readonly voided: number;
  readonly closes: number;
  readonly late: number;
}

/** The rows of a batch, of one kind, added up. Instants are UTC ms; the last is 0 for rows in time. */
export interface BookedBatch {
  readonly kind: string;
  readonly seq: number;
  readonly rows: number;
  readonly amount: string;
  readonly bookedMs: number;
  readonly closedUntilMs: number;
}

const resources = ['books/1', 'books/2', 'books/3'];
const entries = 7;
/** Of a month before its close; those at these places are voided. */
const batchesOfMonth = 4;
const wrongBatches = [1, 2];
const beforeEndMs = 3_600_000;

export class Books {
  /** `<producer> <epoch> <seq>` → number of samples. */
  readonly sent = new Map<string, number>();
  readonly voided = new Map<string, number>();
  readonly booked: BookedBatch[] = [];
  readonly #instance: Instance;
  readonly #tenant: Tenant;
  readonly #producer: TestProducer;
  readonly #say: (line: string) => void;
  #closes = 0;
  #late = 0;

  constructor(instance: Instance, tenant: Tenant, producer: TestProducer, say: (line: string) => void) {
    this.#instance = instance;
    this.#tenant = tenant;
    this.#producer = producer;
    this.#say = say;
  }

  get report(): BooksReport {
    return { voided: this.voided.size * resources.length, closes: this.#closes, late: this.#late };
  }

  /** A month after the other, spread over the run; one that has begun is gone through with. Throws when something does not come to its end. */
  async keep(timeZone: string, runMs: number, signal: AbortSignal): Promise<void> {
    const { monthsMax } = chaosLimits;
    const borders = lastBorders(monthsMax + 1, timeZone);
    for (let month = 0; month < monthsMax && !(month > 0 && signal.aborted); month++) {
      const endMs = borders[month + 1]!;
      const first = this.#producer.seq + 1;
      await this.#month(borders[month]!, endMs, timeZone);
      // What takes its time is done where there is time.
      if (!signal.aborted) await this.#void([first], { bookedMs: endMs, closedUntilMs: endMs });
      await sleep(runMs / monthsMax, signal);
    }
  }

  async #month(startMs: number, endMs: number, timeZone: string): Promise<void> {
    const first = this.#producer.seq + 1;
    for (let batch = 0; batch < batchesOfMonth; batch++)
      await this.#send(endMs, { bookedMs: startMs, closedUntilMs: 0 }, batch === batchesOfMonth - 1);
    await this.#void(wrongBatches.map((batch) => first + batch), { bookedMs: startMs, closedUntilMs: 0 }); // prettier-ignore
    await this.#close(endMs, timeZone);
    await this.#send(endMs, { bookedMs: endMs, closedUntilMs: endMs }, false);
    this.#late += resources.length;
  }

  /** A batch, and waits until it is rated. `isLast`: of its month nothing more is to be waited for. */
  async #send(endMs: number, where: Where, isLast: boolean): Promise<void> {
    const { id: producer, tenant, epoch } = this.#producer;
    const message = this.#producer.next(entries, resources, {
      baseMs: endMs - beforeEndMs,
      metrics: [{ name: booksMetric, unit: '1', scale: 0, kind: 'delta' }],
      ...(isLast ? { completeUntilMs: endMs } : {}),
    });
    const { seq } = this.#producer;
    this.sent.set(this.#name(seq), resources.length);
    this.#expect('usage', seq, entries, where);
    const { partition } = this.#tenant;
    await this.#producer.publish(this.#instance.connection, message, partition);
    await eventually(`${producer} is rated up to ${seq}`, chaosLimits.drainMsMax, () =>
      isMarked(this.#instance, { producer, tenant, partition }, { epoch: epochText(epoch), seq }),
    );
  }

  /** By preview and apply. Each is asked for until it is known to be done: an answer may be lost. */
  async #void(seqs: readonly number[], where: Where): Promise<void> {
    const office = officeClient(this.#instance.config);
    const selection = { producer: this.#producer.id, fromSeq: seqs[0]!, toSeq: seqs.at(-1)! };
    let id = '';
    await retried(`a preview has all rows of batches ${seqs.join()}`, async () => {
      const preview = await office.send<Correction>('POST', '/corrections/preview', selection);
      id = preview.id;
      return preview.rows === seqs.length * resources.length;
    });
    let correction: Correction | undefined;
    await retried(`correction ${id} is at its end`, async () => {
      correction = await office.get<Correction>(`/corrections/${id}`);
      if (correction.status === 'previewed') await office.send('POST', `/corrections/${id}/apply`, { reason: 'wrong' });
      return correction.status === 'ended' || correction.status === 'failed';
    });
    const { status, detail, totals } = correction!;
    if (status === 'failed' || totals.some(({ previewed, booked }) => previewed !== booked))
      throw new Error(`correction ${id} is ${status}: ${detail} ${JSON.stringify(totals)}`);
    this.#say(`batches ${seqs.join()} of the books are voided`);
    for (const seq of seqs) {
      this.voided.set(this.#name(seq), resources.length);
      this.#expect('void', seq, -entries, where);
    }
  }

  /** Waits for all that a close waits for: agents, raters and ClickHouse may be away. */
  async #close(endMs: number, timeZone: string): Promise<void> {
    const office = officeClient(this.#instance.config);
    const account = booksAccount(this.#tenant.id);
    const until = Temporal.Instant.fromEpochMilliseconds(endMs).toZonedDateTimeISO(timeZone).toPlainDate().toString();
    await retried(`${account} is closed until ${until}`, async () => {
      const { accounts } = await office.get<PeriodList>('/periods');
      if (accounts.find((each) => each.account === account)!.closedUntilMs >= endMs) return true;
      await office.send('POST', '/periods/close', { account, until, reason: 'the month is over' });
      return false;
    });
    this.#say(`the books are closed until ${until}`);
    this.#closes += 1;
  }

  #expect(kind: string, seq: number, quantity: number, where: Where): void {
    const amount = String(resources.length * quantity * booksPrice);
    this.booked.push({ kind, seq, rows: resources.length, amount, ...where });
  }

  #name(seq: number): string {
    return `${this.#producer.id} ${epochText(this.#producer.epoch)} ${seq}`;
  }
}

/** As `eventually`, for requests that give the office something to do. */
const retried = (what: string, isDone: () => Promise<boolean>): Promise<void> =>
  eventually(what, chaosLimits.drainMsMax, isDone, chaosLimits.retryMs);

type Where = Pick<BookedBatch, 'bookedMs' | 'closedUntilMs'>;

/** Where the last months begin, up to the one that runs. */
function lastBorders(count: number, timeZone: string): number[] {
  const borders = [periodAt(Date.now(), timeZone).startMs];
  while (borders.length < count) borders.unshift(periodAt(borders[0]! - 1, timeZone).startMs);
  return borders;
}
