/** Where a value stands, or would stand, in an ascending list: how many of the first `count` are less. */
export function rankIn<Value extends number | bigint>(
  list: { readonly [index: number]: Value },
  count: number,
  value: Value,
): number {
  let from = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (list[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
