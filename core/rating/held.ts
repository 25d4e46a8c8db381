/** How levels that go on come to their tallies (SPEC §8.6.5): with the next sample, and at the ends of months by time. */
import type { MeterRecord } from '../messages/control.ts';
import type { Batch } from './batch.ts';
import type { BlockSource, Groups } from './block.ts';
import type { Changes } from './changes.ts';
import { closeBlocks } from './closeBlocks.ts';
import type { Fault } from './dictionary.ts';
import {
  beginLevel,
  dueLevels,
  effectiveMs,
  levelKey,
  levelLimits,
  moveLevel,
  nextDueMs,
  setDue,
  stretchesOf,
  type Level,
} from './levels.ts';
import type { Lane, Plan, PlanContext } from './plan.ts';
import { chargeAll, isFault, type Portion } from './portions.ts';
import { adjust } from './repricing.ts';
import type { Rows } from './rows.ts';
import type { Balance, PartitionState, Series, Tenant } from './state.ts';

export const recurs = ({ meter }: Lane): boolean => meter?.aggregation === 'recurring';

/** A level that a sample ends or begins, the stretch that is booked with it, and how it goes on. */
export interface Held {
  readonly portions: readonly Portion[];
  /** The level, which begins where it is new. */
  readonly level: () => Level;
  readonly now: Required<Parameters<typeof moveLevel>[4]>;
}
export const noneHeld: readonly Held[] = [];

/** What a sample of recurring meters says of their levels; nothing is changed yet. */
export function heldBy(
  batch: Batch,
  { resource, metric }: Series,
  sample: { readonly startMs: number; readonly quantity: bigint },
  plan: Plan,
): Held[] | Fault {
  const { state, tenant } = batch;
  if (sample.startMs < state.logTimeMs - levelLimits.lateMsMax)
    return ['out_of_range', `a level that goes on may be said ${levelLimits.lateMsMax} ms late`];
  const held: Held[] = [];
  let begun = 0;
  for (const [meter, { group }] of new Map(plan.lanes.filter(recurs).map((lane) => [lane.meter!, lane]))) {
    const key = levelKey(meter.id, resource, metric);
    const known = tenant.levelsByKey.get(key);
    const earliestMs = Math.max(known?.saidMs ?? 0, known?.bookedMs ?? 0);
    if (sample.startMs < earliestMs)
      return ['overlap', `starts at ${sample.startMs}, the level of meter ${meter.id} is booked to ${earliestMs}`];
    if (known === undefined && state.levels.length + ++begun > levelLimits.countMax)
      return ['out_of_range', 'the partition has no room for another level that goes on'];
    const zone = group.account.record.timeZone;
    const fromMs = effectiveMs(meter, sample.startMs, zone, known?.bookedMs ?? 0);
    const portions = known === undefined ? [] : portionsOf(batch, meter, known, fromMs);
    if (portions === undefined) return ['unowned', `the level of meter ${meter.id} that ends`];
    held.push({
      portions,
      level: () => known ?? beginLevel(state, tenant, meter, resource, metric),
      now: { level: sample.quantity, saidMs: sample.startMs, sinceMs: fromMs, bookedMs: fromMs },
    });
  }
  return held;
}

/** The stretch of a level up to an instant, on the lanes of its meter. */
function portionsOf(context: PlanContext, meter: MeterRecord, level: Level, toMs: number): Portion[] | undefined {
  const stretches = stretchesOf(context, meter, level, toMs);
  return stretches?.flatMap((part) =>
    part.plan.lanes
      .filter((lane) => lane.meter?.id === meter.id)
      .map((lane) => ({ part, lane, isStart: part.startMs === level.sinceMs, isHeld: true })),
  );
}

interface TimeRun extends PlanContext {
  readonly state: PartitionState;
  readonly groups: Groups;
  readonly changes: Changes;
  readonly rows: Rows;
  readonly source: BlockSource;
}

/** Log time has moved: levels that went on to the end of their month are booked, what was due first first, tenant by tenant. */
export function bookDueLevels(
  state: PartitionState,
  runOf: (tenant: Tenant) => TimeRun,
  moved: (tenant: Tenant, balances: Set<Balance>) => void,
): void {
  if (state.levelsDueMs > state.logTimeMs) return;
  const due = dueLevels(state);
  for (let left: number = levelLimits.rowsMax; left > 0 && due.length > 0;) {
    const tenant = state.tenants.get(due[0]!.tenant)!;
    const { rows, balances } = bookLevels(runOf(tenant), due, left);
    left -= rows;
    moved(tenant, balances);
  }
  state.levelsDueMs = nextDueMs(state);
}

/** Books levels up to the end of the month that is due, so many rows at once, as nobody's sample; takes from the front what it has booked. */
function bookLevels(run: TimeRun, due: Level[], rowsMax: number): { rows: number; balances: Set<Balance> } {
  const late: Batch['late'] = [];
  let rows = 0;
  while (due[0]?.tenant === run.tenant.id && rows < rowsMax) rows += bookLevel(run, due.shift()!, late);
  const balances = closeBlocks(run);
  for (const { tally, amount } of late) for (const balance of adjust(run, tally, amount)) balances.add(balance);
  return { rows, balances };
}

function bookLevel(run: TimeRun, level: Level, late: Batch['late']): number {
  const { state, tenant, changes } = run;
  const bookedMs = level.dueMs - levelLimits.graceMs;
  const portions = portionsOf(run, tenant.master.meters.get(level.meter)!, level, bookedMs);
  const charges = portions && chargeAll({ state, tenant, changes, late }, level.resource, nobodys, portions);
  if (charges === undefined || isFault(charges)) {
    // What cannot be booked stays open: the next sample, or the end of the next month, tries again.
    setDue(state, tenant, changes, level, bookedMs);
    return 0;
  }
  for (const { lane, part, quantity, amount, opened } of charges) {
    if (opened) changes.open(lane.tally!);
    changes.tally(lane.tally!);
    const group = run.groups.of({ ...lane.group, kind: 'adjustment' });
    run.rows.addWide(group, level.resource.id, 0, part.startMs, part.durationMs, { quantity, amount }, false);
  }
  moveLevel(state, tenant, changes, level, { bookedMs });
  return charges.length;
}

const nobodys = { place: [0, '', '', 0, 0], whole: 0n } as const;
