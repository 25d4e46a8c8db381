/** Levels that go on (SPEC §8.6.5): seats and gigabytes held, booked by later samples and by time, in both engines. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ControlChange } from '../messages/control.ts';
import type { Rational } from '../money/fixed.ts';
import { multiply, ratio } from '../money/rational.ts';
import { timeWeightedAverage, weightedChanges, type LevelChange } from '../quantity/levels.ts';
import { ReferenceEngine } from '../reference/engine.ts';
import { options } from '../testing/seed.ts';
import { periodAt } from '../time/period.ts';
import { levelLimits } from './levels.ts';
import { PartitionMachine } from './machine.ts';
import { applyCommit } from './replay.ts';
import { decodeState, encodeState } from './snapshot.ts';
import { emptyState } from './state.ts';

const hour = 3_600_000;
const at = (text: string) => Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`).epochMilliseconds;
const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const read = (data: Uint8Array) => String.fromCharCode(...data);
const hash = (data: Uint8Array) => String(data.length) + read(data).slice(-4000);

interface Said {
  readonly resource?: string;
  readonly startMs: number;
  readonly level: number;
}

/** The same inputs to both engines; what the fast one keeps is what its commits say. */
class Seats {
  machine = new PartitionMachine(emptyState(0), { text: read, hash, verify: () => true });
  readonly #replayed = emptyState(0);
  readonly reference = new ReferenceEngine(0, { sha256: hash, verifySignature: () => true, readText: read });
  #seqs = { control: 0, usage: 0 };
  #prev = '';
  #commits = 0;

  constructor(by: 'second' | 'day', timeZone = 'Europe/Berlin') {
    const key = { id: 'key', publicKey: 'good' };
    this.control([
      { kind: 'tenant', id: 't', name: 'T', currency: 'EUR', timeZone },
      { kind: 'producer', id: 'p', type: 'gateway', simulated: false, enabled: true, keys: [key] },
      { kind: 'account', id: 1, slug: 'a', name: 'A', parent: 0, type: 'project', timeZone },
      { kind: 'ownership', resource: 'r', account: 1, fromMs: 0 },
      { kind: 'ownership', resource: 'r/*', account: 1, fromMs: 0 },
      { kind: 'meter', id: 'm', metric: 'seats', unit: '1', scale: 0, aggregation: 'recurring', filter: {}, recurs: { by } },
      { kind: 'price', id: 1, key: 'k', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0, tallyScope: 'account', unit: { name: 'unit·h', numerator: '1', denominator: '3600000' }, allowance: '0', model: { kind: 'perUnit', unitPrice: '1' } },
    ]); // prettier-ignore
  }

  control(changes: readonly ControlChange[]): void {
    this.#take('control', 0, JSON.stringify({ v: 1, tenant: 't', seq: this.#seqs.control + 1, auditId: '', trace: '', changes })); // prettier-ignore
  }

  /** Says levels at a time; answers with the reasons of those that are refused. */
  say(timeMs: number, ...said: readonly Said[]): string[] {
    const body = JSON.stringify({
      v: 1, tenant: 't', producer: 'p', epoch: { startedAtMs: 1, nonce: '0123456789abcdef' }, seq: this.#seqs.usage + 1, prev: this.#prev, trace: '',
      resources: said.map(({ resource = 'r' }) => resource), metrics: [{ name: 'seats', unit: '1', scale: 0, kind: 'level' }], dims: [],
      ticks: said.map(({ startMs }) => [startMs, 0, 0]), baseMs: 0, series: said.map((_, i) => [i, 0, -1]),
      s: said.map((_, i) => i), k: said.map((_, i) => i), q: said.map(({ level }) => level), raw: said.map(() => null),
    }); // prettier-ignore
    this.#prev = hash(bytes(body));
    return this.#take('usage', timeMs, `${'s'.repeat(86)}\nkey\n${body}`);
  }

