import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metrics } from '../sources/metrics.ts';
import { SeriesTable, zeroAtBirth, zeroAtBoot, type Reading } from '../sources/source.ts';
import { deltaOf, type DeltaInput } from './delta.ts';
import { measure, type Moment } from './measure.ts';
import { applyChange, changeFromText, changeToText, type SourceState } from './state.ts';

const table = new SeriesTable();
const cpu = table.get('h', metrics.hostCpuTime, { mode: 'user' }, zeroAtBoot);
const net = table.get('h', metrics.hostNetworkIo, { device: 'eth0' }, zeroAtBirth);
const container = table.get('h/ctr-1', metrics.containerCpuTime, undefined, zeroAtBirth);
const memory = table.get('h', metrics.hostMemoryUsed);
const holdMs = 5000;

const moment = (wallMs: number, extra: Partial<Moment> = {}): Moment => ({
  wallMs,
  monotonicUs: wallMs * 1000,
  boot: 'a',
  bootMs: 0,
  ...extra,
});

const base: DeltaInput = {
  counter: zeroAtBirth,
  value: 10n,
  before: 4n,
  rebooted: false,
  anew: false,
  bornSince: false,
};
const wraps = { zeroAt: 'birth', widthBits: 32 } as const;
test.each<[string, Partial<DeltaInput>, bigint | undefined, boolean]>([
  ['goes on', {}, 6n, false],
  ['stands still', { value: 4n }, 0n, false],
  ['first seen', { before: undefined }, undefined, false],
  ['new since the last reading', { before: undefined, anew: true, bornSince: true }, 10n, false],
  ['new to us but old', { before: undefined, anew: true }, undefined, false],
  ['another process', { before: 100n, anew: true, bornSince: true }, 10n, true],
  ['another, older process', { before: 100n, anew: true }, undefined, false],
  ['fell, began at zero', { value: 3n }, 3n, true],
  ['fell, of unknown beginning', { value: 3n, counter: { zeroAt: 'unknown' } }, undefined, true],
  ['fell far, began at boot', { value: 3n, before: 5_000_000n, counter: zeroAtBoot }, undefined, true],
  ['dipped by jitter', { value: 3n, counter: zeroAtBoot }, 0n, false],
  ['reboot', { value: 3n, rebooted: true, counter: zeroAtBoot }, 3n, true],
  ['reboot, more than before', { value: 10n, rebooted: true, counter: zeroAtBoot }, 10n, true],
  ['reboot, unknown', { rebooted: true, counter: { zeroAt: 'unknown' } }, undefined, true],
  ['wrapped', { before: 2n ** 32n - 5n, value: 7n, counter: wraps }, 12n, true],
  ['32 bits, but a reset', { before: 1000n, value: 7n, counter: wraps }, 7n, true],
  ['64 bits never wrap', { before: 2n ** 32n - 5n, value: 7n }, 7n, true],
])('a counter that %s', (_, input, quantity, noted) => {
  const delta = deltaOf({ ...base, ...input });
  expect(delta.kind === 'counted' ? delta.quantity : undefined).toBe(quantity);
  expect(delta.reset !== undefined).toBe(noted);
});

/** Plays readings one after the other and keeps the state as text in between, as a restart would. */
class Player {
  state: SourceState | undefined;
  slices: { start: number; end: number }[] = [];
  total = 0n;
  notes: string[] = [];
  read(readings: Reading[], now: Moment, spooled = true) {
    const before = this.state === undefined ? undefined : { ...this.state, series: new Map(this.state.series) };
    const result = measure('s', before, readings, now, holdMs);
    if (!spooled) return result;
    this.state = applyChange(before, changeFromText(JSON.parse(JSON.stringify(changeToText(result.change)))));
    this.notes.push(...result.notes.map(({ kind, detail }) => `${kind} ${detail}`));
    for (const sample of result.samples.filter(({ series }) => series.metric.kind === 'delta')) {
      this.total += sample.quantity;
      this.slices.push({ start: sample.startMs, end: sample.startMs + sample.durationMs });
    }
    return result;
  }
}

/** Sixty jumps back stay within what is waited for. What happens between two readings: usage, and one of the accidents that hosts have. */
const step = fc.record({
  used: fc.bigInt(0n, 10n ** 13n),
  wallMs: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 5000 }) },
    fc.integer({ min: -600_000, max: 30 * 24 * 3_600_000 }),
  ),
  accident: fc.oneof(
    { weight: 6, arbitrary: fc.constant('none' as const) },
    fc.constantFrom('reset' as const, 'reboot' as const, 'spoolFull' as const),
  ),
});

