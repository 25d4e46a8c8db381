/**
 * Samples that are rated again (SPEC §16.8): what each comes to by the owners and prices that are known now, and which of its rows say
 * that already.
 */
import type { AgainBatch, CorrectedBlock, CorrectionRows } from '../../messages/correction.ts';
import { keepsSamples } from '../../messages/control.ts';
import { parseDecimal } from '../../money/fixed.ts';
import { instantMsMax } from '../batch.ts';
import { require } from '../controlFault.ts';
import { adds } from '../measures.ts';
import { resolvePlan, type Plan, type PlanContext, type PlanFault } from '../plan.ts';
import { isFault, type Portion } from '../portions.ts';
import { ownOf, partsOf } from '../rateSample.ts';
import type { Resource, Tenant } from '../state.ts';

/** A sample, and what of it is to be charged. */
export interface AgainSample {
  readonly batch: AgainBatch;
  readonly index: number;
  readonly resource: Resource;
  readonly endMs: number;
  readonly quantity: bigint;
  portions: readonly Portion[];
}

/** Rows that go, and samples with what takes their place; what is the same on both sides is in neither. Throws ControlFault. */
export function readAgain(
  context: PlanContext,
  { blocks, again = [] }: Pick<CorrectionRows, 'blocks' | 'again'>,
): { readonly blocks: readonly CorrectedBlock[]; readonly samples: readonly AgainSample[] } {
  const { tenant } = context;
  const samples = new Map<string, AgainSample>();
  for (const batch of again) {
    for (const sample of batch.samples) {
      const key = keyOf(batch, sample[0]);
      require(!samples.has(key), `sample ${key} is named twice`);
      samples.set(key, readSample(context, batch, sample));
    }
  }
  const standing = new Set<AgainSample>();
  const left = blocks.map((block) => ({
    ...block,
    rows: block.rows.filter((row) => {
      const key = keyOf(block, row[1]);
      const sample = samples.get(key);
      require(sample !== undefined, `block ${block.ref}: sample ${key} is not rated again`);
      require(block.resources[row[0]] === sample!.resource.name, `block ${block.ref}: sample ${key} is of another resource`);
      standing.add(sample!);
      const text = textOfRow(tenant, block, row);
      const same = sample!.portions.find((portion) => textOf(sample!, portion) === text);
      if (same !== undefined) sample!.portions = sample!.portions.filter((portion) => portion !== same);
      return same === undefined;
    }),
  }));
  for (const { ref, meter, rows } of left)
    require(rows.length === 0 || !keeps(tenant, meter), `block ${ref}: a tally of meter ${meter} keeps what its samples were`);
  for (const [key, sample] of samples) {
    require(standing.has(sample), `of sample ${key} nothing stands`);
    for (const { lane } of sample.portions) {
      const { meter, price } = lane;
      require(!keeps(tenant, meter!.id), `${key}: a tally of meter ${meter!.id} keeps what its samples were`);
      require(price?.order !== 'log', `price ${price?.record.id} charges in the order of the log`);
    }
  }
  return { blocks: left.filter(({ rows }) => rows.length > 0), samples: [...samples.values()] };
} // prettier-ignore

const keeps = ({ master }: Tenant, meter: string): boolean => {
  const { aggregation } = master.meters.get(meter) ?? {};
  return aggregation !== undefined && keepsSamples(aggregation);
};

const keyOf = ({ producer, epoch, seq }: Pick<AgainBatch, 'producer' | 'epoch' | 'seq'>, index: number): string =>
  `${producer} ${epoch} ${seq} ${index}`;

function readSample(context: PlanContext, batch: AgainBatch, sample: AgainBatch['samples'][number]): AgainSample {
  const [index, resourceAt, metricAt, dimsAt, startMs, durationMs, text] = sample;
  const what = `sample ${keyOf(batch, index)}`;
  const resource = context.tenant.resourcesByName.get(batch.resources[resourceAt] ?? '');
  const metric = batch.metrics[metricAt];
  const dims = dimsAt === -1 ? {} : batch.dims[dimsAt];
  const endMs = startMs + durationMs;
  const isWhole = resource !== undefined && metric !== undefined && dims !== undefined && endMs <= instantMsMax;
  require(isWhole, `${what} names what is not there`);
  const planAt = (atMs: number): Plan | PlanFault => resolvePlan({ ...context, guardsOverlap: false }, resource!, metric!, dims!, atMs); // prettier-ignore
  const quantity = BigInt(text);
  const first = planAt(startMs);
  const parts = 'reason' in first
    ? ([first.reason, first.detail] as const)
    : partsOf({ startMs, endMs, quantity, isDelta: metric!.kind === 'delta' }, first, planAt); // prettier-ignore
  require(!isFault(parts), `${what}: ${isFault(parts) ? parts.join(', ') : ''}`);
  const portions = isFault(parts) ? [] : ownOf(parts);
  for (const { lane } of portions) {
    require(lane.meter !== undefined, `${what}: no meter counts ${metric!.name}`);
    require(lane.meter!.aggregation !== 'recurring', `${what}: meter ${lane.meter!.id} takes levels that go on`);
  }
  return { batch, index, resource: resource!, endMs, quantity, portions };
}

/** Where a row lies and, of a meter whose rows are shares of what was sent, how much it is: the same for a portion and a stored row. */
function textOf({ resource }: AgainSample, { part, lane, isStart }: Portion): string {
  const { group, price, cell, meter } = lane;
  const count = meter!.aggregation === 'count' ? (isStart ? 1n : 0n) : undefined;
  const share = lane.weighs ? part.quantity * BigInt(part.durationMs) : part.quantity;
  const grown = count ?? (adds(meter) ? share : '');
  const place = [group.account.record.id, price?.record.id ?? 0, meter!.id, cell?.key ?? '', group.period.startMs];
  return [...place, resource.name, part.startMs, part.durationMs, grown].join('|');
}

function textOfRow({ master }: Tenant, block: CorrectedBlock, [at, , offsetMs, durationMs, quantity]: CorrectedBlock['rows'][number]): string {
  const meter = master.meters.get(block.meter);
  const isShare = adds(meter) || meter?.aggregation === 'count';
  const place = [block.account, block.price, block.meter, block.cell, block.periodStartMs, block.resources[at]];
  return [...place, block.firstMs + offsetMs, durationMs, isShare ? parseDecimal(quantity, meter!.scale) : ''].join('|');
} // prettier-ignore
