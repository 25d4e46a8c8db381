/**
 * Takes the pictures of docs/img from a running instance: `node tests/e2e/screenshots.ts DATA_DIR [PAGE…]`. Every page, or
 * those named, light and dark, 1440 and 390 pixels wide.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { officeOf } from '#deploy/officeClient.ts';
import type { LiveState, RatedRows } from '#core/messages/api.ts';
import { openBrowser } from './browser.ts';

const [dataDir = '.meterline', ...names] = process.argv.slice(2);
const office = officeOf(dataDir);
const folder = new URL('../../docs/img/', import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
const { rows } = await office.get<RatedRows>('/rows?producer=this-host&limit=100');
const shown = rows.find(({ kind, amount }) => kind === 'usage' && amount !== '0') ?? rows[0]!;
// The budget with the most to show: one that is forecast, or else the first.
const { budgets } = await office.get<LiveState>('/live-state');
const budget = (budgets.find(({ forecast }) => forecast !== undefined) ?? budgets[0])?.id ?? '';
const pages = {
  now: '/',
  explore: '/explore',
  prices: '/prices',
  why: `/why/${shown.id}`,
  budgets: '/budgets',
  budget: `/budgets/${budget}`,
  budgetForm: `/budgets/${budget}/change`,
  credits: '/credits',
  alerts: '/alerts',
  deliveries: '/deliveries',
  corrections: '/corrections?ask=batches',
  closes: '/closes',
  fleet: '/fleet',
  refusals: '/refusals',
  status: '/status',
};

const browser = await openBrowser();
try {
  for (const theme of ['light', 'dark'] as const) {
    for (const width of [1440, 390]) {
      const context = await browser.newContext({
        colorScheme: theme,
        viewport: { width, height: width === 390 ? 844 : 900 },
      });
      const page = await context.newPage();
      await page.goto((await office.send<{ url: string }>('POST', '/login-links', {})).url);
      for (const [name, path] of Object.entries(pages)) {
        if (names.length > 0 && !names.includes(name)) continue;
        await page.goto(new URL(path, page.url()).href);
        await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => undefined);
        // The total meets the running balance as soon as the store has caught up with what the page has seen.
        const met = page.locator('[data-testid=balance-difference][data-state=ok]');
        if (name === 'explore') await met.waitFor({ timeout: 20_000 }).catch(() => undefined);
        await page.waitForTimeout(1500);
        await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
}
