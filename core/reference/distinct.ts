/** SPEC §8.6.4: how many values there are, counted or estimated, and the hash that the estimate is made from. */
import type { MeterRecord } from '../messages/control.ts';
import type { Tally } from './state.ts';

export type Values = Pick<Tally, 'values' | 'hashes'>;

/** The values that are new to a tally and, where it is beyond its limit with them, the hashes that count instead of values. */
export function withValues(
  meter: MeterRecord,
  known: Values,
  more: Values,
): { readonly fresh: readonly string[]; readonly hashes: Values['hashes'] } {
  const { upTo, beyond } = limitOf(meter);
  const fresh = [...more.values].filter((value) => !known.values.has(value));
  const isCounted = known.hashes === undefined && more.hashes === undefined;
  if (isCounted && (known.values.size + fresh.length <= upTo || beyond === 'refuse'))
    return { fresh, hashes: undefined };
  const all = new Set([...hashesOf(known), ...hashesOf(more)]);
  return { fresh: [], hashes: [...all].toSorted((a, b) => (a < b ? -1 : 1)).slice(0, upTo) };
}

const hashesOf = ({ values, hashes }: Values) => hashes ?? [...values].map(hashOf);

export function numberOf(meter: MeterRecord, counted: number, hashes: Values['hashes']): bigint {
  if (hashes === undefined) return BigInt(counted);
  const limit = BigInt(limitOf(meter).upTo);
  const isFull = BigInt(hashes.length) === limit;
  const estimate = isFull ? ((limit - 1n) * 2n ** 53n) / hashes.at(-1)! : BigInt(hashes.length);
  return estimate > limit ? estimate : limit + 1n;
}

export const limitOf = ({ exact }: MeterRecord) => exact ?? { upTo: 10_000, beyond: 'refuse' };

/** 32 bits of seed 0 below 21 of seed 1, and 1. */
export function hashOf(text: string): bigint {
  return (murmur3(text, 1n) >> 11n) * 2n ** 32n + murmur3(text, 0n) + 1n;
}

const word = (value: bigint): bigint => BigInt.asUintN(32, value);
const turned = (value: bigint, by: bigint): bigint => word(value << by) | (value >> (32n - by));

/** MurmurHash3_x86_32 over the bytes of UTF-16, the lower first. */
function murmur3(text: string, seed: bigint): bigint {
  const bytes = [...Array(text.length).keys()].flatMap((at) => [text.charCodeAt(at) % 256, text.charCodeAt(at) >> 8]);
  let hash = seed;
  for (let from = 0; from < bytes.length; from += 4) {
    const block = bytes.slice(from, from + 4);
    const value = block.reduce((sum, byte, at) => sum + BigInt(byte) * 256n ** BigInt(at), 0n);
    hash ^= word(turned(word(value * 0xcc9e2d51n), 15n) * 0x1b873593n);
    if (block.length === 4) hash = word(turned(hash, 13n) * 5n + 0xe6546b64n);
  }
  hash ^= BigInt(bytes.length);
  hash = word((hash ^ (hash >> 16n)) * 0x85ebca6bn);
  hash = word((hash ^ (hash >> 13n)) * 0xc2b2ae35n);
  return hash ^ (hash >> 16n);
}
