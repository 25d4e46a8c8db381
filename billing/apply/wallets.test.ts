/** Wallets as YAML says them. */
import { expect, it } from 'vitest';
import { smallOrganisation } from '../testing/office.ts';
import { nothing } from './check.ts';
import { Faults } from './faults.ts';
import { controlChanges, planChanges } from './plan.ts';
import { readOrganisation } from './read.ts';

function planned(wallets: string, present = nothing) {
  const faults = new Faults();
  const text = `${smallOrganisation()}wallets: [${wallets}]\n`;
  const plan = planChanges(readOrganisation(text, faults)!, present, Date.UTC(2026, 10, 23), faults);
  return { plan, faults: faults.sorted().map(({ code, path, value }) => `${code} ${path} ${value}`) };
}
const one = (more = '') => `{ id: w, account: web, lowAt: 20.00, topUp: { below: 5, amount: 50 }, action: block, targets: [hook]${more} }`; // prettier-ignore

it('a wallet goes to the rater last, and is unchanged when it is said again', () => {
  const { plan, faults } = planned(one());
  expect(faults).toEqual([]);
  const { after } = plan.wallets[0]!;
  expect(after).toEqual({
    id: 'w', name: 'w', account: after.account, currency: 'EUR', lowAt: '20', topUp: { below: '5', amount: '50' }, action: 'block', targets: ['hook'],
  }); // prettier-ignore
  expect(controlChanges(plan).at(-1)).toEqual({ kind: 'wallet', ...after });
  expect(planned(one(), { ...nothing, wallets: [after] }).plan.wallets[0]!.status).toBe('unchanged');
  const elsewhere = { ...after, account: 99 };
  expect(planned(one(), { ...nothing, wallets: [elsewhere] }).faults).toEqual([expect.stringMatching(/^WALLET_FIXED/)]);
});

it('every fault is told at its place, all together', () => {
  const { faults } = planned(
    `{ id: w, account: nobody, lowAt: 1 }, ${one(', clearAt: 3')}, { id: v, account: web, lowAt: -1, targets: [none] }, { id: v2, account: web, lowAt: 1, colour: red, currency: USD }`,
  );
  expect(faults.map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual(
    expect.arrayContaining(['REFERENCE_UNKNOWN wallets[0].account', 'BOUNDS_CROSSED wallets[1].clearAt', 'KEY_UNKNOWN wallets[3].colour', 'CURRENCY_FOREIGN wallets[3].currency']), // prettier-ignore
  );
  expect(faults.join()).toMatch(/wallets\[2\]\.lowAt -1/);
});
