import type {
  RatedRow,
  Why,
  WhyAdjustment,
  WhyAgreement,
  WhyCorrection,
  WhyFee,
  WhySample,
} from '#core/messages/api.ts';
import { dayStartMs, worthOf } from '#core/credits/worth.ts';
import { pricingUnitPattern } from '#core/messages/pricingUnit.ts';
import type { AccountRecord, MeterRecord } from '#core/messages/control.ts';
import { streams } from '#core/messages/names.ts';
import { epochText } from '#core/messages/rated.ts';
import { parseAmount, parseDecimal } from '#core/money/fixed.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import type { ApprovedPrice, Ports } from '../../ports.ts';
import { chainOf } from '../chain.ts';
import { proveAgreement } from './agreementProof.ts';
import { checkBatch, readBatch, type Check } from './batchProof.ts';
import { parseRowId, readCommit, type Block, type RowId } from './commitBlocks.ts';
import { proveFee } from './feeProof.ts';
import { proveSample } from './sampleProof.ts';
import { noTally, proveTally, type SampleEvidence, type TallyEvidence, type TallyProof } from './tallyProof.ts';

export interface WhyPorts {
  readonly master: Pick<
    Ports['master'],
    | 'tenants'
    | 'accounts'
    | 'correction'
    | 'producers'
    | 'meter'
    | 'price'
    | 'prices'
    | 'fees'
    | 'agreements'
    | 'pricingUnits'
  >;
  readonly store: Pick<
    Ports['store'],
    'row' | 'reversedRow' | 'reversingRow' | 'tallyRows' | 'tallyWitness' | 'settlementRows'
  >;
}

/**
 * The proof of one rated row, from the charge down to the signature. What the store says is compared with the commit,
 * the commit with the price, and the batch with the producer's key; nothing is taken on trust from the store alone.
 */
export async function explainRow(ports: WhyPorts, log: Log, tenant: string, rowId: string): Promise<Why> {
  const id = parseRowId(rowId);
  const row = id === undefined ? undefined : await ports.store.row(tenant, rowId);
  if (id === undefined || row === undefined) throw dashboardsError('ROW_NOT_FOUND', rowId, { rowId });
  const { commit, blocks } = await commitOf(log, row, id);
  const accounts = await ports.master.accounts(tenant);
  const evidence: Evidence = { ports, log, tenant, row, id, commit, blocks, accounts };
  const [proof, reversing] = await Promise.all([proofOf(evidence), ports.store.reversingRow(tenant, row)]);
  return {
    row,
    ...(await worthOfRow(ports, tenant, row)),
    ...(reversing && { reversedBy: { id: reversing.id, correction: reversing.correction } }),
    path: pathTo(row.account, accounts),
    ...proof,
    checks: [checkRow(row, id, tenant, blocks), ...proof.checks],
  };
}

/** Nothing of a row that is charged in money. */
async function worthOfRow({ master }: WhyPorts, tenant: string, row: RatedRow): Promise<Pick<Why, 'worth'>> {
  if (!pricingUnitPattern.test(row.currency)) return {};
  const unit = (await master.pricingUnits(tenant)).find(({ id }) => id === row.currency);
  const timeZone = (await master.tenants()).find(({ id }) => id === tenant)?.timeZone ?? 'UTC';
  const part = { atMs: dayStartMs(row.startMs, timeZone), units: parseAmount(row.amount)! };
  return { worth: worthOf(unit ?? {}, [part]) };
}

function proofOf(
  evidence: Evidence,
): Promise<Proof<WhySample> | Proof<WhyAdjustment> | Proof<WhyFee> | Proof<WhyAgreement> | Proof<WhyCorrection>> {
  const { ports, tenant, row, id, commit, blocks, accounts } = evidence;
  if (row.kind === 'void' || row.kind === 'corrected') return ofCorrection(evidence);
  if (row.kind === 'adjustment') return ofAdjustment(evidence);
  if (row.kind === 'agreement') return proveAgreement({ ...evidence, ...ports });
  if (row.kind !== 'fee') return ofSample(evidence);
  const periodEndMs = blocks[id.block]!.instantMs('period_end');
  return proveFee({ master: ports.master, tenant, row, accounts, commit, periodEndMs });
}

