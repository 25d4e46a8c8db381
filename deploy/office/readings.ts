/** What the stages of the path are read from: the broker's streams, the raters' answers, the loader, the disk. */
import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import type { Aggregator } from '#aggregator/main.ts';
import type { BalanceReply } from '#core/messages/balances.ts';
import { activePartitions, streams, subjects } from '#core/messages/names.ts';
import { splitCommit, type CommitHeader } from '#core/messages/rated.ts';
import type { PartitionReading, PressureReadings, SpoolReading, StreamReading } from '#core/pressure/assess.ts';
import type { Config } from '#platform/config.ts';
import type { Log } from '#platform/log.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { freeBytesAt } from '../instance/disk.ts';
import { pressureWatchLimits } from './limits.ts';

export interface ReadingPorts {
  readonly config: Config;
  readonly connection: NatsConnection;
  readonly log: Log;
  readonly aggregator: Pick<Aggregator, 'failure'> & { position(partition: number): { readonly outSeq: number } };
}

/** What an owner said last; it stays while nobody answers. */
interface OwnerWord {
  readonly usageSeq: number;
  readonly spools: readonly SpoolReading[];
}

export class StageReader {
  readonly #ports: ReadingPorts;
  readonly #words = new Map<number, OwnerWord>();

  constructor(ports: ReadingPorts) {
    this.#ports = ports;
  }

  /** Throws while the broker cannot be asked. */
  async read(nowMs: number): Promise<PressureReadings> {
    const { config, connection } = this.#ports;
    const infos = new Map<string, StreamInfo>();
    const manager = await jetstreamManager(connection);
    // Those of retired partitions are full for good, and take nothing.
    for await (const info of manager.streams.list()) if (!info.config.sealed) infos.set(info.config.name, info);
    const partitions = await Promise.all(
      activePartitions(config).map((partition) => this.#partition(partition, infos, nowMs)),
    );
    const found = [...infos.values()].flatMap((info) => streamReading(info) ?? []);
    return {
      atMs: nowMs,
      streams: found,
      partitions,
      spools: [...this.#words.values()].flatMap((word) => word.spools),
      disk: config.clickhouse.url.startsWith('embedded:')
        ? {
            freeBytes: freeBytesAt(config.dataDir),
            promisedBytes: found.reduce((sum, stream) => sum + leftIn(stream), 0),
          }
        : undefined,
    };
  }

  async #partition(partition: number, infos: Map<string, StreamInfo>, nowMs: number): Promise<PartitionReading> {
    const { log, aggregator } = this.#ports;
    const ageOf = async (stream: string, seq: number): Promise<number> => {
      const message = seq <= (infos.get(stream)?.state.last_seq ?? 0) ? await log.get(stream, seq) : undefined;
      return message === undefined ? 0 : Math.max(0, nowMs - message.timeMs);
    };
    const { usageSeq } = await this.#ask(partition);
    const rated = infos.get(streams.rated(partition))?.state;
    const loadedSeq = aggregator.position(partition).outSeq;
    const share = rated === undefined ? 0 : Math.max(0, rated.last_seq - loadedSeq) / Math.max(1, rated.messages);
    const failure = aggregator.failure(partition);
    return {
      partition,
      waitingMs: await ageOf(streams.usage(partition), usageSeq + 1),
      loadMs: await ageOf(streams.rated(partition), loadedSeq + 1),
      loadBytes: Math.round((rated?.bytes ?? 0) * Math.min(1, share)),
      loadFailure: failure === null ? '' : `${failure.code}: ${failure.solve}`,
    };
  }

  /** The owner's answer; while there is none what it said last, and before any what the log's last commit says. */
  async #ask(partition: number): Promise<OwnerWord> {
    const { connection, log } = this.#ports;
    try {
      const timeout = pressureWatchLimits.ownerTimeoutMs;
      const request = JSON.stringify({ tenant: '' });
      const reply = (
        await connection.request(subjects.balanceGet(partition), request, { timeout })
      ).json<BalanceReply>();
      const spools = reply.producers.map(({ producer, spool }) => ({ producer, ...spool }));
      this.#words.set(partition, { usageSeq: reply.usageSeq, spools });
    } catch {
      if (!this.#words.has(partition)) {
        const last = await log.last(streams.rated(partition));
        const text = last === undefined ? undefined : Buffer.from(splitCommit(last.data).header).toString();
        const usageSeq = text === undefined ? 0 : (JSON.parse(text) as CommitHeader).inputs.usage.seq;
        this.#words.set(partition, { usageSeq, spools: [] });
      }
    }
    return this.#words.get(partition)!;
  }
}

const leftIn = ({ bytes, bytesMax = bytes }: StreamReading): number => Math.max(0, bytesMax - bytes);

const stageOf: Readonly<Record<string, StreamReading['id']>> = {
  USAGE: 'usage',
  CONTROL: 'control',
  RATED: 'rated',
  ALERTS: 'alerts',
  DELIVERIES: 'alerts',
};

/** Undefined for buckets. */
function streamReading({ config, state }: StreamInfo): StreamReading | undefined {
  const id = stageOf[config.name.replace(/_\d+$/, '')];
  if (id === undefined) return undefined;
  return { id, stream: config.name, bytes: state.bytes, bytesMax: config.max_bytes > 0 ? config.max_bytes : undefined };
}
