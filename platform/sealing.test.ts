import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadSealingKey, open, seal } from './sealing.ts';

const dir = mkdtempSync(join(tmpdir(), 'meterline-sealing-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('the key is made once, for its owner alone, and opens what it sealed', () => {
  const path = join(dir, 'keys', 'sealing.key');
  const key = loadSealingKey(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(loadSealingKey(path)).toEqual(key);
  const sealed = seal(key, 'whsec_ä');
  expect(open(key, sealed)).toBe('whsec_ä');
  expect(seal(key, 'whsec_ä')).not.toBe(sealed);
});

test('another key, an altered or a cut text is refused, and so is a damaged key file', () => {
  const key = loadSealingKey(join(dir, 'a.key'));
  const sealed = seal(key, 'secret');
  const altered = Buffer.from(sealed, 'base64url');
  altered[altered.length - 1]! ^= 1;
  const broken = expect.objectContaining({ code: 'SEAL_BROKEN' });
  expect(() => open(loadSealingKey(join(dir, 'b.key')), sealed)).toThrow(broken);
  expect(() => open(key, altered.toString('base64url'))).toThrow(broken);
  expect(() => open(key, sealed.slice(0, 20))).toThrow(broken);
  writeFileSync(join(dir, 'c.key'), 'short');
  expect(() => loadSealingKey(join(dir, 'c.key'))).toThrow(expect.objectContaining({ code: 'SEALING_KEY_INVALID' }));
});
