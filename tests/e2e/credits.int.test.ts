import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import type { CreditAlert } from '#core/messages/credit.ts';
import type { CreditEntries } from '#core/messages/api.ts';
import type { CreditFigures, GrantDetail } from '#core/messages/creditFigures.ts';
import { fullAmount, fullUsage, Instance, noDifference, organisation, patience, type Usage } from './instance.ts';

const half: Usage = { userTicks: 300_000, systemTicks: 20_000, containerUs: 12_000_001 };

/** Whoever takes payments: answers what a wallet asks for with a grant of that name, twice, as a delivery may come twice. */
async function startPayer(pay: (asked: CreditAlert) => Promise<unknown>) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    void text(request)
      .then(async (body) => {
        const { data } = JSON.parse(body) as { data: CreditAlert };
        seen.push(data.type);
        if (data.type === 'credit.top_up_requested') for (let i = 0; i < 2; i++) await pay(data);
      })
      .then(
        () => response.writeHead(204).end(),
        () => response.writeHead(500).end(),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, seen, [Symbol.dispose]: () => server.close() };
}

test('credit pays what is used, to the last picounit, runs out, blocks, asks for a top-up by webhook and is granted it by the answer, once; verify understands it', async () => {
  await using instance = new Instance({ withReceivers: true });
  await instance.start();
  let isPaying = false;
  using payer = await startPayer(async ({ id, accountSlug, currency, topUp }) => {
    const grant = { id: `paid:${id}`, account: accountSlug, amount: topUp!, currency, kind: 'prepaid', coversOverage: true, reason: 'paid by card' }; // prettier-ignore
    if (isPaying) await instance.office.send('POST', '/credits', grant);
  });
  const document = `${readFileSync(organisation, 'utf8')}targets: [{ id: payer, url: '${payer.url}' }]\n`;
  await instance.office.send('POST', '/apply', { document });
  const { accounts } = await instance.office.get<{ accounts: { slug: string; parent: number }[] }>('/accounts');
  const root = accounts.find(({ parent }) => parent === 0)!.slug;
  const run = (...args: readonly string[]) => instance.run([...args, '--reason', 'test']);
  const figures = () => instance.office.get<CreditFigures>('/credits');
  const wallet = async () => (await figures()).wallets[0]!;
  const reaches = (is: Partial<CreditFigures['wallets'][number]>) =>
    vi.waitFor(async () => expect(await wallet()).toMatchObject(is), patience);

  await run('wallet', 'set', 'w', '--account', root, '--low-at', '0.5', '--action', 'block', '--top-up-below', '0.2', '--top-up-amount', '5', '--target', 'payer'); // prettier-ignore
  await reaches({ state: 'empty', left: '0', topUpAsked: true });
  await run('credit', 'grant', '--id', 'pay-1', '--account', root, '--amount', '2', '--from', '2000-01-01');
  await run('credit', 'grant', '--id', 'pay-1', '--account', root, '--amount', '2', '--from', '2000-01-01');
  await reaches({ state: 'covered', left: '2', topUpAsked: false });
  instance.use(half);
  await reaches({ state: 'low', left: '0.4', owed: '0' });
  isPaying = true;
  instance.use(fullUsage);
  await vi.waitFor(() => expect(payer.seen.filter((type) => type === 'credit.top_up_requested')).toHaveLength(2), patience); // prettier-ignore
  await reaches({ state: 'covered', left: '3.393939999', owed: '0', topUpAsked: false });

  const { paid, burned } = await instance.office.get<GrantDetail>('/credits/pay-1');
  expect([burned, paid.length > 0]).toEqual(['2', true]);
  const alerts = (await instance.office.get<{ alerts: { id: string }[] }>('/alerts')).alerts.map(({ id }) => id.split(':wallet:')[1]); // prettier-ignore
  expect(alerts.filter((id) => id !== undefined).toSorted()).toEqual(
    ['w:empty:0', 'w:empty:1', 'w:low:0', 'w:low:1', 'w:top_up_requested:0', 'w:top_up_requested:1', 'w:topped_up:1', 'w:topped_up:2'], // prettier-ignore
  );
  const sumOf = async (reason: string) => {
    const { entries } = await instance.office.get<CreditEntries>('/credit-entries?limit=500');
    return entries.filter((entry) => entry.reason === reason).reduce((sum, { amount }) => sum + Number(amount), 0);
  };
  await vi.waitFor(async () => expect(await sumOf('burned')).toBeCloseTo(Number(fullAmount), 9), patience);
  expect(await sumOf('granted')).toBe(7);
  expect(await instance.verify()).toMatchObject({ ok: true, difference: noDifference });
}, 300_000);
