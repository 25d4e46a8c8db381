import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { AlertRecord } from '#core/messages/delivery.ts';
import type { AppendResult, Log, LogMessage } from '#platform/log.ts';
import { AlertCopies } from './alertCopies.ts';
import { notifierEvents } from './events.ts';
import { alertOf } from './testHarness.ts';

/** A broker that counts what is in flight as if it were stored, and may lose it: what comes behind then takes its place. */
function losingLog(isLost: (nth: number) => boolean) {
  const messages: LogMessage[] = [];
  let [inFlight, sent] = [0, 0];
  const log: Log = {
    async append(_, subject, data, expected): Promise<AppendResult> {
      const nth = (sent += 1);
      await new Promise((resolve) => setImmediate(resolve));
      if (expected !== messages.length + inFlight) return { kind: 'conflict' };
      inFlight += 1;
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      if (isLost(nth)) return { kind: 'unknown' };
      messages.push({ subject, data, seq: messages.length + 1, timeMs: 0 });
      return { kind: 'stored', seq: messages.length };
    },
    info: async () => ({ firstSeq: 1, lastSeq: messages.length, bytes: 0 }),
    get: async (_, seq) => messages[seq - 1],
    last: async () => messages.at(-1),
    async *follow(_, fromSeq) {
      yield* messages.slice(fromSeq - 1);
    },
  };
  return { log, ids: () => messages.map(({ data }) => (JSON.parse(Buffer.from(data).toString()) as AlertRecord).id) };
}

test('two notifiers at once, and a broker that loses one of several in flight: every alert is in ALERTS once', async () => {
  const ids = ['a', 'b', 'c', 'd'];
  const records = ids.map((id): AlertRecord => ({ ...alertOf(id), partition: 0, outSeq: 1, committedAtMs: 0 }));
  for (let lost = 1; lost <= 6; lost++) {
    const broker = losingLog((nth) => nth === lost);
    const events = notifierEvents(new Registry(), pino({ level: 'silent' }));
    const twins = [1, 2].map(() => new AlertCopies(broker.log, new AbortController().signal, events));
    await Promise.all(twins.map((copies) => copies.add(records)));
    expect([lost, broker.ids().toSorted()]).toEqual([lost, ids]);
  }
});
