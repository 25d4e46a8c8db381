/**
 * Who is to own which partition. Whoever knows the same members and holders finds the same, counts differ by at most one,
 * and nothing moves that need not.
 */

/**
 * The owner of each partition, by its number; undefined without members. Members keep what they hold up to their share;
 * what is beyond, and what nobody of them holds, goes by rendezvous: each pair of a partition and a member has a weight,
 * and the heaviest pair that still fits comes first.
 */
export function assign(
  partitions: number,
  members: readonly string[],
  holders: readonly (string | undefined)[],
): readonly (string | undefined)[] {
  const owners = Array.from<string | undefined>({ length: partitions });
  const shares = sharesOf(partitions, members, holders);
  const pairs = owners.flatMap((_, partition) =>
    [...shares.keys()].map((member) => ({ partition, member, weight: weightOf(partition, member) })),
  );
  pairs.sort((a, b) => b.weight - a.weight);
  const held = pairs.filter(({ partition, member }) => holders[partition] === member);
  for (const { partition, member } of [...held, ...pairs]) {
    const share = shares.get(member)!;
    if (owners[partition] !== undefined || share === 0) continue;
    owners[partition] = member;
    shares.set(member, share - 1);
  }
  return owners;
}

/** How many each member is to own. One more than others has who holds more already, so that less moves; then the first by name. */
function sharesOf(
  partitions: number,
  members: readonly string[],
  holders: readonly (string | undefined)[],
): Map<string, number> {
  const least = Math.floor(partitions / members.length);
  const holdsMore = (member: string) => holders.filter((holder) => holder === member).length > least;
  const byName = members.toSorted();
  const ordered = [...byName.filter(holdsMore), ...byName.filter((member) => !holdsMore(member))];
  const withMore = partitions - least * members.length;
  return new Map(ordered.map((member, index) => [member, least + (index < withMore ? 1 : 0)]));
}

/** 32 bits that look drawn: FNV-1a, mixed as MurmurHash3 ends, for names that differ in a digit. */
function weightOf(partition: number, member: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${partition}/${member}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
