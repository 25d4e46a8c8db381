/** What happened in a random world: so that a test can tell that it has looked at what it is about. */
import { isOfBudget } from '../../messages/alert.ts';
import type { CommitHeader } from '../../messages/rated.ts';
import { instantMs, readBlocks } from '../../reference/audit/blocks.ts';
import { sharesIn } from './shares.ts';
import type { World } from './world.ts';

export const noneSeen = () => ({
  rated: 0,
  cutOrSharedRows: 0,
  adjustments: 0,
  repriced: 0,
  alerts: 0,
  releases: 0,
  carried: 0,
  closes: 0,
  late: 0,
  estimated: 0,
  samples: 0,
  rolledOver: 0,
  recharged: 0,
  prorated: 0,
  laterSteps: 0,
  sharedOut: 0,
  inUnits: 0,
  pooled: 0,
  otherPeriods: 0,
  fees: 0,
  credits: 0,
  feeSteps: 0,
  inherited: 0,
  granted: 0,
  byWallet: 0,
  priced: 0,
  refused: 0,
  ended: 0,
  voided: 0,
  broughtBack: 0,
  rerated: 0,
  rests: 0,
  recarried: 0,
  rebuilt: 0,
  shadowed: 0,
  warmed: 0,
  waited: 0,
  fell: 0,
  forecasts: 0,
  counted: 0,
});

/** Counts what a commit tells. */
export function see(
  { seen, faults, auditor, paid, agreed, reasons, rejections }: World,
  header: CommitHeader,
  blocks: string,
): void {
  // Columns of 32 bits: a store would keep the rest of a larger one, and say nothing.
  const wide = readBlocks(blocks)
    .flatMap((block) => block!.list('offset'))
    .filter((text) => Number(text) >= 2 ** 32);
  faults.same('RERATE', 'offsets that are too wide', wide.join(), '');
  seen.rated = header.totals.samples.rated;
  seen.cutOrSharedRows = Math.max(0, auditor.sums.rows - seen.rated);
  seen.adjustments += blocks.split('\tadjustment\t').length - 1;
  seen.closes += header.control.flatMap(({ changes }) => changes).filter(({ kind }) => kind === 'close').length;
  seen.late += readBlocks(blocks).filter((block) => instantMs(block!.scalar('closed_until')) > 0).length;
  // The cell of a spot price is an instant.
  seen.repriced += [...blocks.matchAll(/\d\dZ\t[^\n]*\tadjustment\t/g)].length;
  seen.rolledOver += (header.rollovers ?? []).filter(([, left]) => left.length > 0).length;
  seen.recharged += readBlocks(blocks).filter(
    (block) =>
      block!.scalar('kind') === 'adjustment' &&
      block!.scalar('price') !== '0' &&
      Number(block!.scalar('quantity')) === 0,
  ).length;
  // Without a close, only a version that takes over charges a price with parts anew.
  if (header.closings === undefined) seen.prorated += [...blocks.matchAll(/\tc6\t[^\n]*\tadjustment\t/g)].length;
  seen.sharedOut += sharesIn(blocks);
  seen.inUnits += blocks.split('\tTOKENS\t').length - 1;
  seen.laterSteps += (header.closings ?? []).length;
  seen.feeSteps += header.feesTo === undefined ? 0 : 1;
  seen.fees += blocks.split('\tfee\t').length - 1;
  seen.credits += blocks.split('\tfeeCredit\t').length - 1;
  seen.recarried += header.carried?.length ?? 0;
  seen.rebuilt += (header.shadows ?? []).filter(({ gone }) => gone === true).length;
  seen.shadowed += (header.shadows ?? []).filter(
    ({ quantity, cleared }) => quantity !== '0' && cleared !== true,
  ).length;
  for (const { reason } of header.creditEntries ?? []) paid.add(reason);
  for (const { type } of header.alerts) if (type.startsWith('credit.')) paid.add(type);
  seen.alerts += header.alerts.length;
  for (const { outcome } of header.requests ?? [])
    if ('why' in outcome && !outcome.allowed && outcome.why[0]?.kind === 'wallet') seen.byWallet += 1;
  for (const { outcome } of header.requests ?? []) if ('priced' in outcome && outcome.amount !== '0') seen.priced += 1;
  for (const { outcome } of header.requests ?? [])
    seen[!('allowed' in outcome) ? 'ended' : outcome.allowed ? 'granted' : 'refused'] += 1;
  seen.fell += header.alerts.filter((alert) => isOfBudget(alert) && alert.released === 'fell').length;
  seen.forecasts += header.alerts.filter((alert) => isOfBudget(alert) && alert.forecast !== undefined).length;
  seen.waited += (header.budgetsWaiting ?? []).length;
  seen.counted += (header.budgetSums ?? []).length;
  const seeds = header.control.flatMap(({ changes }) => changes).filter(({ kind }) => kind === 'budgetSeed');
  seen.warmed += seeds.length > 0 && header.budgetSums !== undefined ? 1 : 0;
  seen.releases += header.alerts.filter((alert) => alert.action === 'release').length;
  seen.carried += header.tallies.filter((entry) => entry.carried !== '0').length;
  for (const { hashes = [], samples = [], members = [] } of header.tallyNotes ?? []) {
    seen.estimated += hashes.length;
    seen.samples += samples.length;
    seen.pooled += members.length > 1 ? 1 : 0;
  }
  const days = header.tallies.map(({ periodStartMs, periodEndMs }) => (periodEndMs - periodStartMs) / 86_400_000);
  seen.otherPeriods += days.filter((length) => length < 27 || length > 32).length;
  for (const block of readBlocks(blocks)) if (block!.scalar('kind') === 'agreement') agreed.add(block!.scalar('cell'));
  for (const { reason, detail } of header.refusals) {
    reasons.add(reason);
    if (reason === 'control_rejected') rejections.push(detail);
  }
}
