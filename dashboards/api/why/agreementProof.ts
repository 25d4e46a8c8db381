import type { Approved, ExplainStep, RatedRow, WhyAgreement } from '#core/messages/api.ts';
import type { AccountRecord, AgreementRecord, MeterRecord } from '#core/messages/control.ts';
import type { CommitHeader } from '#core/messages/rated.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { covers, settledRows } from '#core/rating/agreements/explain.ts';
import { unitPeriodAt } from '#core/rating/billingUnit.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import type { StoredAgreed, StoredLine } from '#core/messages/stored.ts';
import type { Ports } from '../../ports.ts';
import type { Check } from './batchProof.ts';
import type { Block, RowId } from './commitBlocks.ts';
import { changesUntil } from './controlLog.ts';
import { quantityOf } from './tallyRows.ts';

export interface AgreementEvidence {
  readonly master: Pick<Ports['master'], 'agreements' | 'fees' | 'meter' | 'prices'>;
  readonly store: Pick<Ports['store'], 'settlementRows'>;
  readonly log: Log;
  readonly tenant: string;
  readonly row: RatedRow;
  readonly id: RowId;
  readonly commit: CommitHeader;
  readonly blocks: readonly Block[];
  readonly accounts: readonly AccountRecord[];
}

/**
 * The row of a node: what its agreement makes of the lines of the period as of the commit, less what it had booked before. Within
 * a commit of several inputs only its end is known: an earlier row of the same is what it adds, and said so.
 */
export async function proveAgreement(evidence: AgreementEvidence): Promise<Omit<WhyAgreement, 'row' | 'path'>> {
  const { master, store, tenant, row, commit, accounts } = evidence;
  const byId = new Map(accounts.map((record) => [record.id, { record }]));
  const records = await master.agreements(tenant);
  const agreement = records.find(({ id }) => id === row.price);
  if (agreement === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `Agreement ${row.price} is not on record.`);
  const unit = rootOf(byId, row.account);
  const { startMs, endMs } = unitPeriodAt(unit, row.periodStartMs);
  const { newest, closedUntilMs } = await inForceAt(evidence, unit.record.id);
  const agreements = [...newest.values()].filter(
    (each) => each.currency === row.currency && rootOf(byId, each.account).record.id === unit.record.id,
  );
  const place = { partition: row.partition, unit: unit.record.id, currency: row.currency, startMs, endMs };
  const stored = await store.settlementRows(tenant, place, row.outSeq);
  const keyOf = new Map(records.map(({ id, key }) => [id, key]));
  const isOwn = ({ price, account, reason }: StoredAgreed): boolean =>
    keyOf.get(price) === agreement.key && account === row.account && reason === row.cell;

  const later = laterRows(evidence);
  const inAll = sumOf(stored.agreed.filter((each) => isOwn(each) && each.periodStartMs === row.periodStartMs));
  const after = inAll - later.reduce((sum, amount) => sum + amount, 0n);
  const before = after - parseAmount(row.amount)!;
  const facts = await factsOf(evidence, byId, stored.lines);
  const lines = stored.lines.map(({ account, price, service, component, quantity, amount }) => ({
    id: `${account}/${price}/${service}/${component}`, account, price, service, component, list: parseAmount(amount)!,
    quantity: quantityOf(quantity, facts.meters.get(facts.prices.get(price)?.record.meter ?? '')?.scale ?? 12),
  })); // prettier-ignore
  const use = useOf(stored.agreed, keyOf, row.periodStartMs);
  const closed = closedUntilMs >= endMs;
  const settled = settledRows({ facts, unit, period: { startMs, endMs }, lines, agreements, use, closed }).filter(
    (each) => each.by.split('/')[0] === agreement.key && each.account === row.account && each.reason === row.cell,
  );
  const owed = settled.reduce((sum, { amount }) => sum + amount, 0n);
  const isLast = later.length === 0 && owed === after;
  const parents = new Map(accounts.map(({ id, parent }) => [id, parent]));
  const step = (label: string, amount: bigint): ExplainStep => ({ label, quantity: '', unitPrice: '', amount: formatAmount(amount) }); // prettier-ignore
  return {
    of: 'agreement',
    agreement: agreement as Approved<AgreementRecord>,
    periodEndMs: endMs,
    steps: [...(isLast ? settled.map((each) => each.step) : [step('in all, as its lines were then', after)]), step('booked before', -before)],
    lines: lines
      .filter(({ price, ...line }) => {
        const { key, plan = '', contract = '' } = (facts.prices.get(price) ?? facts.fees.get(price))!.record;
        return covers(agreement, { ...line, price: key, plan, contract }, parents);
      })
      .map(({ account, service, component, list }) => ({ account, service, component, amount: formatAmount(list) })),
    checks: [checkBooked(commit, { agreement, row, inAll, periodStartMs: row.periodStartMs }), checkSettled(agreement, stored.agreed, { keyOf, row, owed, inAll })],
  }; // prettier-ignore
}

function rootOf(accounts: ReadonlyMap<number, { readonly record: AccountRecord }>, id: number) {
  let root = accounts.get(id);
  for (let up = root; up !== undefined; up = accounts.get(up.record.parent)) root = up;
  if (root === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `Account ${id} is not on record.`);
  return root;
}

