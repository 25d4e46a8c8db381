import { LineCounter, isMap, isScalar, isSeq, parseDocument, visit, type Node as YamlNode } from 'yaml';
import { billingLimits } from '../limits.ts';
import { isStorable } from '#platform/storable.ts';
import type { At, Faults } from './faults.ts';

/**
 * A file as a tree of texts with their places. Every scalar stays the text that was written: "0.10" never passes
 * through a binary float, and what it means is decided by whoever reads it.
 */
export type Node =
  | { readonly kind: 'text'; readonly text: string; readonly at: At }
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly at: At }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Entry>; readonly at: At };

export interface Entry {
  /** Where the key stands. */
  readonly keyAt: At;
  readonly node: Node;
}

/** Reads YAML (or JSON, which is YAML); undefined when it cannot be read at all, with the faults told. */
export function readYaml(text: string, faults: Faults): Node | undefined {
  const start: At = { line: 1, column: 1, path: '' };
  if (text.length > billingLimits.documentLengthMax) {
    faults.add('FILE_TOO_LARGE', start, '', `at most ${billingLimits.documentLengthMax} characters`);
    return undefined;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'failsafe',
    uniqueKeys: true,
    prettyErrors: false,
  });
  const at = (node: YamlNode | undefined, path: string): At => {
    const { line, col } = node?.range ? lines.linePos(node.range[0]) : { line: 1, col: 1 };
    return { line, column: col, path };
  };
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0]);
    const duplicate = error.code === 'DUPLICATE_KEY';
    faults.add(
      duplicate ? 'DUPLICATE' : 'FILE_SYNTAX',
      { line, column: col, path: '' },
      '',
      duplicate ? 'each key once' : error.message,
    );
  }
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && !isStorable(node.value))
        faults.add('FILE_SYNTAX', at(node, ''), '', 'text without U+0000 and halves of surrogate pairs');
    },
    Alias: (_, node) => faults.add('FILE_SYNTAX', at(node, ''), node.toString(), 'the text itself instead of an alias'),
  });
  if (faults.some) return undefined;
  if (document.contents === null) {
    faults.add('FILE_SYNTAX', start, '', 'an organisation');
    return undefined;
  }
  return convert(document.contents as YamlNode, '', at);
}

function convert(node: YamlNode | null, path: string, at: (node: YamlNode | undefined, path: string) => At): Node {
  const here = at(node ?? undefined, path);
  if (isMap(node)) {
    const entries = new Map<string, Entry>();
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      const keyPath = path === '' ? key : `${path}.${key}`;
      const keyAt = at(pair.key as YamlNode, keyPath);
      const value =
        pair.value === null
          ? { kind: 'text' as const, text: '', at: keyAt }
          : convert(pair.value as YamlNode, keyPath, at);
      entries.set(key, { keyAt, node: value });
    }
    return { kind: 'map', entries, at: here };
  }
  if (isSeq(node)) {
    return {
      kind: 'list',
      items: node.items.map((item, index) => convert(item as YamlNode, `${path}[${index}]`, at)),
      at: here,
    };
  }
  // The failsafe schema makes every scalar a string; what is left out is empty.
  return { kind: 'text', text: isScalar(node) && typeof node.value === 'string' ? node.value : '', at: here };
}
