import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What a suite needs of the machine: how tests find it, or why it is missing and how to get it. */
export interface Provided {
  readonly env: Readonly<Record<string, string>>;
  /** "" when it is there. */
  readonly missing: string;
}

const chromiumPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A browser for the browser suite, as METERLINE_CHROMIUM; Debian's is installed when this user may. */
export function provideChromium(wanted: boolean): Provided {
  const named = process.env['METERLINE_CHROMIUM'];
  const find = () => [named, ...chromiumPaths].find((path) => path !== undefined && existsSync(path));
  if (wanted && find() === undefined) installWithApt('chromium');
  const path = find();
  if (path !== undefined) return { env: { METERLINE_CHROMIUM: path }, missing: '' };
  return { env: {}, missing: missing(wanted, 'Chromium', 'chromium', 'METERLINE_CHROMIUM') };
}

const postgresVersions = [18, 17, 16, 15];

/** PostgreSQL's programs for the suites that run on it as well as on PGlite, as METERLINE_TEST_POSTGRES_BIN. */
export function providePostgres(wanted: boolean): Provided {
  const named = process.env['METERLINE_TEST_POSTGRES_BIN'];
  const folders = [
    named,
    '/usr/lib/postgresql/15/bin',
    ...postgresVersions.map((version) => `/usr/lib/postgresql/${version}/bin`),
  ];
  const find = () => folders.find((folder) => folder !== undefined && existsSync(`${folder}/initdb`));
  if (wanted && find() === undefined) installWithApt('postgresql-15');
  const folder = find();
  if (folder !== undefined) return { env: { METERLINE_TEST_POSTGRES_BIN: folder }, missing: '' };
  return { env: {}, missing: missing(wanted, 'PostgreSQL 15', 'postgresql-15', 'METERLINE_TEST_POSTGRES_BIN') };
}

/** nginx for the test of its example, as METERLINE_NGINX. */
export function provideNginx(wanted: boolean): Provided {
  const find = () => [process.env['METERLINE_NGINX'], '/usr/sbin/nginx'].find((path) => path && existsSync(path));
  if (wanted && find() === undefined) installWithApt('nginx');
  const path = find();
  if (path !== undefined) return { env: { METERLINE_NGINX: path }, missing: '' };
  return { env: {}, missing: missing(wanted, 'nginx', 'nginx', 'METERLINE_NGINX') };
}

function missing(wanted: boolean, what: string, name: string, variable: string): string {
  if (!wanted) return '';
  return `${what} is missing; install it (sudo apt-get install ${name}) or name it in ${variable}`;
}

const apt = '/usr/bin/apt-get';

/** Tries; whoever asked looks again whether it is there. Only root may, and only where apt is. */
function installWithApt(name: string): void {
  if (process.getuid?.() !== 0 || !existsSync(apt)) return;
  process.stderr.write(`Installing ${name} with apt …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', name],
  ]) {
    const { status, stderr } = spawnSync(apt, args, { env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
    if (status !== 0) process.stderr.write(`apt-get ${args[0]}: ${stderr.trim().split('\n').slice(-3).join(' ')}\n`);
  }
}
