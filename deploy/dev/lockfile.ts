import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programRoot } from '../instance/version.ts';

interface LockEntry {
  readonly version?: string;
  readonly dev?: true;
  readonly optional?: true;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, LockEntry>>;

export interface MissingEntry {
  readonly name: string;
  readonly version: string;
  readonly neededBy: string;
}

/**
 * Optional packages that the lockfile should list and does not. npm leaves out those that its registry did not offer
 * on the day (builds for other platforms, on a mirror that holds some only), and then `npm ci` refuses the lockfile.
 */
export function missingEntries(packages: Packages): MissingEntry[] {
  return Object.entries(packages).flatMap(([neededBy, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isListed(packages, neededBy, name))
      .map(([name, version]) => ({ name, version, neededBy })),
  );
}

/** Looks where Node would: beside the package that needs it, then further up. */
function isListed(packages: Packages, from: string, name: string): boolean {
  if (Object.hasOwn(packages, `${from === '' ? '' : `${from}/`}node_modules/${name}`)) return true;
  if (from === '') return false;
  const above = from.lastIndexOf('/node_modules/');
  return isListed(packages, above < 0 ? '' : from.slice(0, above), name);
}

/** Adds what is missing by version and by the platform that its name tells; its checksum is npm's to find. */
export function completed(packages: Packages): Packages {
  const added = missingEntries(packages).map(({ name, version, neededBy }) => {
    const dev = packages[neededBy]?.dev === true ? { dev: true as const } : {};
    return [`node_modules/${name}`, { version, ...dev, optional: true as const, ...platformOf(name) }] as const;
  });
  const all = [...Object.entries(packages), ...added];
  return Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const systems = ['linux', 'darwin', 'win32', 'android', 'freebsd', 'openharmony', 'aix', 'netbsd', 'sunos'];
const processors = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];

function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : [];
  return { ...(cpu.length > 0 && { cpu }), ...(libc.length > 0 && { libc }), ...(os.length > 0 && { os }) };
}

const lockPath = join(programRoot, 'package-lock.json');

/** `npm run lock`: completes the lockfile in place. */
export function lockCommand(): number {
  const lock = JSON.parse(readFileSync(lockPath, 'utf8')) as { packages: Packages };
  const missing = missingEntries(lock.packages);
  if (missing.length > 0)
    writeFileSync(lockPath, `${JSON.stringify({ ...lock, packages: completed(lock.packages) }, null, 2)}\n`);
  process.stdout.write(`${missing.length} optional packages added to package-lock.json\n`);
  return 0;
}

/** What is missing from the repository's own lockfile. */
export const missingFromLockfile = (): MissingEntry[] =>
  missingEntries((JSON.parse(readFileSync(lockPath, 'utf8')) as { packages: Packages }).packages);
