import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { change, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { authenticate } from './access.ts';
import { hashToken, newToken, tokenKind } from './tokens.ts';

/**
 * Makes the API key in the file (mode 0600, made when missing) an administrator's of the tenant. A key that stood there
 * before stops working, so a lost or leaked file is mended by a new one and a restart. Returns the key.
 */
export async function ensureAdminKey(office: Office, tenant: string, path: string): Promise<string> {
  const key = readOrCreate(path);
  const known = await authenticate(office, key);
  if (known?.tenant === tenant && known.role === 'admin') return key;
  await change(office, { tenant, actor: 'system', trace: '' }, async (tx) => {
    const row = {
      tenant,
      id: 'admin',
      role: 'admin' as const,
      hash: hashToken(key),
      created_ms: office.now(),
      revoked_ms: null,
    };
    await tx
      .insertInto('api_key')
      .values(row)
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet(row))
      .execute();
    const recorded = {
      action: 'api_key.admin',
      subject: 'key/admin',
      before: {},
      after: { role: 'admin' },
      why: 'instance start',
      changes: [],
    };
    return { result: undefined, recorded };
  });
  return key;
}

function readOrCreate(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, `${newToken('apiKey')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = readFileSync(path, 'utf8').trim();
  if (tokenKind(key) !== 'apiKey') throw billingError('ADMIN_KEY_INVALID', `Key file: ${path}.`, { path });
  return key;
}
