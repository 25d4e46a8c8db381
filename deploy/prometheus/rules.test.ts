import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { stageIds } from '#core/messages/pressure.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const root = join(import.meta.dirname, '..', '..');

test('each alarm asks for a metric that there is, has a severity and says what to do; every stage has one', () => {
  const page = readFileSync(join(root, 'docs', 'metrics.md'), 'utf8');
  const known = new Set([...page.matchAll(/^\| `(meterline_\w+)`/gm)].map(([, name]) => name!));
  const text = readFileSync(join(import.meta.dirname, 'rules.yml'), 'utf8');
  const { groups } = parse(text) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { expr, labels, annotations } of rules) {
    const asked = expr.match(/meterline_\w+/g) ?? [];
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    expect(labels.severity).toMatch(/^(warning|critical)$/);
    expect(annotations.description.length).toBeGreaterThan(20);
  }
  // The gauge has every stage as a label, so an expression without a label is an alarm for each.
  expect(rules.filter(({ expr }) => /^meterline_office_stage_state == [12]$/.test(expr))).toHaveLength(2);
  expect(stageIds.length).toBeGreaterThan(0);
});
