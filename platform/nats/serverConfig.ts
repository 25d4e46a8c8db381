/** Configuration of nats-server, alone or one of a cluster: an nkey per role, least rights, every write synced to disk. */
import { clusterSection, tlsSection, type ClusterOptions, type TlsFiles } from './clusterConfig.ts';
import { inboxPrefix } from './connect.ts';
import { ensureSeed } from './seeds.ts';

/** Largest message that the broker takes; commits and batches stay below it. */
export const maxPayloadBytes = 8 * 1024 * 1024;

export interface AgentIdentity {
  readonly tenant: string;
  readonly producer: string;
}

export interface NatsServerOptions {
  /** Where clients reach it; loopback when absent. */
  readonly host?: string;
  readonly port: number;
  readonly monitorPort: number;
  readonly storeDir: string;
  /** Folder of the roles' seeds; missing ones are made. */
  readonly credentials: string;
  readonly agents: readonly AgentIdentity[];
  readonly services?: readonly ServiceIdentity[];
  readonly maxStoreBytes?: number;
  /** Where it logs; standard error when absent. Given here and not as flags, for a reload refuses what only flags have said. */
  readonly log?: { readonly path: string; readonly bytesMax: number };
  /** One of several brokers; alone when absent. */
  readonly cluster?: ClusterOptions;
  /** Encrypts what clients send; they show an nkey and no certificate. */
  readonly tls?: TlsFiles;
}

interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const internalRoles: Readonly<Record<string, Rights>> = {
  admin: { publish: ['>'], subscribe: ['>'] },
  rater: {
    publish: ['rated.*', 'alerts.*', 'deliveries.*.*', 'mark.*.*', 'rater.alive', 'rater.checks.*', 'probe.*', '$JS.API.>', '$JS.ACK.>', '$JS.FC.>', '$KV.LEASE.>', '$KV.INCARNATIONS.>', '$KV.TARGETS.>', '$KV.NOTIFIER.>', '$O.SNAPSHOTS.>'],
    subscribe: ['mark.get.*.*.*', 'balance.get.*', 'correction.preview.*', 'rater.alive', 'rater.checks.*', 'checks.*.*', '$KV.>', '$O.>'],
  },
  office: {
    publish: ['control.*.*', 'balance.get.*', 'correction.preview.*', 'mark.get.*.*.*', 'deliveries.*.*', '$JS.API.>', '$JS.ACK.>', '$JS.FC.>', '$KV.LOAD.>', '$KV.TARGETS.>', '$KV.CHECK_KEYS.>', '$KV.NOTIFIER.archived'],
    subscribe: ['$KV.>', 'mark.*.*', 'rater.alive'],
  },
}; // prettier-ignore

/** Publishes for many producers: the push gateway and the simulated fleet. */
const gatewayRights: Rights = { publish: ['usage.*.*.*', 'mark.get.*.*.*'], subscribe: ['mark.*.*'] };

export const agentRole = (producer: string): string => `agent-${producer}`;

const agentRights = ({ tenant, producer }: AgentIdentity): Rights => ({
  publish: [`usage.*.${tenant}.${producer}`, `mark.get.*.${tenant}.${producer}`],
  subscribe: [`mark.${tenant}.${producer}`],
});

/** A service of a tenant that asks for checks and holds. */
export interface ServiceIdentity {
  readonly tenant: string;
  readonly service: string;
}

export const serviceRole = (service: string): string => `service-${service}`;

/** Whose it asks for is in the subject, so the broker lets it ask for its tenant alone. */
const serviceRights = ({ tenant }: ServiceIdentity): Rights => ({ publish: [`checks.${tenant}.*`], subscribe: [] });

/**
 * The text of nats-server's configuration file; of secrets it holds what the brokers of a cluster show one another, and no seed. Two accounts: the logs live in one, and who
 * sends from outside is in the other. The broker writes the answer to a message to whatever subject its sender names,
 * without asking for the sender's rights; between accounts that subject is the sender's own, and no log is there.
 */
export function natsServerConfig(options: NatsServerOptions): string {
  const { host = '127.0.0.1', log, cluster, tls } = options;
  const user = ([role, rights]: readonly [string, Rights]): string => {
    const nkey = ensureSeed(options.credentials, role);
    const subscribe = [...rights.subscribe, `${inboxPrefix(role)}.>`];
    const permissions = `{ publish: { allow: ${list(rights.publish)} }, subscribe: { allow: ${list(subscribe)} }, allow_responses: { max: 1, expires: "1m" } }`;
    return `      { nkey: ${nkey}, permissions: ${permissions} }`;
  };
  const inside = Object.entries(internalRoles).map(user);
  const outside = [
    user(['gateway', gatewayRights]),
    ...options.agents.map((agent) => user([agentRole(agent.producer), agentRights(agent)])),
    ...(options.services ?? []).map((each) => user([serviceRole(each.service), serviceRights(each)])),
  ];
  return `# Written by meterline; changes are overwritten at the next start.
listen: ${JSON.stringify(`${host}:${options.port}`)}
http: "127.0.0.1:${options.monitorPort}"
server_name: ${cluster?.serverName ?? 'meterline'}
max_payload: ${maxPayloadBytes}
max_pending: 67108864
${tls === undefined ? '' : `${tlsSection(tls, false)}\n`}${cluster === undefined ? '' : clusterSection(cluster)}${log === undefined ? '' : `log_file: ${JSON.stringify(log.path)}\nlogfile_size_limit: ${log.bytesMax}\n`}jetstream {
  store_dir: ${JSON.stringify(options.storeDir)}
  sync_interval: always
  max_file_store: ${options.maxStoreBytes ?? 64 * 1024 ** 3}
}
accounts {
  METERLINE {
    jetstream: enabled
    exports: [
      { service: "usage.*.*.*", accounts: [PRODUCERS] }
      { service: "mark.get.*.*.*", accounts: [PRODUCERS] }
      { service: "checks.*.*", accounts: [PRODUCERS] }
      { stream: "mark.*.*", accounts: [PRODUCERS] }
    ]
    users: [
${inside.join(',\n')}
    ]
  }
  PRODUCERS {
    imports: [
      { service: { account: METERLINE, subject: "usage.*.*.*" } }
      { service: { account: METERLINE, subject: "mark.get.*.*.*" } }
      { service: { account: METERLINE, subject: "checks.*.*" } }
      { stream: { account: METERLINE, subject: "mark.*.*" } }
    ]
    users: [
${outside.join(',\n')}
    ]
  }
}
`;
}

const list = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
