import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RatedRows } from '#core/messages/api.ts';
import { openBrowser } from './browser.ts';
import { faultsOf } from './faults.ts';
import { fullAmount, fullUsage, Instance, organisation, patience } from './instance.ts';

const instance = new Instance();
let browser: Awaited<ReturnType<typeof openBrowser>>;

beforeAll(async () => {
  await instance.start();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await instance[Symbol.asyncDispose]();
});

/** Every complaint of the browser, of which there must be none: errors, refused styles and scripts, failed requests. */
async function signedIn(context: BrowserContext): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto((await instance.office.send<{ url: string }>('POST', '/login-links', {})).url);
  await page.getByTestId('total').waitFor();
  return { page, complaints };
}

test('every page is accessible and fits, light on a desk and dark on a phone, with nothing inline', async () => {
  const rows = await vi.waitFor(async () => {
    const answer = await instance.office.get<RatedRows>('/rows?limit=1');
    expect(answer.rows).toHaveLength(1);
    return answer.rows;
  }, patience);
  // Two fees that leave every total as it was.
  const fee = (amount: number) => `  - { key: once${amount}, service: Setup, component: Setup, account: this-host, terms: { kind: oneTime, amount: ${amount}, at: 2026-01-02 } }\n`; // prettier-ignore
  const document = `${readFileSync(organisation, 'utf8')}fees:\n${fee(1)}${fee(-1)}`;
  await instance.office.send('POST', '/apply', { document });
  const fees = await vi.waitFor(async () => {
    const answer = await instance.office.get<RatedRows>('/rows?kind=fee');
    expect(answer.rows).toHaveLength(2);
    return answer.rows;
  }, patience);
  const credit = { id: 'gift', account: 'small', amount: '5', kind: 'promotional', reason: 'test' };
  await instance.office.send('POST', '/credits', credit);
  const pages: Record<string, string> = {
    '/': '.accounts',
    '/explore': '[data-testid=explore-total]',
    '/explore?view=rows': '[data-testid=rows-sum]',
    [`/why/${rows[0]!.id}`]: '[data-testid=why-checks]',
    [`/why/${fees[0]!.id}`]: '[data-testid=why-checks]',
    '/prices': '[data-testid=price-cpu]',
    '/budgets': '.empty',
    '/credits': '[data-testid=grant-gift]',
    '/new-budget': '[data-testid=budget-form-name]',
    '/alerts': '.empty',
    '/deliveries': '.empty',
    '/corrections': '.empty',
    '/corrections?ask=time': '[data-testid=correction-preview]',
    '/closes': '[data-testid=close-small-state]',
    '/fleet': '[data-testid=fleet-live]',
    '/refusals': '.empty',
    '/nothing': 'main',
  };
  for (const [colorScheme, width] of [
    ['light', 1440],
    ['dark', 390],
  ] as const) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 844 } });
    const { page, complaints } = await signedIn(context);
    for (const [path, shown] of Object.entries(pages)) {
      await page.goto(new URL(path, instance.office.url).href);
      await page.locator(shown).first().waitFor();
      expect([path, width, await faultsOf(page), complaints]).toEqual([path, width, [], []]);
    }
    await context.close();
  }
});

test('the keyboard alone leads everywhere', async () => {
  const { page } = await signedIn(await browser.newContext());
  const path = () => new URL(page.url()).pathname;
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('main');
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await vi.waitFor(() => expect(path()).toBe('/refusals'), patience);
  await page.keyboard.press('Control+k');
  await page.getByRole('listbox').waitFor();
  await page.keyboard.type('fleet');
  await page.keyboard.press('Enter');
  await vi.waitFor(() => expect(path()).toBe('/fleet'), patience);
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('a page outlives kill -9 of the office: no reload, no total that falls, then live again; signing out ends it', async () => {
  const { page } = await signedIn(await browser.newContext());
  await page.evaluate(`{
    window.seen = [];
    const look = () => window.seen.push(document.querySelector('[data-testid=total]')?.dataset.amount ?? 'gone');
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  }`);
  const state = () => page.getByTestId('freshness').getAttribute('data-state');
  await vi.waitFor(async () => expect(await state()).toBe('live'), patience);
  process.kill(instance.process('office')!.pid, 'SIGKILL');
  await vi.waitFor(async () => expect(await state()).not.toBe('live'), patience);
  instance.use(fullUsage);
  const shown = () => page.getByTestId('total').getAttribute('data-amount');
  await vi.waitFor(async () => expect([await state(), await shown()]).toEqual(['live', fullAmount]), patience);
  // Also gone after a reload, which there was none of.
  const seen = await page.evaluate<string[]>('window.seen');
  expect(seen.at(-1)).toBe(fullAmount);
  expect(seen).not.toContain('gone');
  expect(seen.map(Number)).toEqual(seen.map(Number).toSorted((a, b) => a - b));

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByTestId('sign-in').waitFor();
  await page.reload();
  await page.getByTestId('sign-in').waitFor();
});
