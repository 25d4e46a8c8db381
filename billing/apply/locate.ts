/** Where a path of a record leads in the file that says it. */
import type { At } from './faults.ts';
import type { Node } from './yaml.ts';

/** The place, and what stands there; for what is missing the place of what should hold it. */
export function locate(top: Node, path: string): { readonly at: At; readonly node: Node | undefined } {
  let node = top;
  let rest = path;
  while (rest !== '') {
    const step = stepInto(node, rest);
    if (step === undefined) return { at: { ...node.at, path: joined(node.at.path, rest) }, node: undefined };
    ({ node, rest } = step);
  }
  return { at: node.at, node };
}

function stepInto(node: Node, path: string): { readonly node: Node; readonly rest: string } | undefined {
  if (node.kind === 'list') {
    const found = /^\[(\d+)\]\.?/.exec(path);
    const item = found === null ? undefined : node.items[Number(found[1])];
    return item && { node: item, rest: path.slice(found![0].length) };
  }
  if (node.kind !== 'map') return undefined;
  // Keys are anybody's texts, with dots too: the longest one that the path begins with.
  const key = [...node.entries.keys()]
    .filter((name) => path === name || (path.startsWith(name) && '.['.includes(path[name.length]!)))
    .toSorted((a, b) => b.length - a.length)[0];
  return key === undefined
    ? undefined
    : { node: node.entries.get(key)!.node, rest: path.slice(key.length).replace(/^\./, '') };
}

const joined = (path: string, rest: string): string => (rest.startsWith('[') ? `${path}${rest}` : `${path}.${rest}`);
