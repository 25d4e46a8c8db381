/** What has to hold before periods are closed: a function of facts, so that the page, the command and the close say the same. */
import type { BalanceReply } from '#core/messages/balances.ts';
import type { AccountRecord, ProducerRecord } from '#core/messages/control.ts';
import type { CheckName, Checklist, ChecklistItem, MissingProducer } from '#core/messages/periods.ts';

/** What a close goes by. Instants are UTC ms. */
export interface CloseFacts {
  readonly account: AccountRecord;
  /** End of the periods to close. */
  readonly untilMs: number;
  readonly nowMs: number;
  readonly producers: readonly ProducerRecord[];
  /** The owner's committed state; undefined while none answers. */
  readonly rater: BalanceReply | undefined;
  readonly store: StoreFacts;
  /** Ids of corrections that are on their way to the rater. */
  readonly corrections: readonly string[];
  /** What the suspense account was charged in time that would be closed. */
  readonly suspense: readonly { readonly currency: string; readonly amount: string }[];
}

/** What ClickHouse knows; `failure` where it cannot be asked. */
export interface StoreFacts {
  /** Last commit that it has whole. */
  readonly outSeq: number;
  readonly logTimeMs: number;
  /** Σ |rows − balances| of the tenant, decimal text; "0" is right. */
  readonly difference: string;
  readonly unpriced: readonly Unpriced[];
  readonly failure?: string;
}

export interface Unpriced {
  readonly meter: string;
  readonly unit: string;
  readonly quantity: string;
  readonly samples: number;
}

/** The checklist of a close that does without some producers. */
export function checklistOf(facts: CloseFacts, without: readonly string[] = []): Checklist {
  const { account, untilMs, rater } = facts;
  const closedUntilMs = rater?.periods.closed.find(([id]) => id === account.id)?.[1] ?? 0;
  const missing = missingProducers(facts);
  const awaited = missing.filter(({ producer }) => !without.includes(producer));
  const items: ChecklistItem[] = [
    item('rater', rater !== undefined, 'operators', {
      good: `The rater answers as of log time ${instant(rater?.logTimeMs ?? 0)}.`,
      bad: 'No rater answers for the tenant’s partition.',
      solve: 'Start the rater (`meterline status` shows it), then look again.',
    }),
    item('ended', rater === undefined || rater.logTimeMs >= untilMs, 'nobody', {
      good: `The period ended at ${instant(untilMs)}.`,
      bad: `The period ends at ${instant(untilMs)}, and log time is ${instant(rater?.logTimeMs ?? 0)}.`,
      solve: 'Wait for its end.',
    }),
    item('open', closedUntilMs < untilMs, 'nobody', {
      good: closedUntilMs === 0 ? 'No period is closed yet.' : `Closed until ${instant(closedUntilMs)}.`,
      bad: `Periods are closed until ${instant(closedUntilMs)}.`,
      solve: 'Nothing is to be done; `meterline period reopen` opens closed periods again.',
    }),
    item('producers', awaited.length === 0, 'who runs the producers', {
      good: producersInTime(facts, missing),
      bad: `${awaited.length} of ${enabled(facts).length} have not reached the end: ${awaited.map(missingText).join('; ')}.`,
      solve:
        'Bring them back or disable those that are gone; say `meterline producer complete` for those of which all has come; or close `--without` them. The audit log keeps each.',
    }),
    charged(facts),
    loaded(facts),
    item('reconciled', facts.store.failure === undefined && facts.store.difference === '0', 'operators', {
      good: 'Rows in ClickHouse add up to the balances of the log.',
      bad: `Rows in ClickHouse differ from the balances of the log by ${facts.store.difference}.`,
      solve: 'Run `meterline verify`: it names what differs.',
    }),
    {
      ...item(
        'suspense',
        facts.suspense.every(({ amount }) => amount === '0'),
        'who assigns owners',
        {
          good: 'Nothing was charged to suspense.',
          bad: `Charged to suspense: ${facts.suspense.map(({ amount, currency }) => `${amount} ${currency}`).join(', ')}.`,
          solve:
            'Give the resources an owner (Explore, account suspense); what is charged stays until it is corrected.',
        },
      ),
      blocks: false,
    },
    {
      ...item('unpriced', facts.store.unpriced.length === 0, 'who keeps the prices', {
        good: 'All usage that a meter takes has a price.',
        bad: `Without a price: ${facts.store.unpriced.map(unpricedText).join('; ')}.`,
        solve: 'Publish a price that takes effect before this usage, and it is charged; or leave it free.',
      }),
      blocks: false,
    },
  ];
  return {
    items,
    missing,
    closedUntilMs,
    closable: items.every(({ ok, blocks }) => ok || !blocks),
    green: items.every(({ ok }) => ok),
  };
}

