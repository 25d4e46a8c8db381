import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign } from './assignment.ts';

const member = fc.stringMatching(/^[a-f0-9]{4}$/);
const members = fc.uniqueArray(member, { minLength: 1, maxLength: 12 });
const world = fc.record({
  members,
  holders: fc.array(fc.option(member, { nil: undefined }), { minLength: 1, maxLength: 40 }),
});
/** Some hold because they are members, some are strangers, some partitions nobody holds. */
const drawn = world.chain(({ members: some, holders }) =>
  fc.record({
    members: fc.constant(some),
    holders: fc.tuple(
      ...holders.map((other) => fc.oneof(fc.constantFrom(...some), fc.constant(other))),
    ) as fc.Arbitrary<(string | undefined)[]>,
  }),
);

const countsOf = (owners: readonly (string | undefined)[], some: readonly string[]): number[] =>
  some.map((one) => owners.filter((owner) => owner === one).length);

const moved = (owners: readonly (string | undefined)[], holders: readonly (string | undefined)[]): number =>
  owners.filter((owner, partition) => holders[partition] !== owner).length;

/** The least number of moves that ends within one: whoever holds more than its share gives the rest. */
function leastMoves(some: readonly string[], holders: readonly (string | undefined)[]): number {
  const least = Math.floor(holders.length / some.length);
  let more = holders.length % some.length;
  const kept = countsOf(holders, some).map((count) => {
    if (count > least && more > 0) {
      more -= 1;
      return least + 1;
    }
    return Math.min(count, least);
  });
  return holders.length - kept.reduce((sum, count) => sum + count, 0);
}

test('every partition has an owner, and counts differ by at most one', () => {
  fc.assert(
    fc.property(drawn, ({ members: some, holders }) => {
      const counts = countsOf(assign(holders.length, some, holders), some);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(holders.length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});

test('no assignment within one moves less', () => {
  fc.assert(
    fc.property(drawn, ({ members: some, holders }) => {
      expect(moved(assign(holders.length, some, holders), holders)).toBe(leastMoves(some, holders));
    }),
  );
});

test('every member finds the same, in whatever order it learned of the others', () => {
  fc.assert(
    fc.property(drawn, fc.infiniteStream(fc.nat()), ({ members: some, holders }, keys) => {
      const shuffled = some
        .map((one) => [keys.next().value as number, one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one);
      expect(assign(holders.length, shuffled, holders)).toEqual(assign(holders.length, some, holders));
    }),
  );
});

test('one hand-over after another ends where the first look said, whatever their order', () => {
  fc.assert(
    fc.property(drawn, fc.infiniteStream(fc.nat()), ({ members: some, holders }, keys) => {
      const target = assign(holders.length, some, holders);
      const now = [...holders];
      for (;;) {
        const ahead = now.flatMap((holder, partition) => (holder === target[partition] ? [] : [partition]));
        if (ahead.length === 0) break;
        const next = ahead[(keys.next().value as number) % ahead.length]!;
        now[next] = undefined; // given back, and not taken yet
        expect(assign(holders.length, some, now)).toEqual(target);
        now[next] = target[next];
        expect(assign(holders.length, some, now)).toEqual(target);
      }
    }),
  );
});

test('without members nobody is to own anything', () => {
  expect(assign(2, [], ['a', undefined])).toEqual([undefined, undefined]);
});
