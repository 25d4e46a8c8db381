/** Reference pages are made from the code. `METERLINE_UPDATE_DOCS=1` writes them; otherwise they are compared. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect } from 'vitest';
import { root, textOf } from './sources.ts';

/** A Markdown table; bars inside cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export async function expectPage(path: string, parts: readonly string[]): Promise<void> {
  const file = join(root, path);
  const page = await format(parts.join('\n\n'), { ...(await resolveConfig(file)), parser: 'markdown' });
  if (process.env['METERLINE_UPDATE_DOCS'] === '1') writeFileSync(file, page);
  const written = existsSync(file) ? textOf(path) : '';
  expect(written, `${path} differs from the code; \`npm run docs\` writes it anew`).toBe(page);
}
