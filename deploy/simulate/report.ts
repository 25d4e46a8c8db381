/** What a simulation says, for programs and for people. Amounts and quantities are decimal text. */
import type { Master } from '#core/rating/state.ts';
import type { Amounts, ComparedAccount, ComparedLine, ComparedUnpriced, Comparison } from '#core/simulate/compare.ts';
import { printLine, printTable } from '../cli/report.ts';

/** `account` is the slug, `accountId` what is counted by. */
type OfAccount<Entry> = Omit<Entry, 'account'> & { readonly account: string; readonly accountId: number };

export interface SimulationReport {
  readonly ok: true;
  readonly tenant: string;
  readonly file: string;
  readonly source: 'log' | 'clickhouse';
  readonly time: 'log' | 'usage';
  /** Stretch of that time, ISO 8601; null where the log begins or ends. */
  readonly from: string | null;
  readonly to: string | null;
  readonly lines: readonly OfAccount<ComparedLine>[];
  readonly accounts: readonly OfAccount<ComparedAccount>[];
  readonly totals: readonly Amounts[];
  readonly unpriced: readonly (OfAccount<ComparedUnpriced> & { readonly unit: string })[];
  /** Samples refused, of the whole tenant; in a stretch of usage time, ever. */
  readonly refused: number;
  readonly refusedCharged: number;
  readonly instance: 'running' | 'stopped';
  /** Commits read. */
  readonly commits: number;
  readonly seconds: number;
}

type Rest = Omit<SimulationReport, keyof Comparison | 'ok'>;

export function reportOf(comparison: Comparison, { accounts, meters }: Master, rest: Rest): SimulationReport {
  const named = <Entry extends { readonly account: number }>({ account, ...entry }: Entry) => ({
    account: accounts.get(account)?.record.slug ?? String(account),
    accountId: account,
    ...entry,
  });
  return {
    ok: true,
    ...rest,
    lines: comparison.lines.map(named),
    accounts: comparison.accounts.map(named),
    totals: comparison.totals,
    unpriced: comparison.unpriced.map((entry) => ({ ...named(entry), unit: unitOf(meters.get(entry.meter)) })),
    refused: comparison.refused,
    refusedCharged: comparison.refusedCharged,
  };
}

/** A tally that weighs levels by time is in milliseconds of the meter's unit. */
function unitOf(meter: { readonly unit: string; readonly aggregation: string } | undefined): string {
  if (meter === undefined) return '';
  return meter.aggregation === 'timeWeighted' ? `${meter.unit}.ms` : meter.unit;
}

export function printReport(report: SimulationReport): void {
  const { from, to, lines, accounts, totals, unpriced } = report;
  const stretch = `from ${from ?? 'its beginning'} until ${to ?? 'its end'}`;
  const over = report.source === 'log' ? 'the log' : 'the rows in ClickHouse';
  const by = report.time === 'usage' ? 'by usage time, ' : '';
  printLine(`${report.file} for ${report.tenant}, over ${over}, ${by}${stretch}; nothing was changed.\n`);
  const figures = ({ currency, charged, draft, difference }: Amounts) => [charged, draft, difference, currency];
  printTable([
    ['ACCOUNT', 'SERVICE', 'COMPONENT', 'CHARGED', 'DRAFT', 'DIFFERENCE', 'CURRENCY', 'SAMPLES'],
    ...lines.map((line) => [line.account, line.service, line.component, ...figures(line), samplesOf(line)]),
  ]);
  printLine('');
  printTable([
    ['ACCOUNT', 'CHARGED', 'DRAFT', 'DIFFERENCE', 'CURRENCY'],
    ...accounts.map((entry) => [entry.account, ...figures(entry)]),
    ...totals.map((total) => ['all', ...figures(total)]),
  ]);
  if (unpriced.length > 0) {
    printLine('\nWithout a price:');
    printTable([
      ['ACCOUNT', 'METER', 'CHARGED LIST', 'DRAFT', 'UNIT', 'SAMPLES'],
      ...unpriced.map((entry) => [
        entry.account, entry.meter, entry.quantityCharged, entry.quantity, entry.unit, samplesOf(entry),
      ]),
    ]); // prettier-ignore
  }
  if (report.refused !== report.refusedCharged)
    printLine(`\nSamples refused: ${report.refusedCharged}; under the draft ${report.refused}.`);
}

/** One number where both are the same, as they mostly are. */
const samplesOf = ({ samples, samplesCharged }: Pick<ComparedLine, 'samples' | 'samplesCharged'>): string =>
  samples === samplesCharged ? String(samples) : `${samplesCharged} → ${samples}`;
