/** A tenant that is really rated, in memory: signed batches, the rater's machine, its commits, and the rows as a store would give them. */
import type { Approved, RatedRow } from '#core/messages/api.ts';
import type { ControlChange, ControlMessage, FeeRecord, MeterRecord, PriceRecord } from '#core/messages/control.ts';
import type { BatchBody } from '#core/metering/batch.ts';
import { streams, subjects } from '#core/messages/names.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { PartitionMachine } from '#core/rating/machine.ts';
import { comparePlaces } from '#core/rating/aggregate.ts';
import { emptyState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log, LogMessage } from '#platform/log.ts';
import { TestProducer, testOrganisation } from '#platform/nats/testProducer.ts';
import { readCommit } from '../api/why/commitBlocks.ts';
import type { TallyPlace } from '#core/messages/stored.ts';
import type { ApprovedPrice } from '../ports.ts';
import type { EstimatePorts } from '../api/estimate/estimate.ts';
import type { WhyPorts } from '../api/why/why.ts';

/** On a Monday, ten seconds before eight in the morning in Berlin, where the accounts are. */
export const worldStartMs = Date.UTC(2026, 10, 23, 6, 59, 50);

export class RatedWorld {
  /** Time of the broker, UTC ms: raise it to let time pass. */
  nowMs = worldStartMs + 60_000;
  readonly #messages = new Map<string, LogMessage[]>();
  readonly #producer = new TestProducer('acme', 'p1', worldStartMs);
  readonly #meters: MeterRecord[] = [];
  readonly #prices: ApprovedPrice[] = [];
  readonly #fees: Approved<FeeRecord>[] = [];
  readonly #machine = new PartitionMachine(emptyState(0), {
    text: (bytes) => new TextDecoder().decode(bytes),
    hash: sha256,
    verify: () => true,
  });
  #commits = 0;
  #controls = 0;

  constructor() {
    this.publish(testOrganisation('acme', [this.#producer]).filter(({ kind }) => kind !== 'meter' && kind !== 'price'));
  }

  publish(changes: readonly ControlChange[]): void {
    for (const change of changes) {
      const { kind, ...record } = change;
      if (kind === 'meter') this.#meters.push(record as MeterRecord);
      if (kind === 'fee') this.#fees.push({ ...(record as FeeRecord), approvedBy: 'anna', approvedAtMs: 1 });
      if (kind === 'price') this.#prices.push({ ...(record as PriceRecord), approvedBy: 'anna', approvedAtMs: 1 });
    }
    const seq = ++this.#controls;
    const message: ControlMessage = { v: 1, tenant: 'acme', seq, auditId: `a${seq}`, trace: '', changes };
    this.#machine.takeControl(
      this.#store(streams.control(0), subjects.control(0, 'acme'), Buffer.from(JSON.stringify(message))),
    );
  }

  /** Sends one batch, which lasts a second. */
  send(change: Partial<BatchBody>): void {
    const data = this.#producer.next(0, ['h1'], change);
    this.#machine.takeUsage(this.#store(streams.usage(0), subjects.usage(0, 'acme', 'p1'), data));
  }

  /** Time moves by itself, in a commit of its own. */
  tick(timeMs: number): void {
    this.#machine.tick(timeMs);
    this.commit();
  }

  commit(): void {
    const prev = { seq: this.#commits, hash: '' };
    const place = { kind: 'commit' as const, incarnation: 1, nonce: 'n', n: this.#commits, prev };
    this.#store(streams.rated(0), '', this.#machine.drain(place).bytes);
    this.#commits += 1;
  }

  /** Every row, in the order of the log. */
  rows(): RatedRow[] {
    return (this.#messages.get(streams.rated(0)) ?? []).flatMap(({ seq: outSeq, data }) => {
      const { header, blocks } = readCommit(data);
      return blocks.flatMap((block, at) =>
        block.list('idx').map((index, position): RatedRow => {
          const startMs = block.instantMs('first') + Number(block.list('offset')[position]);
          const resource = Number(block.list('resource')[position]);
          return {
            id: `0-${header.incarnation}-${outSeq}-${at}-${position}`,
            account: Number(block.text('account')),
            resource: this.#resourceName(resource),
            service: block.text('service'),
            component: block.text('component'),
            meter: block.text('meter'),
            price: Number(block.text('price')),
            cell: block.text('cell'),
            currency: block.text('currency'),
            kind: block.text('kind'),
            producer: block.text('producer'),
            epoch: block.text('epoch'),
            seq: Number(block.text('seq')),
            index: Number(index),
            startMs,
            endMs: startMs + Number(block.list('duration')[position]),
            periodStartMs: block.instantMs('period_start'),
            bookedStartMs: block.instantMs('booked_start'),
            closedUntilMs: block.instantMs('closed_until'),
            quantity: block.list('quantities')[position]!,
            amount: block.list('amounts')[position]!,
            partition: 0,
            outSeq,
            usageSeq: Number(block.text('usage_seq')),
            logTimeMs: block.instantMs('log_time'),
            correction: block.text('correction'),
            reverses: block.text('reverses'),
          };
        }),
      );
    });
  }

  get log(): Log {
    const messages = this.#messages;
    return {
      get: async (stream: string, seq: number) => this.#messages.get(stream)?.[seq - 1],
      follow: async function* (this: void, stream: string) {
        yield* messages.get(stream) ?? [];
      },
    } as unknown as Log;
  }

  /** What a proof or an estimate asks of the others. */
  ports(): WhyPorts & EstimatePorts {
    const rows = this.rows();
    return {
      master: {
        accounts: async () => [1, 2, 3].map((id) => ({ id, slug: `a${id}`, name: `A${id}`, parent: id === 1 ? 0 : 1, type: 'project', timeZone: 'Europe/Berlin' })),
        producers: async () => [{ id: 'p1', type: 'agent', simulated: false, enabled: true, keys: [{ id: this.#producer.key.keyId, publicKey: this.#producer.key.publicKey }] }],
        meter: async (_, id) => this.#meters.find((meter) => meter.id === id),
        price: async (_, id) => this.#prices.find((price) => price.id === id),
        prices: async () => this.#prices,
        fees: async () => this.#fees,
        agreements: async () => [],
        correction: async () => undefined,
        pricingUnits: async () => [...(this.#machine.state.tenants.get('acme')?.master.pricingUnits.values() ?? [])],
        series: async (_, id) => this.#machine.state.tenants.get('acme')?.master.priceSeries.get(id),
        tenants: async () => [{ id: 'acme', name: 'A', currency: 'EUR', timeZone: 'Europe/Berlin', partition: 0 }],
      },
      store: {
        row: async (_, id) => rows.find((row) => row.id === id),
        reversedRow: async () => undefined,
        reversingRow: async () => undefined,
        tallyRows: async (_, place, outSeqMax = Infinity) => {
          const mine = rows.filter((row) => this.#isOf(row, place) && row.outSeq < outSeqMax);
          const at = (row?: RatedRow) => ({ partition: 0, outSeq: row?.outSeq ?? 0 });
          return { first: at(mine[0]), last: at(mine.at(-1)), quantity: sum(mine.map(({ quantity }) => quantity)), amount: sum(mine.map(({ amount }) => amount)) };
        },
        tallyWitness: async (_, place, before, witness) => {
          const mine = rows.slice(0, rows.findIndex(({ id }) => id === before.id)).filter((row) => this.#isOf(row, place));
          return mine.findLast((row) => 'counted' in witness ? row.resource === witness.counted && row.quantity !== '0' : comparePlaces([row.endMs, row.producer, row.epoch, row.seq, row.index], witness.newerThan) > 0)?.id;
        },
        settlementRows: async () => ({ lines: [], agreed: [] }),
        resourceId: async (_, name) => this.#resources().find((resource) => resource.name === name)?.id,
      },
    }; // prettier-ignore
  }

  #isOf(row: RatedRow, place: TallyPlace): boolean {
    const isPeriod = row.periodStartMs === place.periodStartMs;
    const names = [...(place.isPool ? [] : (['account'] as const)), 'price', 'meter', 'cell'] as const;
    const isResource = place.resource === undefined || row.resource === this.#resourceName(place.resource);
    return isPeriod && isResource && names.every((name) => row[name] === place[name]);
  }

  #resourceName(id: number): string {
    return this.#resources().find((resource) => resource.id === id)?.name ?? '';
  }

  #resources(): CommitHeader['resources'] {
    return (this.#messages.get(streams.rated(0)) ?? []).flatMap(({ data }) => readCommit(data).header.resources);
  }

  #store(stream: string, subject: string, data: Uint8Array): LogMessage {
    const messages = this.#messages.get(stream) ?? [];
    const message = { subject, seq: messages.length + 1, timeMs: this.nowMs, data };
    this.#messages.set(stream, [...messages, message]);
    return message;
  }
}

const sum = (texts: readonly string[]): string =>
  formatAmount(texts.reduce((all, text) => all + parseAmount(text)!, 0n));
