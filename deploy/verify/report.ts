/** The verdict as commands.md promises it, for programs and for people. */
import { checkNames, type CheckName, type Faults } from '#core/reference/audit/faults.ts';
import { text } from '#core/reference/number.ts';
import { printJson, printLine, printTable } from '../cli/report.ts';

export interface VerifyReport {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: CheckName; readonly ok: boolean; readonly detail: string }[];
  /** Where the audit began. */
  readonly from: string;
  /** Samples, over all partitions, up to the last commit that was audited. */
  readonly received: number;
  readonly rated: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Rated samples in ClickHouse, each once, and charge rows, of which a sample may have several. */
  readonly rowsInClickHouse: number;
  readonly chargeRows: number;
  /** Σ|difference| in currency units, decimal text; "0" is right. */
  readonly difference: Readonly<Record<'balances' | 'clickhouse' | 'rerated' | 'documents', string>>;
  readonly instance: 'running' | 'stopped';
  readonly commits: number;
  readonly seconds: number;
}

/** `looked` says of each check what it has looked at, for the line of one that holds. */
export function reportOf(
  faults: Faults,
  looked: Readonly<Record<CheckName, string>>,
  figures: Omit<VerifyReport, 'ok' | 'checks' | 'difference'>,
): VerifyReport {
  const checks = checkNames.map((name) => ({
    name,
    ok: faults.count(name) === 0,
    detail: faults.tell(name) || looked[name],
  }));
  const difference = (name: CheckName) => text(faults.difference(name));
  return {
    ok: checks.every((check) => check.ok),
    checks,
    ...figures,
    difference: {
      balances: difference('BALANCES'),
      clickhouse: difference('CLICKHOUSE'),
      rerated: difference('RERATE'),
      documents: difference('DOCUMENTS'),
    },
  };
}

export function printReport(report: VerifyReport, json: boolean): void {
  if (json) return printJson(report);
  for (const { name, ok, detail } of report.checks) printLine(`${ok ? '✓' : '✗'} ${name.padEnd(10)}  ${detail}`);
  const { balances, clickhouse, rerated, documents } = report.difference;
  printLine('');
  printTable([
    ['SAMPLES', 'RECEIVED', 'RATED', 'DUPLICATES', 'REFUSED', 'IN CLICKHOUSE'],
    ['', ...[report.received, report.rated, report.duplicates, report.refused, report.rowsInClickHouse].map(String)],
  ]);
  printTable([
    ['DIFFERENCE', 'BALANCES', 'CLICKHOUSE', 'RE-RATED', 'DOCUMENTS'],
    ['', balances, clickhouse, rerated, documents],
  ]);
  const speed = Math.round(report.received / Math.max(report.seconds, 0.001));
  printLine(`\n${report.commits} commits from ${report.from}, in ${report.seconds} s (${speed} samples/s)`);
  printLine(report.ok ? 'Everything holds.' : 'Something does not hold: see the lines marked ✗.');
}
