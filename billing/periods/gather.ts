/** Asks the rater, the store and the database for what a close goes by. */
import type { BalanceReply } from '#core/messages/balances.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { sleep } from '#platform/lifecycle.ts';
import { tallyUnit } from '#core/units/pricedUnits.ts';
import { accountsOf } from '../accounts/accounts.ts';
import { metersOf } from '../catalogue/catalogue.ts';
import { idOf } from '../corrections/corrections.ts';
import type { Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { periodLimits } from '../limits.ts';
import { producersOf } from '../producers/producers.ts';
import type { Reader } from '../schema.ts';
import type { CloseFacts, StoreFacts, Unpriced } from './checklist.ts';

/** Without the units, which are master data. */
interface StoredFacts extends Omit<StoreFacts, 'unpriced' | 'failure'> {
  readonly unpriced: readonly Omit<Unpriced, 'unit'>[];
}

/** What closes need of the other parts; the office hands it in. */
export interface ClosePorts {
  /** The owner's committed state of the tenant; undefined while none answers. */
  rater(tenant: string, partition: number): Promise<BalanceReply | undefined>;
  /** Last commit of the partition that ClickHouse has whole. */
  loadedSeq(partition: number): Promise<number>;
  /** Of usage that starts in [fromMs, untilMs). Throws while ClickHouse cannot be asked. */
  store(
    tenant: string,
    range: {
      readonly partition: number;
      readonly accounts: readonly number[];
      readonly fromMs: number;
      readonly untilMs: number;
    },
  ): Promise<StoredFacts>;
}

/** The facts of one close, all as of the rater's answer: ClickHouse is given a moment to come up with it. */
export async function closeFacts(
  { db, now }: Office,
  ports: ClosePorts,
  tenant: string,
  { account, untilMs }: { readonly account: AccountRecord; readonly untilMs: number },
): Promise<CloseFacts> {
  const accounts = await accountsOf(db, tenant);
  const partition = await partitionOf(db, tenant);
  const rater = await ports.rater(tenant, partition);
  const fromMs = rater?.periods.closed.find(([id]) => id === account.id)?.[1] ?? 0;
  await caughtUp(ports, partition, rater?.outSeq ?? 0);
  const suspense = accounts.filter(({ type }) => type === 'suspense').map(({ id }) => id);
  const asked = [...subtree(accounts, account.id), ...suspense];
  const range = { partition, accounts: asked, fromMs, untilMs };
  return {
    account,
    untilMs,
    nowMs: now(),
    producers: await producersOf(db, tenant),
    rater,
    store: await storeFacts(db, ports, tenant, range),
    corrections: await correctionsUnderway(db, tenant),
    suspense: suspenseOf(rater, suspense, { fromMs, untilMs }),
  };
}

async function correctionsUnderway(db: Reader, tenant: string): Promise<string[]> {
  const rows = await db
    .selectFrom('correction')
    .select('number')
    .where('tenant', '=', tenant)
    .where('status', 'in', ['queued', 'begun', 'running', 'rebuilding', 'ending'])
    .orderBy('number')
    .execute();
  return rows.map(idOf);
}

export async function partitionOf(db: Reader, tenant: string): Promise<number> {
  const row = await db.selectFrom('tenant').select('partition').where('id', '=', tenant).executeTakeFirst();
  if (row === undefined) throw billingError('TENANT_UNKNOWN', tenant, { tenant });
  return row.partition;
}

type Range = Parameters<ClosePorts['store']>[1];

async function storeFacts(db: Reader, ports: ClosePorts, tenant: string, range: Range): Promise<StoreFacts> {
  try {
    const { unpriced, ...facts } = await ports.store(tenant, range);
    const meters = new Map((await metersOf(db, tenant)).map((meter) => [meter.id, meter]));
    const unitOf = (id: string): string => {
      const meter = meters.get(id);
      return meter === undefined ? '' : tallyUnit(meter.unit, meter.aggregation);
    };
    return { ...facts, unpriced: unpriced.map((each) => ({ ...each, unit: unitOf(each.meter) })) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { outSeq: 0, logTimeMs: 0, difference: '0', unpriced: [], failure: `ClickHouse cannot be asked: ${why}` };
  }
}

/** Waits until ClickHouse has the commit, for as long as an answer may take. */
async function caughtUp(ports: ClosePorts, partition: number, outSeq: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < periodLimits.loadWaitMs; waitedMs += periodLimits.loadPollMs) {
    if ((await ports.loadedSeq(partition).catch(() => 0)) >= outSeq) return;
    await sleep(periodLimits.loadPollMs);
  }
}

function subtree(accounts: readonly AccountRecord[], root: number): number[] {
  const inside = new Set([root]);
  // Parents come before children.
  for (const { id, parent } of accounts) if (inside.has(parent)) inside.add(id);
  return [...inside];
}

/** Per currency, of months that begin in the time to close. */
function suspenseOf(
  rater: BalanceReply | undefined,
  accounts: readonly number[],
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): CloseFacts['suspense'] {
  const sums = new Map<string, bigint>();
  for (const { account, periodStartMs, currency, own } of rater?.balances ?? []) {
    if (!accounts.includes(account) || periodStartMs < fromMs || periodStartMs >= untilMs) continue;
    sums.set(currency, (sums.get(currency) ?? 0n) + parseAmount(own)!);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, sum]) => ({ currency, amount: formatAmount(sum) }));
}
