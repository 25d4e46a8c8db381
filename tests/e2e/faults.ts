import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const axe = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** What axe and a look at the width find fault with; evaluated as text, for this program knows no DOM. */
const look = `(async () => {
  const runOnly = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await window.axe.run(document, { runOnly });
  const width = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const faults = violations.map(({ id, nodes }) => id + ': ' + nodes[0].html);
  return width > 0 ? [...faults, width + ' pixels too wide'] : faults;
})()`;

export async function faultsOf(page: Page): Promise<string[]> {
  // Handed over by the debugger, which the pages' policy does not bind.
  await page.evaluate(axe);
  return page.evaluate<string[]>(look);
}
