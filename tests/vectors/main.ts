import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { check, type Verdict } from './check.ts';
import { areaOf } from './families.ts';
import { parseVectors, type Vector } from './vector.ts';

interface AreaCounts {
  total: number;
  passed: number;
  exceptions: number;
  deferred: number;
  failed: number;
}

interface FileReport extends AreaCountsOfFile {
  readonly file: string;
  readonly areas: Record<string, AreaCounts>;
  readonly exceptions: { id: string; rule: string; reason: string; ours: string; theirs: string }[];
  readonly deferred: Record<string, number>;
  readonly failed: { id: string; family: string; ours: string; theirs: string }[];
}

interface AreaCountsOfFile {
  total: number;
  passed: number;
}

/** Checks files of vectors. 0: all hold, or differ by a rule, or wait for their families. 1: some do not. 2: asked wrongly. */
export function vectorsCommand(args: readonly string[]): number {
  const unknown = args.filter((arg) => arg.startsWith('-') && arg !== '--json');
  const files = args.filter((arg) => !arg.startsWith('-'));
  if (unknown.length > 0) return asked(`${unknown.join(', ')}: no such flag; say npm run vectors -- FILE… [--json]`);
  if (files.length === 0) return asked('no file; say npm run vectors -- FILE… [--json]');
  const reports: FileReport[] = [];
  for (const file of files) {
    try {
      // npm runs scripts in the root of the package; paths are those of the folder it was called in.
      const text = readFileSync(resolve(process.env['INIT_CWD'] ?? '.', file), 'utf8');
      reports.push(reportOn(file, parseVectors(text)));
    } catch (error) {
      return asked(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const ok = reports.every(({ failed }) => failed.length === 0);
  process.stdout.write(
    args.includes('--json') ? `${JSON.stringify({ ok, files: reports })}\n` : reports.map(page).join('\n'),
  );
  return ok ? 0 : 1;
}

function asked(what: string): number {
  process.stderr.write(`vectors: ${what}\n`);
  return 2;
}

export function reportOn(file: string, vectors: readonly Vector[]): FileReport {
  const report: FileReport = { file, total: 0, passed: 0, areas: {}, exceptions: [], deferred: {}, failed: [] };
  for (const vector of vectors) {
    const area = (report.areas[areaOf(vector)] ??= { total: 0, passed: 0, exceptions: 0, deferred: 0, failed: 0 });
    count(report, area, vector, check(vector));
  }
  return report;
}

function count(report: FileReport, area: AreaCounts, { id, family }: Vector, verdict: Verdict): void {
  report.total += 1;
  area.total += 1;
  switch (verdict.kind) {
    case 'passed':
      report.passed += 1;
      area.passed += 1;
      return;
    case 'exception': {
      const { rule, reason, ours, theirs } = verdict;
      report.exceptions.push({ id, rule, reason, ours, theirs });
      area.exceptions += 1;
      return;
    }
    case 'deferred':
      report.deferred[family] = (report.deferred[family] ?? 0) + 1;
      area.deferred += 1;
      return;
    case 'failed':
      report.failed.push({ id, family, ours: verdict.ours, theirs: verdict.theirs });
      area.failed += 1;
  }
}

function page(report: FileReport): string {
  const lines = [`${basename(report.file)}: ${report.total} vectors`];
  for (const [area, { total, passed, exceptions, deferred, failed }] of Object.entries(report.areas)) {
    lines.push(
      `  ${area.padEnd(10)} ${passed} of ${total} equal` +
        (exceptions > 0 ? `, ${exceptions} different by a rule` : '') +
        (deferred > 0 ? `, ${deferred} deferred` : '') +
        (failed > 0 ? `, ${failed} FAILED` : ''),
    );
  }
  const waiting = Object.entries(report.deferred).map(([family, number]) => `${family} ${number}`);
  if (waiting.length > 0) lines.push(`  deferred until their families are built: ${waiting.join(', ')}`);
  for (const rule of new Set(report.exceptions.map((exception) => exception.rule))) {
    const under = report.exceptions.filter((exception) => exception.rule === rule);
    lines.push(`  rule ${rule}: ${under[0]!.reason}`);
    for (const { id, ours, theirs } of under) lines.push(`    ${id}: ours ${ours}, theirs ${theirs}`);
  }
  for (const { id, family, ours, theirs } of report.failed)
    lines.push(`  FAILED ${id} (${family}): ours ${ours}, theirs ${theirs}`);
  return `${lines.join('\n')}\n`;
}
