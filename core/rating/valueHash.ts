/**
 * A fixed hash of a text, the same on every machine: from 1 to 2⁵³, as if drawn at random. MurmurHash3 for 32 bits (Austin
 * Appleby, public domain) of the UTF-16 code units, low byte first, with two seeds: all of seed 0, and above it the upper 21 bits of
 * seed 1. It has no key: values that were made to collide do.
 */
export function valueHash(text: string): number {
  return (murmur(text, 1) >>> 11) * 2 ** 32 + murmur(text, 0) + 1;
}

/** `text`: code units of two bytes each. */
export function murmur(text: string, seed: number): number {
  let hash = seed;
  const even = text.length & ~1;
  for (let at = 0; at < even; at += 2) {
    hash ^= scrambled(text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  if (even < text.length) hash ^= scrambled(text.charCodeAt(even));
  hash ^= text.length * 2;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scrambled(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
