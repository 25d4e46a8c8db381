import { expect, test } from 'vitest';
import type { Pressure, StageId } from '../messages/pressure.ts';
import { assess, type PressureReadings } from './assess.ts';
import { pressureLimits as at } from './limits.ts';

const gibibyte = 1024 ** 3;
const hour = 3_600_000;
interface Change {
  readonly usage?: number;
  readonly rated?: number;
  readonly waitingMs?: number;
  readonly loadMs?: number;
  readonly loadFailure?: string;
  readonly spoolBytes?: number;
  readonly spoolBatches?: number;
  readonly freeBytes?: number;
}

/** An instance of two partitions, of which the second is as a test says; shares are of the limit of each stream. */
const readings = (atMs: number, change: Change = {}): PressureReadings => ({
  atMs,
  streams: [
    ...(['usage', 'rated'] as const).flatMap((id) =>
      [0, change[id] ?? 0.1].map((share, partition) => ({
        id,
        stream: `${id.toUpperCase()}_${partition}`,
        bytes: share * gibibyte,
        bytesMax: gibibyte,
      })),
    ),
    { id: 'control', stream: 'CONTROL_0', bytes: 0, bytesMax: gibibyte },
    { id: 'alerts', stream: 'ALERTS', bytes: 5, bytesMax: undefined },
  ],
  partitions: [
    { partition: 0, waitingMs: 0, loadMs: 0, loadBytes: 0, loadFailure: '' },
    {
      partition: 1,
      waitingMs: change.waitingMs ?? 0,
      loadMs: change.loadMs ?? 0,
      loadBytes: (change.loadMs ?? 0) * 1000,
      loadFailure: change.loadFailure ?? '',
    },
  ],
  spools: [
    { producer: 'a', batches: 1, bytes: 0 },
    { producer: 'b', batches: change.spoolBatches ?? 0, bytes: change.spoolBytes ?? 0 },
  ],
  disk: { freeBytes: change.freeBytes ?? 9 * gibibyte, promisedBytes: 4 * gibibyte },
});

const stage = (pressure: Pressure, id: StageId) => pressure.stages.find((each) => each.id === id)!;

test.each<[StageId, Change, Change, string]>([
  ['usage', { usage: 0.8 }, { usage: 0.99 }, 'USAGE_1'],
  ['rated', { rated: 0.7 }, { rated: 0.9 }, 'RATED_1'],
  ['rating', { waitingMs: at.ratingWarnMs }, { waitingMs: at.ratingWarnMs, rated: 0.95 }, 'partition 1'],
  ['load', { loadMs: at.loadWarnMs }, { loadMs: at.loadWarnMs, loadFailure: 'DOWN: start it' }, 'partition 1'],
  ['spool', { spoolBatches: at.spoolWaitingBatches + 1 }, { spoolBytes: at.spoolBytesMax }, 'b'],
  ['disk', { freeBytes: 4 * gibibyte }, { freeBytes: at.diskFreeBytesMin - 1 }, ''],
])('%s: well, then filling, then full; each with what becomes of usage and what to do, and well again', (id, warned, full, where) => {
  let now = assess(readings(1000));
  expect(now.state).toBe('ok');
  expect(stage(now, id)).toMatchObject({ state: 'ok', effect: '', solve: '', sinceMs: null });
  now = assess(readings(2000, warned), now);
  expect(stage(now, id)).toMatchObject({ state: 'warn', where, sinceMs: 2000 });
  now = assess(readings(3000, full), now);
  expect(stage(now, id)).toMatchObject({ state: 'full', where, sinceMs: 2000 });
  expect(now.state).toBe('full');
  for (const { state, effect, solve } of now.stages) expect([effect !== '', solve !== '']).toEqual([state !== 'ok', state !== 'ok']);
  now = assess(readings(4000), now);
  expect(stage(now, id)).toMatchObject({ state: 'ok', sinceMs: null });
}); // prettier-ignore

test('rating goes on only well below where it stopped', () => {
  const stopped = assess(readings(0, { rated: at.ratedStopPercent / 100 }));
  const between = (at.ratedStopPercent + at.ratedGoOnPercent) / 200;
  expect(stage(assess(readings(1, { rated: between })), 'rated').state).toBe('warn');
  const still = assess(readings(1, { rated: between }), stopped);
  expect(stage(still, 'rated').state).toBe('full');
  expect(stage(assess(readings(2, { rated: at.ratedGoOnPercent / 100 - 0.01 }), still), 'rated').state).toBe('warn');
});

test('says in words how much waits, for how long there is room, and that nothing is lost', () => {
  const { stages } = assess(readings(0, { loadMs: 3 * hour, loadFailure: 'STORE_UNREACHABLE: Start ClickHouse.', rated: 0.2 }));
  const load = stages.find(({ id }) => id === 'load')!;
  expect(load.detail).toBe('It takes nothing: loading is 3.0 h behind, 10 GiB wait.');
  expect(load.effect).toMatch(/rating, budgets and alerts go on\. 10 GiB .* nothing is lost\. .* room for 13 min more\.$/);
  expect(load.solve).toMatch('Start ClickHouse.');
}); // prettier-ignore
