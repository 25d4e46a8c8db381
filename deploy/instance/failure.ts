import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MeterlineError } from '#core/errors.ts';
import { dataPaths } from '#platform/config.ts';

const failurePath = (dataDir: string, role: string): string => join(dataPaths(dataDir).run, `${role}.failure.json`);

/** A role leaves behind why it gave up, so that whoever started it can say so with the same code. */
export function leaveFailure(dataDir: string, role: string, error: MeterlineError): void {
  const { code, status, message, solve, details } = error;
  try {
    writeFileSync(failurePath(dataDir, role), JSON.stringify({ code, status, message, solve, details }), {
      mode: 0o600,
    });
  } catch {
    // Its log line says the same; a disk that takes no file may be the very failure.
  }
}

/** Takes what the role left, if anything. */
export function takeFailure(dataDir: string, role: string): MeterlineError | undefined {
  const path = failurePath(dataDir, role);
  try {
    const { code, status, message, solve, details } = JSON.parse(readFileSync(path, 'utf8')) as Left;
    return new MeterlineError(code, { status, title: message, solve }, '', details);
  } catch {
    return undefined;
  } finally {
    rmSync(path, { force: true });
  }
}

interface Left {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly solve: string;
  readonly details: Record<string, unknown>;
}