interface Evidence extends Pick<TallyEvidence, 'log' | 'tenant' | 'row' | 'id' | 'commit' | 'blocks'> {
  readonly ports: WhyPorts;
  readonly accounts: readonly AccountRecord[];
}

type Proof<Kind extends Why> = Omit<Kind, 'row' | 'path'>;

/** What charges the row; undefined where nothing does yet. */
async function priceOf({ ports, tenant, row }: Evidence): Promise<ApprovedPrice | undefined> {
  const price = row.price === 0 ? undefined : await ports.master.price(tenant, row.price);
  if (row.price === 0 || price !== undefined) return price;
  throw dashboardsError('PROOF_UNAVAILABLE', `Price ${row.price} is not on record.`);
}

const tallyOf = (
  { ports, accounts, ...evidence }: Evidence,
  meter: MeterRecord,
  price: ApprovedPrice | undefined,
  sample?: SampleEvidence,
): Promise<TallyProof> => {
  const account = price?.tallyScope === 'subtree' ? price.account : evidence.row.account;
  const chain = chainOf(accounts, account);
  const timeZone = chain[0]?.timeZone ?? 'UTC';
  return proveTally({ ...evidence, store: ports.store, meter, price, sample, account, chain, timeZone });
};

async function ofAdjustment(evidence: Evidence): Promise<Proof<WhyAdjustment>> {
  const { ports, tenant, row } = evidence;
  const [price, meter] = await Promise.all([priceOf(evidence), ports.master.meter(tenant, row.meter)]);
  if (meter === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `Meter ${row.meter} is not on record.`);
  return { of: 'adjustment', price: price ?? unpriced(row), meter, ...(await tallyOf(evidence, meter, price)) };
}

/** The negation of another row, by a correction that the office has on record. */
async function ofCorrection({ ports, tenant, row }: Evidence): Promise<Proof<WhyCorrection>> {
  const [known, reversed] = await Promise.all([
    ports.master.correction(tenant, row.correction),
    ports.store.reversedRow(tenant, row),
  ]);
  if (known === undefined || reversed === undefined) {
    const detail = `The row that it reverses, of block ${row.reverses}, or correction ${row.correction} is not on record.`;
    throw dashboardsError('PROOF_UNAVAILABLE', detail);
  }
  const { id, what, reason, author, approvedBy, appliedMs } = known;
  const { quantity, amount } = reversed;
  const same = ['account', 'resource', 'meter', 'price', 'cell', 'producer', 'epoch', 'seq', 'index', 'startMs', 'endMs', 'usageSeq'] as const; // prettier-ignore
  const ok =
    same.every((name) => row[name] === reversed[name]) &&
    parseDecimal(quantity, 12) === -parseDecimal(row.quantity, 12)! &&
    parseAmount(amount) === -parseAmount(row.amount)!;
  const detail = `Row ${reversed.id} is ${quantity} for ${amount}, this one ${row.quantity} for ${row.amount}${ok ? ': its exact negation' : ''}.`;
  return {
    of: 'correction',
    correction: { id, what, reason, author, approvedBy, appliedMs },
    reversed: { id: reversed.id, quantity, amount },
    checks: [{ name: 'negation', ok, detail }],
  };
}

