import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bodyOf, counterAt, kit, openSpool, put, readAll } from '../testing/spoolKit.ts';
import { MemoryDisk } from '../testing/memoryDisk.ts';
import type { Spool } from './spool.ts';

const carried = (spool: Spool) => readAll(spool).map((batch) => bodyOf(batch).baseMs);
const counter = (spool: Spool) => spool.states.get('s')?.series.get('c')?.value;
const segmentsOf = (disk: MemoryDisk) =>
  [...disk.files.keys()].filter((name) => name.endsWith('.seg') && !name.includes('quarantine'));

test('a tail torn at any byte leaves exactly the intact prefix, and the sequence goes on', () => {
  const disk = new MemoryDisk();
  const k = kit(disk);
  const spool = openSpool(k);
  put(spool, [1], counterAt(1n));
  put(spool, [2, 3], counterAt(3n));
  const [file] = segmentsOf(disk);
  const intact = disk.size(file!);
  put(spool, [4, 5], counterAt(5n));
  const whole = Buffer.from(disk.read(file!));
  for (let size = intact; size < whole.length; size++) {
    const torn = new MemoryDisk();
    torn.files.set(file!, { bytes: whole.subarray(0, size), synced: size });
    const again = openSpool({ ...k, disk: torn, losses: [] });
    expect(again.tornBytes).toBe(size - intact);
    expect(again.head.nextSeq).toBe(4);
    expect(again.head.epoch).toEqual(spool.head.epoch);
    expect(counter(again)).toBe(3n);
    expect(put(again, [6])).toBe(true);
    const chain = readAll(again);
    expect(chain.map((batch) => bodyOf(batch).baseMs)).toEqual([1, 2, 3, 6]);
    chain.forEach((batch, index) => expect(bodyOf(batch).prev).toBe(index === 0 ? '' : chain[index - 1]!.hash));
  }
});

