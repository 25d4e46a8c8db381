import { nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { platformError } from '../errors.ts';
import { leaveLoneBroker } from './loneBroker.ts';
import { readSeed } from './seeds.ts';
import { connectFramed } from './transport.ts';

export type { NatsConnection };

/** Oldest broker version that has what the log protocol needs. */
export const natsVersionMin = [2, 12] as const;

export interface ConnectOptions {
  /** Of the broker, or of each broker of a cluster with commas between them. */
  readonly url: string;
  /** Folder of `<role>.nk` seed files. */
  readonly credentials: string;
  readonly role: string;
  /** Wait this long for the first connection before giving up. */
  readonly waitMsMax?: number;
}

/** Roles with the right to the JetStream API. Agents and gateways learn from their appends whether anybody is there. */
const innerRoles: ReadonlySet<string> = new Set(['admin', 'rater', 'office']);

/**
 * Connects as a role and checks the broker's version. Reconnects for ever afterwards, to any broker of a cluster, and leaves
 * one that the others have lost; inboxes are the role's own.
 */
export async function connectNats(options: ConnectOptions): Promise<NatsConnection> {
  const { seed } = readSeed(options.credentials, options.role);
  const servers = options.url.split(',');
  const deadline = performance.now() + (options.waitMsMax ?? 15_000);
  for (;;) {
    try {
      const connection = await connectFramed({
        servers,
        name: `meterline-${options.role}`,
        authenticator: nkeyAuthenticator(seed),
        inboxPrefix: inboxPrefix(options.role),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 100,
        reconnectJitter: 50,
        timeout: 2000,
        pingInterval: 10_000,
      });
      await requireVersion(connection);
      if (servers.length > 1 && innerRoles.has(options.role)) leaveLoneBroker(connection);
      return connection;
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'MeterlineError') throw cause;
      if (performance.now() > deadline) {
        throw platformError('NATS_UNREACHABLE', `${options.url} as ${options.role}.`, { url: options.url }, cause);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Inboxes of a role; the broker lets a role subscribe to its own only. */
export const inboxPrefix = (role: string): string => `_INBOX_${role}`;

export function isSupportedVersion(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > natsVersionMin[0] || (major === natsVersionMin[0] && minor >= natsVersionMin[1]);
}

async function requireVersion(connection: NatsConnection): Promise<void> {
  const version = connection.info?.version ?? '0';
  if (isSupportedVersion(version)) return;
  await connection.close();
  throw platformError('NATS_TOO_OLD', `Found ${version}, need ${natsVersionMin.join('.')}.`, { version });
}
