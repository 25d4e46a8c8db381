/** What makes a fleet the same after a restart: its seed, the end of its history, and the secret that its keys come from. */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Epoch } from '#core/metering/batch.ts';
import { signingKey, type SigningKey } from '#platform/crypto.ts';
import { realDisk } from '#platform/disk.ts';
import { collectorError } from '../errors.ts';

export interface FleetIdentity {
  readonly seed: number;
  /** History ends and live data begin here, at a full hour. */
  readonly historyEndMs: number;
  readonly historyDays: number;
  /** Key of a host; the same at every start. */
  keyOf(host: string): SigningKey;
  /** The epoch of a host's history; the same at every start, so that half a history goes on where it stopped. */
  historyEpoch(host: string): Epoch;
}

const hourMs = 3600_000;

/** Reads `fleet.json` and `fleet.key` of a folder; makes them at the first start. */
export function fleetIdentity(folder: string, historyDays: number, nowMs: number): FleetIdentity {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keyPath = join(folder, 'fleet.key');
  if (!existsSync(keyPath)) writeFileSync(keyPath, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  const secret = Buffer.from(readFileSync(keyPath, 'utf8').trim(), 'base64url');
  if (secret.length !== 32) throw collectorError('AGENT_KEY_INVALID', keyPath, { path: keyPath });
  const derive = (purpose: string) => createHmac('sha256', secret).update(purpose).digest();

  const path = join(folder, 'fleet.json');
  if (!existsSync(path)) {
    const historyEndMs = Math.floor(nowMs / hourMs) * hourMs;
    realDisk.replace(path, Buffer.from(JSON.stringify({ seed: 20261123, historyEndMs, historyDays })));
  }
  const kept = JSON.parse(readFileSync(path, 'utf8')) as { seed: number; historyEndMs: number; historyDays: number };
  return {
    ...kept,
    keyOf: (host) => signingKey(derive(`key ${host}`).toString('base64url')),
    historyEpoch: (host) => ({
      startedAtMs: kept.historyEndMs,
      nonce: derive(`history ${host}`).toString('hex').slice(0, 16),
    }),
  };
}
