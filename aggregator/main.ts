import { MeterlineError } from '#core/errors.ts';
import { allPartitions } from '#core/messages/names.ts';
import type { Config } from '#platform/config.ts';
import { openStore, type Store } from '#platform/clickhouse/index.ts';
import { aborted, sleep } from '#platform/lifecycle.ts';
import { jetstreamLog, type NatsConnection } from '#platform/nats/index.ts';
import type { Logger } from '#platform/telemetry.ts';
import { aggregatorEvents, type AggregatorEvents } from './events.ts';
import { aggregatorLimits } from './limits.ts';
import { natsIntents } from './loader/intent.ts';
import { lagSamples } from './loader/lag.ts';
import { clickhouseLoadStore } from './loader/loadStore.ts';
import { PartitionLoader } from './loader/partition.ts';
import { loadedHead, type LoadedHead } from './queries/heads.ts';
import { reconcile, type Reconciliation } from './reconcile/reconcile.ts';
import { migrate } from './schema/migrate.ts';
import { rebuildRollup } from './schema/rollup.ts';

export interface Aggregator extends AsyncDisposable {
  /** Loads until the signal aborts, then drains; never rejects. */
  start(signal: AbortSignal): Promise<void>;
  readonly store: Store;
  readonly events: AggregatorEvents;
  /** Up to which commit the loader has come, at once; behind the store while it starts or reads the log again. */
  position(partition: number): LoadedHead & { readonly samplesRated: number };
  /** Up to which commit, and which log time, the store is complete: what an answer may state. */
  loaded(partition: number): Promise<LoadedHead>;
  lagSamples(partition: number): Promise<number>;
  /** Why loading a partition waits; null while it goes on. */
  failure(partition: number): LoadingFailure | null;
  status(): Promise<LoadingStatus>;
  /** The last reconciliation, made anew when it is older than `reconcileIntervalMs`. */
  reconcile(): Promise<Reconciliation>;
  /** Computes the daily rollup anew; a call while one runs waits for that one. */
  rebuildRollup(actor: string): Promise<{ readonly rebuiltAtMs: number }>;
}

/** How far loading is, and why it waits where it does. */
export interface LoadingStatus {
  readonly partitions: readonly {
    readonly partition: number;
    readonly loadedSeq: number;
    readonly logTimeMs: number;
    /** Committed rated samples not yet in the store. */
    readonly lagSamples: number;
    /** Null while loading goes on; it is tried again for ever. */
    readonly failure: LoadingFailure | null;
  }[];
}

export interface LoadingFailure {
  readonly code: string;
  readonly detail: string;
  readonly solve: string;
  readonly attempts: number;
}

/** Opens the store, brings its schema up to date and makes a loader for each partition; `connection` is the office's. */
export async function createAggregator(
  config: Config,
  connection: NatsConnection,
  logger: Logger,
): Promise<Aggregator> {
  const events = aggregatorEvents(logger);
  const log = await jetstreamLog(connection);
  const intents = await natsIntents(connection, config.nats.replicas);
  const store = await openStore(config.clickhouse.url, undefined, config.partitions);
  await migrate(store);
  const ports = { log, store: clickhouseLoadStore(store), intents, events, inStep: config.partitions > 1 };
  const loaders = allPartitions(config).map((partition) => new PartitionLoader(ports, partition));
  const loaderOf = (partition: number): PartitionLoader => {
    const loader = loaders[partition];
    if (loader === undefined) throw new RangeError(`there is no partition ${partition}`);
    return loader;
  };
  const measureLag = async (partition: number) => {
    const samples = await lagSamples(log, partition, loaderOf(partition).head);
    events.lagMeasured(partition, samples);
    return samples;
  };
  const failureOf = (partition: number): LoadingFailure | null => {
    const { failure, failures } = loaderOf(partition);
    return failure === undefined ? null : { ...describe(failure), attempts: failures };
  };
  const { reconcileIntervalMs, reconcileRestFactor } = aggregatorLimits;
  const restMs = (tookMs: number) => Math.max(reconcileIntervalMs, tookMs * reconcileRestFactor);
  const check = kept(restMs, async () => {
    const result = await reconcile(store, Date.now());
    events.reconciled(result.ok ? 0 : Math.max(1, result.faults.length));
    return result;
  });
  const rebuild = kept(
    () => 0,
    async () => {
      await rebuildRollup(store);
      return { rebuiltAtMs: Date.now() };
    },
  );
  const rebuildAs = async (actor: string) => {
    const startedAtMs = performance.now();
    const result = await rebuild();
    events.rollupRebuilt(actor, performance.now() - startedAtMs);
    return result;
  };
  return {
    store,
    events,
    async start(signal) {
      const running = Promise.all(loaders.map((loader) => loader.run(signal)));
      const { choresFirstMs, reconcileUnwatchedMs, rollupIntervalMs } = aggregatorLimits;
      void repeat(signal, choresFirstMs, rollupIntervalMs, () => rebuildAs('schedule').catch(events.rollupFailed));
      void repeat(signal, choresFirstMs, reconcileUnwatchedMs, () => check().catch(events.reconcileFailed));
      await aborted(signal);
      await Promise.race([running, sleep(aggregatorLimits.drainMsMax)]);
    },
    position(partition) {
      const { seq, logTimeMs, samplesRated } = loaderOf(partition).head;
      return { outSeq: seq, logTimeMs, samplesRated };
    },
    async loaded(partition) {
      const { seq, logTimeMs } = loaderOf(partition).head;
      const stored = await loadedHead(store, partition);
      return stored.outSeq > seq ? stored : { outSeq: seq, logTimeMs };
    },
    lagSamples: measureLag,
    failure: failureOf,
    async status() {
      const partitions = await Promise.all(
        loaders.map(async ({ head }, partition) => ({
          partition,
          loadedSeq: head.seq,
          logTimeMs: head.logTimeMs,
          lagSamples: await measureLag(partition),
          failure: failureOf(partition),
        })),
      );
      return { partitions };
    },
    reconcile: check,
    rebuildRollup: rebuildAs,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

async function repeat(
  signal: AbortSignal,
  firstMs: number,
  everyMs: number,
  work: () => Promise<unknown>,
): Promise<void> {
  for (let pauseMs = firstMs; ; pauseMs = everyMs) {
    await sleep(pauseMs, signal);
    if (signal.aborted) return;
    await work();
  }
}

function describe(failure: unknown): { readonly code: string; readonly detail: string; readonly solve: string } {
  if (failure instanceof MeterlineError) return { code: failure.code, detail: failure.message, solve: failure.solve };
  const detail = failure instanceof Error ? failure.message : String(failure);
  return { code: 'INTERNAL', detail, solve: 'Read the log of the office; loading is tried again.' };
}

/** Runs the work at most once at a time, and after it succeeded not again for as long as `restMs` says. */
function kept<Result>(restMs: (tookMs: number) => number, work: () => Promise<Result>): () => Promise<Result> {
  let pending: Promise<Result> | undefined;
  let freshUntilMs = 0;
  return () => {
    const startedAtMs = performance.now();
    if (pending !== undefined && startedAtMs < freshUntilMs) return pending;
    freshUntilMs = Number.POSITIVE_INFINITY;
    pending = work();
    pending.then(
      () => (freshUntilMs = performance.now() + restMs(performance.now() - startedAtMs)),
      () => (freshUntilMs = 0),
    );
    return pending;
  };
}
