import { expect, test, vi } from 'vitest';
import { openBrowser } from './browser.ts';
import { fullAmount, fullUsage, Instance, noDifference, patience } from './instance.ts';

test('what the counters of a host moved is charged to the last digit: rater, ClickHouse, page, verification', async () => {
  await using instance = new Instance();
  await instance.start();
  instance.use(fullUsage);
  const both = { rater: fullAmount, clickhouse: fullAmount };
  await vi.waitFor(async () => expect(await instance.totals()).toEqual(both), patience);

  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const { url } = await instance.office.send<{ url: string }>('POST', '/login-links', {});
    await page.goto(url);
    const shown = () => page.getByTestId('total').getAttribute('data-amount');
    await vi.waitFor(async () => expect(await shown()).toBe(fullAmount), patience);
    const digits = (await page.getByTestId('total-exact').textContent())?.replaceAll(/[^\d.,]/g, '');
    expect(digits?.replace(',', '.')).toBe('3.606060001000');
  } finally {
    await browser.close();
  }

  const report = await instance.verify();
  expect(report).toMatchObject({ ok: true, instance: 'running', difference: noDifference });
  expect(report.rated).toBeGreaterThan(0);
  expect(await instance.totals()).toEqual(both);
  expect(await instance.stop()).toBe(0);
});
