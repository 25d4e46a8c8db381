/** What a verification reads from: the stores of a running instance, or those of a stopped one, opened for the purpose. */
import { Kvm } from '@nats-io/kv';
import type { StoredGroup } from '#aggregator/reconcileRoutes.ts';
import type { BalanceReply } from '#core/messages/balances.ts';
import { buckets, notifierKeys, type Placement } from '#core/messages/names.ts';
import type { Log } from '#platform/log.ts';
import type { NatsConnection } from '#platform/nats/index.ts';

export interface Source extends AsyncDisposable {
  readonly placement: Placement;
  readonly log: Log;
  /** The rater's answer for a tenant ("" for none in particular); absent where no rater runs. */
  readonly balances?: (partition: number, tenant: string) => Promise<BalanceReply>;
  /** Commit up to which ClickHouse is to be compared, where that is not the log's end. */
  readonly storedUpTo?: (partition: number) => Promise<number>;
  /** Commit up to which the notifier has recorded that it copied alerts, where none runs that may still be copying. */
  readonly copiedUpTo?: (partition: number) => Promise<number>;
  /** Up to which log time settled alerts of the partition have left `ALERTS`; 0 for none. */
  readonly trimmedUntil: (partition: number) => Promise<number>;
  /** What ClickHouse holds up to a commit. */
  readonly stored: (partition: number, upTo: number) => Promise<Stored>;
}

export interface Stored {
  /** The tenant that the sums are confined to; "" for all. */
  readonly tenant: string;
  /** Last commit that ClickHouse says it holds whole. */
  readonly loadedSeq: number;
  readonly groups: readonly StoredGroup[];
}

/** Reads `Source.trimmedUntil` from the notifier's bucket, as it stands when asked. */
export async function trimmedMarks(connection: NatsConnection): Promise<Source['trimmedUntil']> {
  const bucket = await new Kvm(connection).open(buckets.notifier);
  return async (partition) => {
    const entry = await bucket.get(notifierKeys.trimmed);
    const marks = entry?.operation === 'PUT' ? entry.json<Record<string, number>>() : {};
    return marks[partition] ?? 0;
  };
}