const enabled = ({ producers }: CloseFacts): readonly ProducerRecord[] => producers.filter((record) => record.enabled);

function missingProducers(facts: CloseFacts): MissingProducer[] {
  const { untilMs, rater } = facts;
  const states = new Map(rater?.producers.map((state) => [state.producer, state]));
  return enabled(facts).flatMap(({ id, type, completeUntilMs: vouchedMs = 0 }) => {
    const state = states.get(id);
    const lastSampleMs = state?.lastSampleMs || null;
    const completeUntilMs = Math.max(state?.completeUntilMs ?? 0, vouchedMs) || null;
    const reachedMs = Math.max(lastSampleMs ?? 0, completeUntilMs ?? 0);
    if (reachedMs >= untilMs) return [];
    const behindMs = reachedMs === 0 ? null : untilMs - reachedMs;
    const seen = { lastSampleMs, completeUntilMs, lastSeenMs: state?.lastSeenMs || null };
    return [{ producer: id, type, ...seen, behindMs, spoolBatches: state?.spool.batches ?? 0 }];
  });
}

function charged({ rater, corrections }: CloseFacts): ChecklistItem {
  const closings = rater?.periods.closings ?? [];
  const repriced = rater?.periods.repriced ?? 0;
  const work = [
    ...closings.map(
      ({ untilMs, done }) => `the close until ${instant(untilMs)} has settled ${done} tallies and goes on`,
    ),
    ...corrections.map((id) => `correction ${id} is being booked`),
    ...(repriced === 0 ? [] : [`${repriced} tallies wait for points of reference series`]),
  ];
  return item('charged', work.length === 0, 'nobody', {
    good: 'Nothing is being charged anew.',
    bad: `Still being charged: ${work.join('; ')}.`,
    solve: 'Wait: it goes on by itself, with each input and tick.',
  });
}

function loaded({ rater, store, untilMs }: CloseFacts): ChecklistItem {
  const behind = Math.max(0, (rater?.outSeq ?? 0) - store.outSeq);
  const ok = store.failure === undefined && behind === 0 && store.logTimeMs >= untilMs;
  return item('loaded', ok, 'operators', {
    good: `ClickHouse has every commit up to ${instant(store.logTimeMs)}.`,
    bad: store.failure ?? `ClickHouse is ${behind} commits behind, at ${instant(store.logTimeMs)}.`,
    solve: 'Wait for the loader; `GET /api/v1/loading` says why where it does not go on.',
  });
}

function item(
  name: CheckName,
  ok: boolean,
  who: string,
  texts: { readonly good: string; readonly bad: string; readonly solve: string },
): ChecklistItem {
  return { name, ok, blocks: true, detail: ok ? texts.good : texts.bad, who, solve: ok ? '' : texts.solve };
}

const namedMax = 5;

function producersInTime(facts: CloseFacts, missing: readonly MissingProducer[]): string {
  const count = enabled(facts).length;
  if (missing.length === 0) return `All ${count} enabled producers have passed the end.`;
  return `${count - missing.length} of ${count} have passed the end; closed without ${missing.map(missingText).slice(0, namedMax).join('; ')}.`;
}

function missingText({ producer, lastSampleMs, completeUntilMs }: MissingProducer): string {
  const sample = lastSampleMs === null ? 'no sample yet' : `newest sample ${instant(lastSampleMs)}`;
  return `${producer} (${sample}${completeUntilMs === null ? '' : `, complete up to ${instant(completeUntilMs)}`})`;
}

const unpricedText = ({ meter, quantity, unit, samples }: Unpriced): string =>
  `${meter} ${quantity} ${unit} in ${samples} samples`;

const instant = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