async function ofSample(evidence: Evidence): Promise<Proof<WhySample>> {
  const { ports, log, tenant, row, commit } = evidence;
  const batch = await readBatch(log, tenant, row);
  const [producers, meterOnRecord, price] = await Promise.all([
    ports.master.producers(tenant),
    ports.master.meter(tenant, row.meter),
    priceOf(evidence),
  ]);
  const { sample, check, share, endMs } = proveSample(row, batch.body, meterOnRecord);
  const meter = meterOnRecord ?? unmetered(row, sample);
  const producer = producers.find((known) => known.id === row.producer);
  const place = [endMs, row.producer, row.epoch, row.seq, row.index] as const;
  const { tally, checks } =
    row.kind === 'unmetered'
      ? { tally: noTally, checks: [] }
      : await tallyOf(evidence, meter, price, { dims: sample.dims, share, place });
  const { body, envelope, hash } = batch;
  return {
    of: 'sample',
    price: price ?? unpriced(row),
    meter,
    tally,
    sample,
    batch: {
      producer: body.producer,
      epoch: epochText(body.epoch),
      seq: body.seq,
      samples: body.s.length,
      keyId: envelope.keyId,
      signature: envelope.signature,
      hash,
      simulated: body.simulated === true,
      trace: body.trace,
    },
    checks: [check, ...(await checkBatch({ log, tenant, row, batch, commit, producer })), ...checks],
  };
}

async function commitOf(log: Log, row: RatedRow, id: RowId) {
  const message = await log.get(streams.rated(row.partition), row.outSeq);
  if (message === undefined) throw dashboardsError('PROOF_UNAVAILABLE', `Commit ${row.outSeq} is not in the log.`);
  const { header, blocks } = readCommit(message.data);
  if (header.incarnation !== id.incarnation || blocks[id.block] === undefined) {
    throw dashboardsError(
      'PROOF_UNAVAILABLE',
      `Commit ${row.outSeq} is of another owner, or has no block ${id.block}.`,
    );
  }
  return { commit: header, blocks };
}

/** Whether the stored row is, figure by figure, what was committed. */
function checkRow(row: RatedRow, id: RowId, tenant: string, blocks: readonly Block[]): Check {
  const block = blocks[id.block]!;
  const at = (column: 'amounts' | 'quantities' | 'idx'): string => block.list(column)[id.position] ?? '';
  const texts = ['account', 'service', 'component', 'meter', 'price', 'cell', 'currency', 'kind', 'producer', 'epoch', 'seq'] as const; // prettier-ignore
  const same =
    block.text('tenant') === tenant &&
    texts.every((column) => block.text(column) === String(row[column])) &&
    block.text('usage_seq') === String(row.usageSeq) &&
    block.instantMs('period_start') === row.periodStartMs &&
    block.instantMs('booked_start') === row.bookedStartMs &&
    block.instantMs('closed_until') === row.closedUntilMs &&
    at('idx') === String(row.index) &&
    parseAmount(at('amounts')) === parseAmount(row.amount) &&
    parseDecimal(at('quantities'), 12) === parseDecimal(row.quantity, 12);
  return {
    name: 'commit',
    ok: same,
    detail: `Row ${id.position} of block ${id.block} in commit ${row.outSeq} ${same ? 'is the stored row' : 'differs from the stored row'}.`,
  };
}

/** From the root to the account; a broken tree ends where it breaks. */
function pathTo(account: number, accounts: readonly AccountRecord[]): Why['path'] {
  return chainOf(accounts, account)
    .map(({ id, name }) => ({ id, name }))
    .reverse();
}

/** Stands in where no meter asks for the metric: what the sample said of itself. */
const unmetered = (row: RatedRow, sample: WhySample['sample']): MeterRecord => ({
  id: row.meter,
  metric: sample.metric,
  unit: sample.unit,
  scale: sample.scale,
  aggregation: 'sum',
  filter: {},
});

/** Stands in where no price charges the meter yet: price 0, at nothing. */
const unpriced = (row: RatedRow): ApprovedPrice => ({
  id: 0,
  key: '',
  version: 0,
  service: row.service,
  component: row.component,
  meter: row.meter,
  currency: row.currency,
  account: 0,
  effectiveFromMs: 0,
  tallyScope: 'resource',
  unit: { name: '', numerator: '1', denominator: '1' },
  allowance: '0',
  model: { kind: 'perUnit', unitPrice: '0' },
  approvedBy: '',
  approvedAtMs: 0,
});
