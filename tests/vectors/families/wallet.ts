import { z } from 'zod';
import { apply } from '#core/credits/machine.ts';
import type { Charge, Grant } from '#core/credits/records.ts';
import { newCredits, type CreditState } from '#core/credits/state.ts';
import { topUp } from '#core/credits/units.ts';
import { add, divide, fromScaled, multiply, one, readDecimal, roundTo, toScaled, zero } from '#core/money/rational.ts';
import type { Rational } from '#core/money/fixed.ts';
import { decimal, hundred, maybe, words } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { inCents, text } from '../price.ts';

const unit = 'EUR';
const inUnits = (cents: Rational): Rational => divide(cents, hundred);

/** Wallets in their order as grants of the product; `services` restricts what they pay. */
function granted(wallets: readonly { readonly id: string; readonly cents: Rational; readonly services?: string[] }[]) {
  const state = newCredits();
  wallets.forEach(({ id, cents, services }, priority) => {
    const grant: Grant = {
      id, account: 1, kind: 'prepaid', unit, amount: text(inUnits(cents)), priority, scope: services === undefined ? {} : { services },
      effectiveAtMs: 0, expiresAtMs: null, graceMs: 0, coversOverage: false, blocks: false,
    }; // prettier-ignore
    const { problems } = apply(state, { kind: 'grant', atMs: 0, grant });
    if (problems.length > 0) throw new RangeError(`wallet ${id}: ${problems[0]!.expected}`);
  });
  return state;
}

const leftOf = (state: CreditState, id: string): Rational => inCents(fromScaled(state.grants.get(id)?.left ?? 0n, 12));

/** What each wallet pays of a fee, in cents. */
function pay(state: CreditState, of: string, service: string, cents: Rational): Map<string, Rational> {
  const charge: Charge = {
    kind: 'charge', atMs: 1, usageMs: 1, of, path: [1], periodMs: 0, service, component: '', meter: '', unit, amount: toScaled(inUnits(cents), 12, 'halfEven'),
  }; // prettier-ignore
  const rows = apply(state, charge).rows.filter(({ reason }) => reason === 'burned');
  return new Map(rows.map(({ grant, amount }) => [grant, inCents(fromScaled(amount, 12))]));
}

/** Fees with their tax, one after the other, from a wallet that pays some meters only. */
const drawdown = form(
  z.strictObject({ walletCents: decimal, taxRatePercent: maybe(decimal), ...words }),
  z.strictObject({
    feesInOrder: z.array(z.strictObject({ meter: z.string(), cents: decimal, covered: maybe(z.boolean()) })),
  }),
  ({ walletCents, taxRatePercent = zero }, { feesInOrder }) => {
    // A fee is of the services that the wallet is for, or of another one, whatever its meter is called.
    const state = granted([{ id: 'wallet', cents: walletCents, services: ['covered'] }]);
    const factor = add(one, divide(taxRatePercent, hundred));
    const steps = feesInOrder.map(({ cents, covered = true }, index) => {
      const gross = roundTo(multiply(cents, factor), 0, 'halfAwayFromZero');
      const paid = pay(state, String(index), covered ? 'covered' : 'other', gross).get('wallet') ?? zero;
      return { paid, left: leftOf(state, 'wallet') };
    });
    return { prepaidCreditCents: steps.map(({ paid }) => paid), walletAfterCents: steps.map(({ left }) => left) };
  },
);

/** Fees from wallets in their order, each of which pays any fee or those of one kind. */
const allocation = form(
  z.strictObject({
    walletsInPriorityOrder: z.array(
      z.strictObject({ id: z.string(), scope: maybe(z.union([z.string(), z.array(z.string())])), walletCents: maybe(decimal) }),
    ), // prettier-ignore
    walletCents: maybe(decimal),
    ...words,
  }),
  z.strictObject({ feesCents: z.record(z.string(), decimal) }),
  ({ walletsInPriorityOrder, walletCents = zero }, { feesCents }) => {
    const state = granted(
      walletsInPriorityOrder.map(({ id, scope, walletCents: own }) => {
        const isAny = scope === undefined || scope === 'any';
        return { id, cents: own ?? walletCents, ...(isAny ? {} : { services: [scope].flat() }) };
      }),
    );
    const allocatedCents: Record<string, Rational> = {};
    for (const { id } of walletsInPriorityOrder) allocatedCents[id] = zero;
    for (const [kind, cents] of Object.entries(feesCents))
      for (const [id, paid] of pay(state, kind, kind, cents)) allocatedCents[id] = add(allocatedCents[id]!, paid);
    return {
      allocatedCents,
      walletAfterCents: Object.fromEntries(walletsInPriorityOrder.map(({ id }) => [id, leftOf(state, id)])),
    };
  },
);

/** Credits that are bought: the price is rounded to cents, and buys what it buys. */
const topUps = form(
  z.strictObject({ currency: maybe(z.string()), creditRate: maybe(z.string()), ...words }),
  z.strictObject({ credits: z.string() }),
  ({ currency = unit, creditRate = '1' }, { credits }) => {
    const bought = topUp(credits, creditRate, currency);
    if ('path' in bought) throw new RangeError(`${bought.path}: ${bought.expected}`);
    const price = readDecimal(bought.price)!;
    return { credits: readDecimal(bought.credits)!, amountCents: inCents(price), price };
  },
);

export const wallet: Family = { area: 'balances', forms: [drawdown, allocation, topUps], exceptions: [] };