  tick(timeMs: number): void {
    this.machine.tick(timeMs);
    this.reference.tick(timeMs);
    this.#commit();
  }

  /** Hours × levels of the month that holds an instant, as both engines have it. */
  hours(instantMs: number, timeZone = 'Europe/Berlin'): Rational {
    const { startMs } = periodAt(instantMs, timeZone);
    const tally = this.machine.state.tallies.find(({ entry }) => entry.periodStartMs === startMs);
    const held = [...this.reference.state.tallies.values()].find(({ period }) => period.startMs === startMs);
    expect(held?.quantity.toFixed() ?? '0').toBe((tally?.quantity ?? 0n).toString());
    expect(tally?.charge ?? 0n).toBe(((tally?.quantity ?? 0n) * 10n ** 12n * 2n + 3_600_000n) / 7_200_000n);
    return ratio(tally?.quantity ?? 0n, 3_600_000n);
  }

  #take(stream: 'control' | 'usage', timeMs: number, text: string): string[] {
    const subject = stream === 'control' ? 'control.0.t' : 'usage.0.t.p';
    const input = { subject, seq: (this.#seqs[stream] += 1), timeMs, data: bytes(text) };
    if (stream === 'control') this.machine.takeControl(input);
    else this.machine.takeUsage(input);
    const refused = this.machine.changes.refusals.map(({ reason }) => reason);
    expect(this.reference.take({ ...input, stream }).refusals.map(({ reason }) => reason)).toEqual(refused);
    this.#commit();
    return refused;
  }

  #commit(): void {
    const n = this.#commits++;
    const { header } = this.machine.drain({ kind: 'commit', incarnation: 1, nonce: '', n, prev: { seq: n, hash: '' } });
    applyCommit(this.#replayed, JSON.parse(JSON.stringify(header)), n + 1, '');
    Object.assign(this.machine.state, { incarnation: 1, outSeq: n + 1 });
    expect(encodeState(this.#replayed)).toBe(encodeState(this.machine.state));
    this.machine = new PartitionMachine(decodeState(encodeState(this.machine.state)), { text: read, hash, verify: () => true }); // prettier-ignore
  }
}

const of = (value: number): Rational => ratio(BigInt(value));

test('three seats from the 11th, five from the 21st, none from the 1st: the months are complete an hour after they end', () => {
  const seats = new Seats('second');
  seats.say(at('2026-11-11T00:00'), { startMs: at('2026-11-11T00:00'), level: 3 });
  seats.say(at('2026-11-21T00:00'), { startMs: at('2026-11-21T00:00'), level: 5 });
  expect(seats.hours(at('2026-11-02T00:00'))).toEqual(of(240 * 3));
  expect(seats.machine.nextDueMs()).toBe(at('2026-12-01T01:00'));
  seats.tick(at('2026-12-01T00:59'));
  expect(seats.hours(at('2026-11-02T00:00'))).toEqual(of(240 * 3));
  seats.tick(at('2026-12-01T01:00'));
  expect(seats.hours(at('2026-11-02T00:00'))).toEqual(of(240 * 3 + 240 * 5));
  expect(seats.machine.nextDueMs()).toBe(at('2027-01-01T01:00'));
  seats.tick(at('2027-01-01T01:00'));
  expect(seats.hours(at('2026-12-02T00:00'))).toEqual(of(744 * 5));
  seats.say(at('2027-01-02T00:00'), { startMs: at('2027-01-01T00:00'), level: 0 });
  expect([seats.hours(at('2027-01-02T00:00')), seats.machine.nextDueMs()]).toEqual([of(0), undefined]);
});

test('by day the last level of a day counts for all of it', () => {
  const seats = new Seats('day');
  const say = (text: string, level: number) => seats.say(at(text), { startMs: at(text), level });
  say('2026-11-11T09:00', 3);
  say('2026-11-11T15:00', 7);
  say('2026-11-12T23:59', 1);
  seats.tick(at('2026-12-01T01:00'));
  expect(seats.hours(at('2026-11-02T00:00'))).toEqual(of(24 * 7 + 24 * 19));
});

test('what is older than the last of its level, or than what is booked, or too late, is refused; others are not touched', () => {
  const seats = new Seats('second');
  const november = at('2026-11-11T00:00');
  expect(seats.say(november, { startMs: november, level: 3 }, { startMs: november - 1, level: 4 })).toEqual([
    'overlap',
  ]);
  expect(seats.say(november, { startMs: november, level: 5 }, { resource: 'r/x', startMs: november - 1, level: 1 })).toEqual([]); // prettier-ignore
  seats.tick(at('2026-12-01T01:00'));
  const end = at('2026-12-01T00:00');
  expect(seats.say(end + hour, { startMs: end - 1, level: 3 })).toEqual(['overlap']);
  expect(seats.say(end + hour, { startMs: end, level: 3 })).toEqual([]);
  const old = end + hour - levelLimits.lateMsMax - 1;
  expect(seats.say(end + hour, { resource: 'r/y', startMs: old, level: 3 }, { resource: 'r/z', startMs: old + 1, level: 3 })).toEqual(['out_of_range']); // prettier-ignore
});

test('time books so many levels at once, the others with the next step', () => {
  const seats = new Seats('second');
  const startMs = at('2026-11-30T00:00');
  const said = Array.from({ length: levelLimits.rowsMax + 50 }, (_, i) => ({
    resource: `r/${i}`,
    startMs,
    level: 1,
  }));
  expect(seats.say(startMs, ...said)).toEqual([]);
  const due = at('2026-12-01T01:00');
  const after = [1, 2, 3].map((step) => {
    seats.tick(due + step);
    return [seats.hours(startMs), (seats.machine.nextDueMs() ?? 0) <= due + step];
  });
  expect(after).toEqual([[of(24 * 2000), true], [of(24 * 2050), false], [of(24 * 2050), false]]); // prettier-ignore
});

test('TELESCOPE of levels: any history of a level comes to what the time-weighted level of each month is', () => {
  const start = Date.UTC(2026, 8, 1);
  const months = [0, 1, 2].map((month) => ({
    startMs: Date.UTC(2026, 8 + month, 1),
    endMs: Date.UTC(2026, 9 + month, 1),
  }));
  const history = fc.array(fc.tuple(fc.integer({ min: 0, max: 91 * 24 - 1 }), fc.nat(9)), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(history, fc.constantFrom('second', 'day'), (drawn, by) => {
      const seats = new Seats(by, 'UTC');
      const said = drawn.map(([hours, level]) => ({ startMs: start + hours * hour, level })).sort((a, b) => a.startMs - b.startMs); // prettier-ignore
      let level = 0;
      const changes = said.map((one): LevelChange => {
        const by = of(one.level - level);
        level = one.level;
        return { atMs: one.startMs, by };
      });
      for (const one of said) {
        for (const { endMs } of months) if (endMs + hour <= one.startMs) seats.tick(endMs + hour);
        expect(seats.say(one.startMs, one)).toEqual([]);
      }
      for (const { endMs } of months) seats.tick(Math.max(endMs, said.at(-1)!.startMs) + hour);
      for (const period of months) {
        const before = changes.filter(({ atMs }) => atMs < period.startMs);
        const carried = before.reduce((sum, { by }) => ratio(sum.numerator + by.numerator, 1n), of(0));
        const inside = changes.filter(({ atMs }) => atMs >= period.startMs);
        const average = timeWeightedAverage(weightedChanges(carried, inside, period, by, 'UTC'));
        const wanted = multiply(average, ratio(BigInt(period.endMs - period.startMs), 3_600_000n));
        expect(seats.hours(period.startMs, 'UTC')).toEqual(wanted);
      }
    }),
    { ...options, numRuns: Math.min(options.numRuns, 60) },
  );
});
