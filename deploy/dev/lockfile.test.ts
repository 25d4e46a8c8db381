import { expect, test } from 'vitest';
import { completed, missingEntries, missingFromLockfile } from './lockfile.ts';

test('optional packages for other platforms that a mirror did not offer are listed by version and platform', () => {
  const packages = {
    '': {},
    'node_modules/a': {
      version: '1.0.0',
      dev: true,
      optionalDependencies: { '@a/linux-x64-musl': '1.0.0', '@a/here': '1.0.0' },
    },
    'node_modules/@a/here': { version: '1.0.0' },
    'node_modules/b/node_modules/c': {
      version: '2.0.0',
      optionalDependencies: { '@a/here': '^1.0.0', '@c/openharmony-arm64': '2.0.0' },
    },
  } as const;
  expect(missingEntries(packages).map(({ name }) => name)).toEqual(['@a/linux-x64-musl', '@c/openharmony-arm64']);
  const whole = completed(packages);
  expect(missingEntries(whole)).toEqual([]);
  expect(whole['node_modules/@a/linux-x64-musl']).toEqual({
    version: '1.0.0',
    dev: true,
    optional: true,
    os: ['linux'],
    cpu: ['x64'],
    libc: ['musl'],
  });
  expect(whole['node_modules/@c/openharmony-arm64']).toMatchObject({ os: ['openharmony'], cpu: ['arm64'] });
});

test('npm ci accepts the lockfile of this repository (else: npm run lock)', () => {
  expect(missingFromLockfile()).toEqual([]);
});
