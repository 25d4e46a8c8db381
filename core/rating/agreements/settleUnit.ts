/** Books what agreements make of the lines, as differences to what is booked (SPEC §9.2.2). */
import type { AgreementRecord } from '../../messages/agreement.ts';
import { differenceRows, rowKey, type BookedRow } from '../../spend/lines.ts';
import { settle } from '../../spend/settle.ts';
import { compareText } from '../attribution.ts';
import { closedUntil } from '../billingUnit.ts';
import { closeBlocks, type BlockRun } from '../closeBlocks.ts';
import { bookingOf, type PlanContext } from '../plan.ts';
import type { Balance } from '../state.ts';
import { inOrder, isUsed, type Settlement } from './settlement.ts';
import { unitKey } from './unitKey.ts';
import { viewOf } from './view.ts';

export interface SettleRun extends PlanContext, BlockRun {}

/**
 * Settles what the input in hand has moved (`Tenant.unsettled`) and the periods after it that depend on it; returns the balances moved. A
 * closed period is final, unless it is one of those that are being closed: of a root account, those that end after `closingFromMs`.
 */
export function settleMoved(run: SettleRun, closingFromMs?: ReadonlyMap<number, number>): Set<Balance> {
  const { unsettled } = run.tenant;
  if (unsettled.size === 0) return new Set();
  const units = new Map([...unsettled].map(({ unit, currency }) => [unitKey(unit, currency), unit]));
  for (const [key, unit] of [...units].sort(([a], [b]) => compareText(a, b))) {
    const finalUntilMs = closingFromMs?.get(unit.record.id) ?? closedUntil(run.tenant.master, unit);
    settlePeriods(run, key, finalUntilMs);
  }
  unsettled.clear();
  return closeBlocks(run);
}

/** What earlier periods hand on to later ones. */
interface Before {
  readonly use: Map<string, { readonly periods: number; readonly taken: bigint }>;
  readonly drawn: Map<string, bigint>;
  /** Rows of segments. */
  readonly booked: Map<string, BookedRow[]>;
}

function settlePeriods(run: SettleRun, key: string, finalUntilMs: number): void {
  const { master, settlements, unsettled } = run.tenant;
  const agreements = master.agreementsByUnit.get(key);
  if (agreements === undefined) return;
  const before: Before = { use: new Map(), drawn: new Map(), booked: new Map() };
  let isCarried = false;
  for (const settlement of inOrder(settlements.get(key)!)) {
    const isMoved = unsettled.has(settlement) || (isCarried && isUsed(settlement));
    if (settlement.period.endMs > finalUntilMs && isMoved)
      isCarried = settleOne(run, settlement, agreements, before) || isCarried;
    for (const row of settlement.booked.values()) {
      if (row.reason === 'discount') {
        const { periods, taken } = before.use.get(row.by) ?? { periods: 0, taken: 0n };
        before.use.set(row.by, { periods: periods + 1, taken: taken - row.amount });
      } else if (row.by.includes('/')) before.booked.set(row.by, [...(before.booked.get(row.by) ?? []), row]);
    }
    for (const [by, amount] of settlement.drawn) before.drawn.set(by, (before.drawn.get(by) ?? 0n) + amount);
  }
}

/** Whether what later periods depend on has changed. */
function settleOne(
  run: SettleRun,
  settlement: Settlement,
  agreements: readonly AgreementRecord[],
  before: Before,
): boolean {
  const { terms, parents, merged } = viewOf(settlement, run.tenant.master, agreements);
  const { discounts, commitments, bounds, shareOf } = terms;
  const settled = settle(
    [...merged.values()].map((line) => ({ ...line, net: line.list })),
    {
      discounts,
      use: before.use,
      commitments: commitments.map((one) => {
        const by = `${one.commitment.id}/${one.segment}`;
        return { ...one, before: before.drawn.get(by) ?? 0n, booked: before.booked.get(by) ?? [] };
      }),
      bounds,
      shareOf,
    },
    parents,
    settlement.period,
    settlement.period.endMs <= closedUntil(run.tenant.master, settlement.unit),
  );
  // Maps remember who came first, snapshots do not.
  const booked = [...settlement.booked.values()].sort((a, b) => compareText(rowKey(a), rowKey(b)));
  const differences = differenceRows<BookedRow>(booked, settled.rows);
  for (const row of differences) book(run, settlement, agreements, row);
  const drawn = settled.drawn.filter(({ amount }) => amount !== 0n);
  const isDrawn = drawn.some(({ by, amount }) => settlement.drawn.get(by) !== amount);
  const isMoved = isDrawn || drawn.length !== settlement.drawn.size;
  if (isMoved) {
    settlement.drawn = new Map(drawn.map(({ by, amount }) => [by, amount]));
    run.changes.settlement(settlement);
  }
  return isMoved || differences.some(({ reason }) => reason === 'discount');
}

/** A row of the node that carries it, at an instant of the period: it moves the balances of the months that hold it. */
function book(run: SettleRun, settlement: Settlement, agreements: readonly AgreementRecord[], row: BookedRow): void {
  const { tenant, groups, rows, changes, source } = run;
  const { period } = settlement;
  const key = rowKey(row);
  const amount = (settlement.booked.get(key)?.amount ?? 0n) + row.amount;
  const { by, account: id, reason } = row;
  const now = { by, account: id, reason, amount };
  if (amount === 0n) settlement.booked.delete(key);
  else settlement.booked.set(key, now);
  settlement.freshRows.set(key, now);
  changes.settlement(settlement);
  const record = recordOf(agreements, by);
  const account = tenant.master.accounts.get(id)!;
  const atMs = Math.max(period.startMs, Math.min(source.logTimeMs, period.endMs - 1));
  const price = { record };
  const group = groups.of({
    account, period, kind: 'agreement', meter: '', scale: 0, price, cell: reason, pool: undefined,
    ...bookingOf({ tenant, groups }, account, price, atMs, 0),
  }); // prettier-ignore
  rows.addWide(group, 0, 0, atMs, 0, { quantity: 0n, amount: row.amount }, false);
}

/** The version in force of what made a row: its key, and for a commitment a slash and the segment. */
const recordOf = (agreements: readonly AgreementRecord[], by: string): AgreementRecord =>
  agreements.find(({ key }) => key === by.split('/')[0])!;