test('the deltas of a counter add up to its true usage, whatever resets, reboots, full spools and clocks do', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), fc.constantFrom(net, container), (steps, series) => {
      const player = new Player();
      let value = 1_000_000n;
      let wallMs = 1.8e12;
      let monotonicUs = 5e9;
      let boot = 0;
      // Usage between the first reading and the last one spooled. What was used between the last reading and the end of a
      // life is in no counter any more, so lives here end right after a reading.
      let truth = 0n;
      let unspooled = 0n;
      const at = (): Moment => ({ wallMs, monotonicUs, boot: String(boot), bootMs: wallMs - 1 });
      player.read([{ series, value, identity: 'x' }], at());
      for (const { used, wallMs: passed, accident } of steps) {
        if ((accident === 'reset' || accident === 'reboot') && unspooled === 0n && value > used) {
          if (accident === 'reboot') {
            boot++;
            monotonicUs = 0;
          }
          value = 0n;
        }
        wallMs += passed;
        monotonicUs += Math.abs(passed) * 1000;
        value += used;
        unspooled += used;
        const spooled = accident !== 'spoolFull';
        player.read([{ series, value, identity: 'x' }], at(), spooled);
        if (spooled) {
          truth += unspooled;
          unspooled = 0n;
        }
      }
      expect(player.total).toBe(truth);
      player.slices.reduce((before, { start, end }) => {
        expect(start).toBeGreaterThanOrEqual(before);
        expect(end).toBeGreaterThanOrEqual(start);
        return end;
      }, 0);
    }),
    { numRuns: 400 },
  );
});

test('slices never overlap when the clock goes back, and nothing is lost by it', () => {
  const player = new Player();
  player.read([{ series: net, value: 100n }], moment(10_000));
  player.read([{ series: net, value: 110n }], moment(11_000));
  player.read([{ series: net, value: 125n }], moment(8_000, { monotonicUs: 12e6 }));
  player.read([{ series: net, value: 130n }], moment(9_000, { monotonicUs: 13e6 }));
  player.read([{ series: net, value: 131n }], moment(12_000, { monotonicUs: 16e6 }));
  expect(player.total).toBe(31n);
  expect(player.slices).toEqual([
    { start: 10_000, end: 11_000 },
    { start: 11_000, end: 11_000 },
    { start: 11_000, end: 11_000 },
    { start: 11_000, end: 12_000 },
  ]);
  expect(player.notes.filter((note) => note.startsWith('clock'))).toHaveLength(1);
});

test('a clock that had been a year ahead is not waited for', () => {
  const player = new Player();
  const year = 365 * 24 * 3_600_000;
  player.read([{ series: net, value: 1n }], moment(year));
  player.read([{ series: net, value: 5n }], moment(1000, { monotonicUs: year * 1000 + 1e6 }));
  const result = player.read([{ series: net, value: 9n }], moment(2000, { monotonicUs: year * 1000 + 2e6 }))!;
  expect(result.samples).toMatchObject([{ startMs: 1000, durationMs: 1000, quantity: 4n }]);
  expect(player.notes.some((note) => note.startsWith('clock'))).toBe(true);
});

test('a suspended host: the counter spans it, the level leaves a gap, the clock is noted', () => {
  const player = new Player();
  const readings = (value: bigint) => [{ series: net, value }, { series: memory, value: 500n }]; // prettier-ignore
  player.read(readings(0n), moment(0));
  player.read(readings(3n), moment(1000));
  const { samples, notes } = player.read(readings(8n), moment(3_600_000, { monotonicUs: 2e6 }))!;
  expect(samples).toMatchObject([
    { startMs: 1000, durationMs: 3_599_000, monotonicUs: 1e6, quantity: 5n, raw: 8n },
    { startMs: 3_595_000, durationMs: 5000, quantity: 500n, raw: null },
  ]);
  expect(notes.map(({ kind }) => kind)).toEqual(['clock', 'gap']);
});

test('a reboot starts at zero, from the boot on; what came to be since the last reading counts whole', () => {
  const player = new Player();
  player.read([{ series: cpu, value: 1000n }], moment(10_000));
  const { samples, notes } = player.read(
    [{ series: cpu, value: 40n }, { series: container, value: 7n, identity: '9', bornMs: 55_000 }],
    { wallMs: 60_000, monotonicUs: 1e6, boot: 'b', bootMs: 50_000 },
  )!; // prettier-ignore
  expect(samples).toMatchObject([
    { startMs: 50_000, durationMs: 10_000, monotonicUs: 0, quantity: 40n },
    { startMs: 55_000, durationMs: 5_000, quantity: 7n },
  ]);
  expect(notes).toMatchObject([{ kind: 'reset' }]);
});

test('a slice longer than a batch may carry is cut, its quantities add up', () => {
  const player = new Player();
  player.read([{ series: net, value: 0n }], moment(0));
  player.read([{ series: net, value: 1_000_003n }], moment(30 * 24 * 3_600_000));
  expect(player.slices).toHaveLength(5);
  expect(player.total).toBe(1_000_003n);
  expect(player.slices.at(-1)!.end).toBe(30 * 24 * 3_600_000);
});