/** Agreements that the commit had taken, the newest of each key, and until when the unit's periods were closed. */
async function inForceAt({ log, tenant, commit }: AgreementEvidence, unit: number) {
  const newest = new Map<string, AgreementRecord>();
  let closedUntilMs = 0;
  const { partition, inputs } = commit;
  for await (const change of changesUntil(log, { partition, tenant, controlSeq: inputs.control.seq })) {
    if (change.kind === 'agreement') newest.set(change.key, change);
    if (change.kind === 'close' && change.account === unit) closedUntilMs = Math.max(closedUntilMs, change.untilMs);
    if (change.kind === 'reopen' && change.account === unit) closedUntilMs = Math.min(closedUntilMs, change.fromMs);
  }
  return { newest, closedUntilMs };
}

/** Amounts of the same agreement's rows after the row, in its commit. */
function laterRows({ blocks, id }: AgreementEvidence): bigint[] {
  const own = blocks[id.block]!;
  const names = ['tenant', 'account', 'price', 'cell', 'period_start', 'kind'] as const;
  return blocks.flatMap((block, number) =>
    names.every((name) => block.text(name) === own.text(name))
      ? block.list('amounts').flatMap((text, position) => number > id.block || (number === id.block && position > id.position) ? [parseAmount(text)!] : [])
      : [],
  ); // prettier-ignore
}

async function factsOf(
  { master, tenant }: AgreementEvidence,
  accounts: ReadonlyMap<number, { readonly record: AccountRecord }>,
  lines: readonly StoredLine[],
) {
  const used = new Set(lines.map(({ price }) => price));
  const [prices, fees] = await Promise.all([master.prices(tenant), master.fees(tenant)]);
  const known = prices.filter(({ id }) => used.has(id));
  const meters = await Promise.all([...new Set(known.map(({ meter }) => meter))].map((id) => master.meter(tenant, id)));
  return {
    accounts,
    prices: new Map(known.map((record) => [record.id, { record }])),
    fees: new Map(fees.map((record) => [record.id, { record }])),
    meters: new Map(meters.filter((meter): meter is MeterRecord => meter !== undefined).map((meter) => [meter.id, meter])),
  }; // prettier-ignore
}

/** In how many periods before, and how much in all, each discount took something. */
function useOf(agreed: readonly StoredAgreed[], keyOf: ReadonlyMap<number, string>, periodStartMs: number) {
  const rows = agreed.filter((each) => each.reason === 'discount' && each.periodStartMs < periodStartMs);
  const use = new Map<string, { readonly periods: number; readonly taken: bigint }>();
  for (const [key, list] of Map.groupBy(rows, ({ price }) => keyOf.get(price)!)) {
    const periods = [...Map.groupBy(list, (each) => each.periodStartMs).values()].map(sumOf).filter((sum) => sum !== 0n);
    if (periods.length > 0) use.set(key, { periods: periods.length, taken: -periods.reduce((sum, each) => sum + each, 0n) });
  } // prettier-ignore
  return use;
}

const sumOf = (rows: readonly { readonly amount: string }[]): bigint =>
  rows.reduce((sum, { amount }) => sum + parseAmount(amount)!, 0n);

interface Booked {
  readonly agreement: AgreementRecord;
  readonly row: RatedRow;
  readonly inAll: bigint;
  readonly periodStartMs: number;
}

/** All stored rows of it in the period against what the commit says that is booked. */
function checkBooked({ settlements = [] }: CommitHeader, { agreement, row, inAll, periodStartMs }: Booked): Check {
  const said = settlements
    .filter((each) => each.periodStartMs === periodStartMs && each.currency === row.currency)
    .flatMap((each) => each.rows)
    .filter(([by, account, reason]) => by.split('/')[0] === agreement.key && account === row.account && reason === row.cell)
    .reduce((sum, [, , , amount]) => sum + BigInt(amount), 0n); // prettier-ignore
  return {
    name: 'booked',
    ok: said === inAll,
    detail: `Its rows of the period up to this commit add up to ${formatAmount(inAll)}; the commit says ${formatAmount(said)}.`,
  };
}

/** What the agreements make of the period's lines against what is booked. */
function checkSettled(
  { key, terms }: AgreementRecord,
  agreed: readonly StoredAgreed[],
  { keyOf, row, owed, inAll }: Pick<Booked, 'row' | 'inAll'> & { readonly keyOf: ReadonlyMap<number, string>; readonly owed: bigint }, // prettier-ignore
): Check {
  const isLater = terms.kind === 'commitment' && agreed.some((each) => keyOf.get(each.price) === key && each.periodStartMs < row.periodStartMs); // prettier-ignore
  if (isLater && owed !== inAll)
    return { name: 'charge', ok: true, detail: 'It goes on from what drew on it in the periods before: `meterline verify` alone recomputes that.' }; // prettier-ignore
  return {
    name: 'charge',
    ok: owed === inAll,
    detail: `By the lines as of the commit it owes ${formatAmount(owed)} in all; ${formatAmount(inAll)} is booked.`,
  };
}
