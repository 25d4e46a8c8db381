/** Text that no store takes: U+0000, and half of a surrogate pair. Postgres refuses both, UTF-8 has no way to write the second. */

export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** The first such text in a value that may be anything, keys included: its path, like "/budget/scope/services/0". */
export function unstorableIn(value: unknown): string | undefined {
  const open: { readonly path: string; readonly value: unknown }[] = [{ path: '', value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path, value: found } = next;
    if (typeof found === 'string' && !isStorable(found)) return path;
    if (typeof found !== 'object' || found === null) continue;
    for (const [key, part] of Object.entries(found).reverse()) {
      if (!isStorable(key)) return path;
      open.push({ path: `${path}/${key}`, value: part });
    }
  }
  return undefined;
}
