import { exitCodes, printJson, printLine } from '../cli/report.ts';
import { brokerFindings } from './broker.ts';
import { clockFinding } from './clock.ts';
import { configFindings } from './configuration.ts';
import { dataFindings } from './data.ts';
import type { Finding } from './finding.ts';
import { portFindings } from './ports.ts';
import { versionFindings } from './versions.ts';

/** Checks what a start and a run need; every finding that is not well says what to do. */
export async function doctorCommand(dataDir: string, json: boolean): Promise<number> {
  const findings: Finding[] = [
    ...(await versionFindings()),
    ...dataFindings(dataDir),
    ...configFindings(dataDir),
    ...(await portFindings(dataDir)),
    ...(await brokerFindings(dataDir)),
    clockFinding(),
  ];
  const ok = findings.every((finding) => finding.level !== 'error');
  if (json) printJson({ ok, dataDir, findings });
  else for (const finding of findings) printFinding(finding);
  return ok ? exitCodes.holds : exitCodes.holdsNot;
}

const marks = { ok: '✓', warning: '!', error: '✗' } as const;

function printFinding({ level, check, detail, solve }: Finding): void {
  printLine(`${marks[level]} ${check}: ${detail}`);
  if (solve !== '') printLine(`    ${solve}`);
}
