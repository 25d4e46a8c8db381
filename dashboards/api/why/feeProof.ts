import type { RatedRow, WhyFee } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { bookingsOfVersion, explainBooking, type ExplainedBooking } from '#core/fees/explain.ts';
import { feeOf } from '#core/fees/fee.ts';
import { parseAmount } from '#core/money/fixed.ts';
import { dashboardsError } from '../../errors.ts';
import type { Ports } from '../../ports.ts';

export interface FeeEvidence {
  readonly master: Pick<Ports['master'], 'fees'>;
  readonly tenant: string;
  readonly row: RatedRow;
  readonly accounts: readonly AccountRecord[];
  readonly commit: CommitHeader;
  /** Of the row's period, UTC ms. */
  readonly periodEndMs: number;
}

/** Whether the versions of the fee book the very row, and in which steps. */
export async function proveFee(evidence: FeeEvidence): Promise<Omit<WhyFee, 'row' | 'path'>> {
  const { master, tenant, row, accounts, commit, periodEndMs } = evidence;
  const records = await master.fees(tenant);
  const fee = records.find(({ id }) => id === row.price);
  if (fee === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `Fee ${row.price} is not on record.`);
  const timeZone = accounts.find(({ id }) => id === fee.account)?.timeZone ?? 'UTC';
  const versions = records.filter(({ key }) => key === fee.key).map((record) => feeOf(record, timeZone));
  const places = bookingsOfVersion(versions, fee.id, row.logTimeMs).filter(
    (booking) =>
      booking.cell === row.cell && booking.service === row.service && booking.component === row.component &&
      booking.period.startMs === row.periodStartMs && booking.period.endMs === periodEndMs &&
      booking.fromMs === row.startMs && booking.toMs === row.endMs,
  ); // prettier-ignore
  // The same row may have fallen due or be a correction: a correction stands in the commit that took the version.
  const taken = new Set(commit.control.flatMap(({ changes }) => changes.flatMap((each) => (each.kind === 'fee' ? [each.id] : [])))); // prettier-ignore
  const isLikely = ({ other }: ExplainedBooking): boolean =>
    other === undefined ? !taken.has(fee.id) : taken.has(Math.max(other.record.id, fee.id));
  places.sort((a, b) => Number(isLikely(b)) - Number(isLikely(a)));
  const booking = places.find(({ amount }) => amount === parseAmount(row.amount));
  const found = booking ?? places[0];
  const other = found?.other;
  const named = `${fee.key} v${fee.version}`;
  const told = found === undefined ? `${named} owes nothing of that kind for that time.` : `${named} owes ${found.amount === parseAmount(row.amount) ? 'this' : 'another amount'} for that time${other === undefined ? '' : `, beside v${other.record.version}`}; the row says ${row.amount}.`; // prettier-ignore
  return {
    of: 'fee',
    fee,
    other: other === undefined ? null : { id: other.record.id, version: other.record.version },
    periodEndMs,
    steps: found === undefined ? [] : explainBooking(found),
    checks: [{ name: 'charge', ok: booking !== undefined, detail: told }],
  };
}
