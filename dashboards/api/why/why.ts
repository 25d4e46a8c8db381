import type { RatedRow, Why } from '#core/messages/api.ts';
import type { AccountRecord, MeterRecord } from '#core/messages/control.ts';
import { streams } from '#core/messages/names.ts';
import { epochText } from '#core/messages/rated.ts';
import { parseAmount, parseDecimal } from '#core/money/fixed.ts';
import type { Log } from '#platform/log.ts';
import { dashboardsError } from '../../errors.ts';
import type { ApprovedPrice, Ports } from '../../ports.ts';
import { checkBatch, readBatch, type Check } from './batchProof.ts';
import { parseRowId, readCommit, type Block, type RowId } from './commitBlocks.ts';
import { proveSample } from './sampleProof.ts';
import { noTally, proveTally } from './tallyProof.ts';

export interface WhyPorts {
  readonly master: Pick<Ports['master'], 'accounts' | 'producers' | 'meter' | 'price'>;
  readonly store: Pick<Ports['store'], 'row' | 'tallyRows' | 'tallyWitness'>;
}

/**
 * The proof of one rated row, from the charge down to the signature. What the store says is compared with the commit,
 * the commit with the price, and the batch with the producer's key; nothing is taken on trust from the store alone.
 */
export async function explainRow(ports: WhyPorts, log: Log, tenant: string, rowId: string): Promise<Why> {
  const id = parseRowId(rowId);
  const row = id === undefined ? undefined : await ports.store.row(tenant, rowId);
  if (id === undefined || row === undefined) throw dashboardsError('ROW_NOT_FOUND', rowId, { rowId });
  if (row.kind === 'adjustment') {
    throw dashboardsError(
      'PROOF_UNAVAILABLE',
      'It is an adjustment: the difference that a change of price made, without a sample of its own.',
    );
  }
  const { commit, blocks } = await commitOf(log, row, id);
  const batch = await readBatch(log, tenant, row);
  const [accounts, producers, meterOnRecord, priceOnRecord] = await Promise.all([
    ports.master.accounts(tenant),
    ports.master.producers(tenant),
    ports.master.meter(tenant, row.meter),
    row.price === 0 ? undefined : ports.master.price(tenant, row.price),
  ]);
  if (row.price !== 0 && priceOnRecord === undefined)
    throw dashboardsError('PROOF_UNAVAILABLE', `Price ${row.price} is not on record.`);

  const { sample, check, share, endMs } = proveSample(row, batch.body, meterOnRecord);
  const meter = meterOnRecord ?? unmetered(row, sample);
  const producer = producers.find((known) => known.id === row.producer);
  const checks: Check[] = [checkRow(row, id, tenant, blocks), check];
  checks.push(...(await checkBatch({ log, tenant, row, batch, commit, producer })));
  let tally = noTally;
  if (row.kind !== 'unmetered') {
    const timeZone = accounts.find((account) => account.id === row.account)?.timeZone ?? 'UTC';
    const proof = await proveTally({
      log, store: ports.store, tenant, row, id, commit, blocks, meter, price: priceOnRecord, dims: sample.dims, share,
      sample: [endMs, row.producer, row.epoch, row.seq, row.index], timeZone,
    }); // prettier-ignore
    tally = proof.tally;
    checks.push(...proof.checks);
  }
  const { body, envelope, hash } = batch;
  return {
    row,
    path: pathTo(row.account, accounts),
    price: priceOnRecord ?? unpriced(row),
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
    checks,
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
  const same =
    block.text('tenant') === tenant &&
    block.text('account') === String(row.account) &&
    block.text('price') === String(row.price) &&
    block.text('cell') === row.cell &&
    block.text('usage_seq') === String(row.usageSeq) &&
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
  const byId = new Map(accounts.map((record) => [record.id, record]));
  const path: { id: number; name: string }[] = [];
  for (let node = byId.get(account); node !== undefined && path.length < byId.size; node = byId.get(node.parent)) {
    path.unshift({ id: node.id, name: node.name });
  }
  return path;
}

/** Stands in where no meter asks for the metric: what the sample said of itself. */
const unmetered = (row: RatedRow, sample: Why['sample']): MeterRecord => ({
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
