import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreditsReply } from '#core/messages/balances.ts';
import { replyAt } from '../testing/closes.ts';
import { TestInstance } from '../testing/instance.ts';

const gift = { id: 'pay-1', account: 'web', amount: '100.00', kind: 'prepaid', effectiveFromMs: 5, reason: 'paid' };

describe('credits', () => {
  let instance: TestInstance;
  beforeAll(async () => {
    instance = await TestInstance.create('embedded');
  });
  afterAll(() => instance.destroy());
  beforeEach(() => instance.begin());
  afterEach(() => instance.end());

  const call = (...asked: Parameters<TestInstance['call']>) => instance.call(...asked);

  it('credit is given once, kept, audited and told to the rater; a void leaves a trace', async () => {
    const slugs = (await call('GET', '/accounts')).body.accounts.map(({ slug }: { slug: string }) => slug) as string[];
    const account = slugs.at(-1)!;
    const asked = { ...gift, account };
    const first = await call('POST', '/credits', asked);
    expect(first.body).toMatchObject({
      grant: { id: 'pay-1', amount: '100.00', currency: 'EUR', priority: 0 },
      outcome: 'pending',
    });
    expect((await call('POST', '/credits', asked)).body).toMatchObject({ auditId: null, grant: first.body.grant });
    expect((await call('POST', '/credits', { ...asked, amount: '5' })).body.code).toBe('CREDIT_GRANT_EXISTS');
    const { account: _, ...nowhere } = asked;
    expect((await call('POST', '/credits', { ...nowhere, account: 'nobody' })).body.code).toBe('ACCOUNT_UNKNOWN');
    const bad = await call('POST', '/credits', { ...asked, id: 'x', amount: '-1', currency: 'USD' });
    expect([bad.status, bad.body.code]).toEqual([422, 'CREDIT_INVALID']);
    const late = await call('POST', '/credits', { ...asked, id: 'x', amount: '0', expiresAtMs: 5, graceMs: 1 });
    expect(JSON.stringify(late.body)).toMatch(
      /amount is 0, not a decimal number above 0.*expiresAtMs is 5, not an instant after 5/,
    );
    expect((await call('POST', '/credits/pay-1/void', { reason: 'bounced' })).status).toBe(200);
    expect((await call('POST', '/credits/pay-1/void', { reason: 'bounced' })).body.code).toBe('CREDIT_GRANT_VOIDED');
    expect((await call('POST', '/credits/pay-1/void', { owes: true, reason: 'bounced' })).status).toBe(200);
    expect((await call('POST', '/credits/pay-2/void', { reason: 'x' })).body.code).toBe('CREDIT_GRANT_UNKNOWN');
    const audit = (await call('GET', '/audit')).body.rows.map(({ action }: { action: string }) => action);
    expect(audit.slice(0, 3)).toEqual(['credit.void', 'credit.void', 'credit.grant']);
  });

  it('a wallet is set and shown with what is left and owed, as of the rater; other tenants see nothing of it', async () => {
    const { accounts } = (await call('GET', '/accounts')).body;
    const { slug, id } = accounts.at(-1) as { slug: string; id: number };
    const wallet = { account: slug, lowAt: '10', action: 'block', targets: ['hook'], reason: 'prepaid' };
    expect((await call('PUT', '/wallets/w', { ...wallet, targets: ['none'] })).body.code).toBe('TARGET_UNKNOWN');
    expect((await call('PUT', '/wallets/w', wallet)).body.wallet).toMatchObject({ id: 'w', name: 'w', account: id });
    expect((await call('PUT', '/wallets/w', wallet)).body.auditId).toBeNull();
    expect((await call('PUT', '/wallets/w', { ...wallet, account: accounts[0].slug })).body.code).toBe('WALLET_FIXED');
    await call('POST', '/credits', { ...gift, account: slug });
    expect((await call('GET', '/credits')).body).toMatchObject({ asOf: null, wallets: [{ id: 'w', state: null, left: null }] }); // prettier-ignore
    const place = { account: id, periodStartMs: 1, currency: 'EUR', service: 's', component: 'c', meter: 'm' };
    const credits: CreditsReply = {
      grants: [{ tenant: 'northwind', grant: 'pay-1', status: 'active', left: '60', ended: '0', givenBack: '0' }],
      lines: [{ tenant: 'northwind', ...place, owed: '2.5', owedSince: 1, chargedAt: 2, paid: [['pay-1', '40']] }],
      wallets: [{ tenant: 'northwind', wallet: 'w', state: 'covered', arming: 1, isAsked: false }],
    };
    instance.closes.reply = { ...replyAt(9, {}), credits };
    expect((await call('GET', `/credits?account=${slug}`)).body).toMatchObject({
      asOf: { outSeq: 7, logTimeMs: 9 },
      grants: [{ id: 'pay-1', accountSlug: slug, status: 'active', left: '60', burned: '40', grantedBy: 'key/admin' }],
      wallets: [{ id: 'w', state: 'covered', left: '60', owed: '2.5', topUpAsked: false }],
    });
    expect((await call('GET', '/credits/pay-1')).body.paid).toEqual([{ ...place, accountSlug: slug, amount: '40' }]);
    instance.closes.reply = undefined;
  });
});
