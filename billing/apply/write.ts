import { budgetRow } from '../budgets/budgets.ts';
import { agreedRow } from '../catalogue/agreed.ts';
import { meterRow, priceRow } from '../catalogue/catalogue.ts';
import { pricingUnitRow } from '../catalogue/pricingUnits.ts';
import { savePoints, seriesRow } from '../catalogue/series.ts';
import { saveWallet } from '../credits/credits.ts';
import { saveProducers } from '../producers/producers.ts';
import { isChat, type Target } from '../targets/targets.ts';
import type { Tx } from '../schema.ts';
import type { Item } from './item.ts';
import { pointsBySeries, type Plan } from './plan.ts';

export interface WriteContext {
  readonly tenant: string;
  readonly actor: string;
  readonly nowMs: number;
  /** Where a new tenant is placed. */
  readonly partition: number;
  /** The sealed first secret of a new target; of a chat its address. */
  readonly sealedSecret: (target: Target) => string;
}

/** Writes what a plan adds and changes, in an order that satisfies every reference. */
export async function writePlan(tx: Tx, plan: Plan, context: WriteContext): Promise<void> {
  const { tenant, nowMs } = context;
  await writeTenant(tx, plan, context);
  for (const { after } of touched(plan.users)) {
    await tx
      .insertInto('member')
      .values({ tenant, ...after })
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet(after))
      .execute();
  }
  await saveProducers(
    tx,
    tenant,
    touched(plan.producers).map((item) => item.after),
    nowMs,
  );
  for (const { after } of touched(plan.accounts)) {
    const { timeZone, startsOn = null, closeAfterDays = null, tags = {}, ...account } = after;
    const changing = { starts_on: startsOn, close_after_days: closeAfterDays, tags: JSON.stringify(tags) };
    const { name, type } = account;
    await tx
      .insertInto('account')
      .values({ tenant, ...account, time_zone: timeZone, ...changing })
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet({ name, type, ...changing }))
      .execute();
  }
  for (const { after } of added(plan.ownership)) {
    await tx
      .insertInto('ownership')
      .values({ tenant, resource: after.resource, from_ms: after.fromMs, account: after.account })
      .execute();
  }
  for (const { after } of added(plan.meters)) {
    await tx.insertInto('meter').values(meterRow(tenant, after)).execute();
  }
  for (const { after } of touched(plan.pricingUnits)) {
    const row = pricingUnitRow(tenant, after);
    await tx
      .insertInto('pricing_unit')
      .values(row)
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet(row))
      .execute();
  }
  for (const { after } of touched(plan.series)) {
    const row = seriesRow(tenant, after);
    await tx
      .insertInto('series')
      .values(row)
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet({ name: after.name }))
      .execute();
  }
  for (const [series, points] of pointsBySeries(plan)) await savePoints(tx, context, nowMs, series, points);
  for (const { after } of added(plan.prices)) {
    await tx
      .insertInto('price')
      .values(priceRow(tenant, after, { by: context.actor, atMs: nowMs }))
      .execute();
  }
  const approval = { by: context.actor, atMs: nowMs };
  const agreed = [
    ...added(plan.fees).map(({ after }) => agreedRow(tenant, 'fee', after, approval)),
    ...added(plan.agreements).map(({ after }) => agreedRow(tenant, 'agreement', after, approval)),
  ];
  for (const row of agreed) await tx.insertInto('agreed').values(row).execute();
  await writeTargets(tx, plan, context);
  for (const { after } of touched(plan.budgets)) {
    const row = budgetRow(tenant, after);
    await tx
      .insertInto('budget')
      .values(row)
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet(row))
      .execute();
  }
  for (const { after } of touched(plan.wallets)) await saveWallet(tx, tenant, after);
}

async function writeTenant(tx: Tx, plan: Plan, { tenant, nowMs, partition }: WriteContext): Promise<void> {
  for (const { after } of touched(plan.tenant)) {
    await tx
      .insertInto('tenant')
      .values({
        id: tenant,
        name: after.name,
        currency: after.currency,
        time_zone: after.timeZone,
        partition,
        created_ms: nowMs,
      })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ name: after.name }))
      .execute();
  }
  const lastOf = (items: readonly { readonly after: { readonly id: number } }[]) =>
    Math.max(0, ...items.map((item) => item.after.id));
  const newAccounts = added(plan.accounts);
  const newPrices = [...added(plan.prices), ...added(plan.fees), ...added(plan.agreements)];
  if (newAccounts.length > 0)
    await tx
      .updateTable('tenant')
      .set({ last_account: lastOf(newAccounts) })
      .where('id', '=', tenant)
      .execute();
  if (newPrices.length > 0)
    await tx
      .updateTable('tenant')
      .set({ last_price: lastOf(newPrices) })
      .where('id', '=', tenant)
      .execute();
}

async function writeTargets(tx: Tx, plan: Plan, { tenant, sealedSecret }: WriteContext): Promise<void> {
  for (const { after, before, status } of touched(plan.targets)) {
    const { id, kind, url, enabled } = after;
    const values = {
      url,
      enabled,
      mail: after.mail === undefined ? null : JSON.stringify(after.mail),
      limits: JSON.stringify(after.limits),
      // A chat's address is its secret.
      ...(status === 'added' || (isChat(kind) && url !== before?.url) ? { secret_sealed: sealedSecret(after) } : {}),
    };
    if (status === 'added') {
      await tx
        .insertInto('target')
        .values({ tenant, id, kind, ...values, secret_sealed: values.secret_sealed! })
        .execute();
      continue;
    }
    await tx
      .updateTable('target')
      .set((eb) => ({ ...values, revision: eb('revision', '+', 1) }))
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .execute();
  }
}

const touched = <Value>(items: readonly Item<Value>[]): Item<Value>[] =>
  items.filter((item) => item.status !== 'unchanged');
const added = <Value>(items: readonly Item<Value>[]): Item<Value>[] => items.filter((item) => item.status === 'added');
