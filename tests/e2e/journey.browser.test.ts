import { createServer, type IncomingMessage, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RatedRows } from '#core/messages/api.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { openBrowser } from './browser.ts';
import { faultsOf } from './faults.ts';
import { fullAmount, fullUsage, Instance, noDifference, organisation, patience } from './instance.ts';

/** A receiver of alerts that is out of order until it is mended, and then notes what it was told. */
class Receiver implements AsyncDisposable {
  isMended = false;
  attempts = 0;
  readonly told: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#take(request).then((status) => response.writeHead(status).end());
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async #take(request: IncomingMessage): Promise<number> {
    const { data } = JSON.parse(await text(request)) as { data: { action: string; threshold?: string } };
    this.attempts++;
    if (!this.isMended) return 503;
    this.told.push(data.threshold ? `${data.action} ${data.threshold}` : data.action);
    return 200;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const instance = new Instance({ withReceivers: true });
let receiver: Receiver;
let browser: Awaited<ReturnType<typeof openBrowser>>;

beforeAll(async () => {
  receiver = await Receiver.start();
  await instance.start();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await instance[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const wait = (look: () => Promise<void>): Promise<void> => vi.waitFor(look, patience);
const amountOf = async (page: Page, id: string) =>
  (await page.getByTestId(id).first().getAttribute('data-amount')) ?? '';
const go = (page: Page, path: string) => page.goto(new URL(path, instance.office.url).href);

test('a budget is made, exceeded, throttles and lets go; a failed delivery is replayed; a wrong batch is corrected, and the month changes by exactly that', async () => {
  const page = await browser.newPage();
  await page.goto((await instance.office.send<{ url: string }>('POST', '/login-links', {})).url);

  // A receiver that is out of order, and a budget of 2.00 on all of it, made on the page.
  const target = `targets: [{ id: hook, url: '${receiver.url}' }]\n`;
  await instance.office.send('POST', '/apply', { document: readFileSync(organisation, 'utf8') + target });
  await go(page, '/budgets');
  await page.getByTestId('budget-new').click();
  await page.getByTestId('budget-form-name').fill('All of it');
  await page.getByTestId('budget-form-id').fill('all');
  await page.getByTestId('budget-form-account').fill('Small');
  await page.getByRole('option', { name: 'Small', exact: true }).click();
  await page.getByTestId('budget-form-amount').fill('2,5');
  await page.getByTestId('budget-form-thresholds[0].percent').fill('50');
  await page.getByTestId('budget-form-thresholds[1].action').selectOption('throttle');
  await page.getByTestId('budget-form-target-hook').check();
  await page.getByTestId('budget-form-reason').fill('agreed with finance');
  expect(await faultsOf(page)).toEqual([]);
  await page.getByTestId('budget-form-amount').fill('2.00');
  const verdict = page.getByTestId('budget-form-verdict');
  await wait(async () => expect(await verdict.textContent()).toContain('Nothing'));
  expect(await amountOf(page, 'budget-form-spent')).toBe('0');
  await page.getByTestId('budget-form-save').press('Enter');
  await page.getByTestId('budget-page-all').waitFor(patience);
  await go(page, '/budgets');
  const state = page.getByTestId('budgets-all-state');
  await wait(async () => expect(await state.textContent()).toBe('within'));

  // 3.60 of real usage: both thresholds are crossed, and the page says so without being asked.
  instance.use(fullUsage);
  await wait(async () => expect(await state.textContent()).toBe('throttled'));
  await page.getByRole('link', { name: 'All of it' }).first().click();
  await wait(async () => expect(await amountOf(page, 'budget-all-spent')).toBe(fullAmount));
  await wait(async () => expect(await page.getByTestId('burn-crossing').count()).toBe(2));

  expect(await faultsOf(page)).toEqual([]);

  // The batch with the dearest row will turn out to be wrong. It is looked for while it is among the newest rows.
  const wrong = await vi.waitFor(async () => {
    const { rows } = await instance.office.get<RatedRows>('/rows?kind=usage&meter=cpu&limit=500');
    const dearest = rows.toSorted((a, b) => Number(parseAmount(b.amount)! - parseAmount(a.amount)!))[0]!;
    expect(dearest.amount).not.toBe('0');
    return dearest;
  }, patience);

  // The receiver did not take it. Mended, it is sent again from the page.
  await wait(async () => expect(receiver.attempts).toBeGreaterThan(0));
  await go(page, '/deliveries');
  const failed = page.locator('[data-testid=delivery-row][data-status=failed]');
  await failed.first().waitFor(patience);
  receiver.isMended = true;
  await failed.last().click();
  await page.getByTestId('delivery-replay').click();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByText('asked for again once').waitFor(patience);
  // Its own retry may have come first: a delivery may come twice, under one id.
  await wait(async () => expect([...new Set(receiver.told)]).toEqual(['notify 50', 'throttle 100']));
  await wait(async () =>
    expect(await page.locator('[data-testid=delivery-row][data-status=delivered]').count()).toBe(2),
  );

  // What is spent by now would throttle a smaller one at once, which the form says before it is saved.
  await go(page, '/budgets/all');
  await page.getByTestId('budget-change').click();
  await page.getByTestId('budget-form-add').press('Enter');
  await wait(async () => expect(await page.evaluate('document.activeElement.dataset.testid')).toBe('budget-form-thresholds[2].kind')); // prettier-ignore
  await page.getByTestId('budget-form-thresholds[2].percent').fill('150');
  await page.getByTestId('budget-form-thresholds[2].action').selectOption('block');
  await wait(async () => expect(await page.getByTestId('budget-form-verdict').textContent()).toContain('it will be blocked')); // prettier-ignore
  expect(await amountOf(page, 'budget-form-spent')).toBe(fullAmount);
  expect(await page.getByTestId('budget-form-save').textContent()).toContain('block at once');
  await page.getByRole('link', { name: 'Cancel' }).click();

  // Raised, it lets go, and the receiver hears of it.
  await page.getByTestId('budget-reason').fill('the quarter is larger');
  await page.getByTestId('budget-new-amount').fill('10');
  await page.getByTestId('budget-raise').click();
  await wait(async () => expect(await page.getByTestId('budget-all-page-state').textContent()).toBe('released'));
  await wait(async () => expect(receiver.told.at(-1)).toBe('release'));

  // The batch was wrong.
  await go(page, '/corrections?ask=batches');
  await page.getByTestId('correction-producer').selectOption(wrong.producer);
  await page.getByTestId('correction-fromSeq').fill(String(wrong.seq));
  await page.getByTestId('correction-preview').click();
  const change = await (async () => {
    await page.getByTestId('correction-total').first().waitFor(patience);
    return amountOf(page, 'correction-total');
  })();
  expect(parseAmount(change)! < 0n).toBe(true);
  expect((await instance.totals()).rater).toBe(fullAmount);
  await page.getByTestId('correction-reason').fill('counted twice');
  await page.getByTestId('correction-apply').click();
  await wait(async () => expect(await page.getByTestId('correction-status').textContent()).toBe('booked'));
  expect(await amountOf(page, 'correction-total')).toBe(change);
  expect(await faultsOf(page)).toEqual([]);
  await go(page, '/alerts');
  await page.getByTestId('alert-acknowledge').first().click();
  await page.getByTestId('alert-note').fill('it was the nightly run');
  await page.getByTestId('alert-note-save').click();
  await wait(async () =>
    expect(await page.getByTestId('alert-noted').textContent()).toContain('it was the nightly run'),
  );
  expect(await faultsOf(page)).toEqual([]);
  const left = formatAmount(parseAmount(fullAmount)! + parseAmount(change)!);
  await wait(async () => expect(await instance.totals()).toEqual({ rater: left, clickhouse: left }));
  await go(page, '/');
  await wait(async () => expect(await amountOf(page, 'total')).toBe(left));
  expect(await instance.verify()).toMatchObject({ ok: true, difference: noDifference });
});