test('whatever the disk does, what was appended is there once, in order, with the counters it came from', () => {
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), batches: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('fail' as const), writes: fc.integer({ min: 1, max: 4 }), bytes: fc.integer({ min: 0, max: 900 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('epoch' as const) }) },
  ); // prettier-ignore
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const disk = new MemoryDisk();
      const k = kit(disk);
      k.limits = { ...k.limits, keepAcknowledgedMs: 1e12, keepAcknowledgedBytesMax: 1e12 };
      let spool = openSpool(k);
      let next = 1;
      let expected: number[] = [];
      for (const act of actions) {
        k.nowMs += 10;
        if (act.do === 'put') {
          const values = Array.from({ length: act.batches }, (_, index) => next + index);
          let done = false;
          try {
            done = put(spool, values, counterAt(BigInt(values.at(-1)!)));
          } catch (error) {
            expect(error).toMatchObject({ code: 'SPOOL_WRITE_FAILED' });
          }
          if (!done) continue;
          expected.push(...values);
          next += act.batches;
        } else if (act.do === 'fail') {
          disk.failWrites = act.writes;
          disk.partialBytes = act.bytes;
        } else if (act.do === 'crash') {
          disk.crash(act.part);
          spool = openSpool(k);
          // An append that failed may have reached the disk all the same: then all of it has, counters included.
          const all = carried(spool);
          const extra = all.slice(expected.length);
          expect(all.slice(0, expected.length)).toEqual(expected);
          if (extra.length > 0) expect(counter(spool)).toBe(BigInt(extra.at(-1)!));
          expected = all;
          next = (expected.at(-1) ?? 0) + 1;
          disk.failWrites = 0;
        } else {
          spool.beginEpoch('test');
        }
        if (expected.length > 0 && counter(spool) !== undefined) expect(counter(spool)).toBe(BigInt(expected.at(-1)!));
      }
      disk.failWrites = 0;
      expect(carried(spool)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test.each(['middle', 'newest'] as const)(
  'damage in the %s segment is put aside, filled with signed losses, gapless',
  (which) => {
    const disk = new MemoryDisk();
    const k = kit(disk);
    const spool = openSpool(k);
    for (let value = 1; value <= 30; value++) put(spool, [value], counterAt(BigInt(value)));
    const files = segmentsOf(disk);
    expect(files.length).toBeGreaterThan(2);
    const file = which === 'middle' ? files[1]! : files.at(-1)!;
    const content = disk.files.get(file)!;
    const second = content.bytes.indexOf('MLS1', content.bytes.indexOf('MLS1', 1) + 1);
    content.bytes[second - 20]! ^= 1;
    const again = openSpool(k);
    const all = readAll(again);
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    const lost = all.filter((batch) => bodyOf(batch).notes !== undefined);
    expect(lost).toHaveLength(1);
    expect(bodyOf(lost[0]!)).toMatchObject({
      s: [],
      notes: [{ kind: 'lost', series: -1, detail: expect.stringMatching(/^lost \[\d+,\d+\]/) }],
    });
    expect([...disk.files.keys()].filter((name) => name.includes('quarantine'))).toHaveLength(1);
    expect(k.losses).toHaveLength(1);
    expect(counter(again)).toBe(30n);
    const third = openSpool({ ...k, losses: [] });
    expect(readAll(third).map(({ hash }) => hash)).toEqual(all.map(({ hash }) => hash));
  },
);

test('a segment of which nothing can be read, another machine, a damaged head: a new epoch, counters start anew', () => {
  for (const harm of ['garbage', 'machine', 'head'] as const) {
    const disk = new MemoryDisk();
    const k = kit(disk);
    const spool = openSpool(k);
    put(spool, [1, 2], counterAt(2n));
    const content = disk.files.get(segmentsOf(disk)[0]!)!;
    if (harm === 'garbage') content.bytes = Buffer.alloc(500, 7);
    if (harm === 'head') content.bytes[14]! ^= 1;
    const again = openSpool({ ...k, machine: harm === 'machine' ? 'm2' : 'm1', nonce: 10 });
    expect(again.head.nextSeq).toBe(1);
    expect(again.head.epoch.startedAtMs).toBeGreaterThan(spool.head.epoch.startedAtMs);
    expect(counter(again)).toBeUndefined();
    expect(again.losses).toHaveLength(1);
    put(again, [3]);
    expect(carried(again)).toEqual(harm === 'garbage' ? [3] : [1, 2, 3]);
    expect(again.losses).toEqual([]);
  }
});

test('trims what the rater took after its time, keeps what it did not, and finds its place again', () => {
  const disk = new MemoryDisk();
  const k = kit(disk);
  const spool = openSpool(k);
  for (let value = 1; value <= 40; value++) put(spool, [value], counterAt(BigInt(value)));
  const before = segmentsOf(disk).length;
  spool.acknowledge({ epoch: spool.head.epoch, seq: 25 });
  expect(segmentsOf(disk)).toHaveLength(before);
  k.nowMs += 2000;
  spool.acknowledge(spool.acknowledged!);
  expect(segmentsOf(disk).length).toBeLessThan(before);
  expect(carried(spool)).toEqual(Array.from({ length: 15 }, (_, index) => index + 26));
  put(spool, [41], counterAt(41n));
  const again = openSpool(k);
  expect(counter(again)).toBe(41n);
  expect(again.head.nextSeq).toBe(42);
});

test('full: nothing is taken until the rater took something, and nothing kept is lost', () => {
  const disk = new MemoryDisk();
  const k = kit(disk);
  k.limits = { ...k.limits, spoolBytesMax: 12_000, keepAcknowledgedMs: 1e12 };
  const spool = openSpool(k);
  let value = 0;
  while (put(spool, [value + 1], counterAt(BigInt(value + 1)))) value++;
  expect(value).toBeGreaterThan(10);
  expect(counter(spool)).toBe(BigInt(value));
  expect(put(spool, [value + 1])).toBe(false);
  expect(carried(spool)).toEqual(Array.from({ length: value }, (_, index) => index + 1));
  spool.acknowledge({ epoch: spool.head.epoch, seq: value });
  expect(put(spool, [value + 1])).toBe(true);
  expect(carried(spool)).toEqual([value + 1]);
});

test('a log that lost its tail asks for batches again; those no longer kept are losses, too many end the epoch', () => {
  const disk = new MemoryDisk();
  const k = kit(disk);
  const spool = openSpool(k);
  const { epoch } = spool.head;
  const put50 = () => Array.from({ length: 50 }, (_, index) => put(spool, [index]));
  put50();
  spool.acknowledge({ epoch, seq: 45 });
  k.nowMs += 5000;
  spool.acknowledge(spool.acknowledged!);
  spool.acknowledge({ epoch, seq: 10 });
  const all = readAll(spool);
  expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 11));
  expect(all.filter((batch) => bodyOf(batch).notes !== undefined).length).toBeGreaterThan(0);
  put50();
  spool.acknowledge({ epoch, seq: 99 });
  k.nowMs += 5000;
  spool.acknowledge(spool.acknowledged!);
  spool.acknowledge({ epoch: { startedAtMs: 0, nonce: '' }, seq: 0 });
  expect(spool.read(epoch, 1)).toEqual([]);
  expect(spool.head.nextSeq).toBe(1);
  put(spool, [7]);
  expect(carried(spool)).toEqual([7]);
});
