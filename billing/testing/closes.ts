/** A rater and a store that say what a test wants of them. */
import type { BalanceReply, PeriodsReply } from '#core/messages/balances.ts';
import type { BalanceEntry, ProducerState } from '#core/messages/rated.ts';
import type { StoreFacts } from '../periods/checklist.ts';
import type { ClosePorts } from '../periods/gather.ts';

const none = { received: 0, rated: 0, duplicates: 0, refused: 0 };

export interface ScriptedCloses {
  readonly ports: ClosePorts;
  /** Undefined: no rater answers. */
  reply: BalanceReply | undefined;
  store: StoreFacts | Error;
}

/** Everything is in time as of `logTimeMs`, by these producers. */
export function replyAt(
  logTimeMs: number,
  producers: Readonly<Record<string, number>>,
  more: { readonly periods?: Partial<PeriodsReply>; readonly balances?: readonly BalanceEntry[] } = {},
): BalanceReply {
  const state = ([producer, lastSampleMs]: [string, number]): ProducerState => ({
    tenant: 'northwind',
    producer,
    epoch: null,
    mark: 1,
    hashes: [],
    samples: none,
    batches: none,
    lastSeenMs: lastSampleMs,
    lastSampleMs,
    notes: {},
    spool: { batches: 0, bytes: 0 },
  });
  return {
    partition: 0,
    incarnation: 1,
    outSeq: 7,
    hash: '',
    logTimeMs,
    usageSeq: 1,
    totals: { samples: none, batches: none, alerts: 0, blocks: 0 },
    producers: Object.entries(producers).map(state),
    balances: more.balances ?? [],
    budgets: [],
    periods: { closed: [], closings: [], repriced: 0, ...more.periods },
    credits: { grants: [], lines: [], wallets: [] },
  };
}

export function scriptedCloses(): ScriptedCloses {
  const scripted: ScriptedCloses = {
    reply: undefined,
    store: { outSeq: 7, logTimeMs: 9_999_999_999_999, difference: '0', unpriced: [] },
    ports: {
      rater: async () => scripted.reply,
      loadedSeq: async () => (scripted.store instanceof Error ? 0 : scripted.store.outSeq),
      async store() {
        if (scripted.store instanceof Error) throw scripted.store;
        return scripted.store;
      },
    },
  };
  return scripted;
}
