/**
 * The configuration of one instance. Every role reads the same file, `<data>/run/config.json` on an embedded instance
 * (written by `meterline up`, mode 0600), or the file that `--config` names in production. Unknown keys are errors.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { platformError } from './errors.ts';
import { isLeave, leavesMax } from './privateLeave.ts';

const port = z.number().int().min(0).max(65535);

export const configSchema = z.strictObject({
  /** Directory of spools, keys and embedded engines. */
  dataDir: z.string().min(1),
  /** Those that take inputs, from the first on; fixed until the instance is partitioned anew. */
  partitions: z.number().int().min(1).max(256),
  /** Those before it are retired: they hold what was, and take nothing. */
  firstPartition: z.number().int().min(0).max(65_000).default(0),
  nats: z.strictObject({
    /** Of the broker, or of each broker of a cluster with commas between them. */
    url: z.string().min(1),
    /** Folder of `<role>.nk` files: an nkey seed each, mode 0600. Roles: rater, office, admin, gateway, agent-<id>. */
    credentials: z.string().min(1),
    /** Replicas of every stream: 1, or 3 on a cluster. */
    replicas: z.union([z.literal(1), z.literal(3)]).default(1),
    monitorUrl: z.string().optional(),
  }),
  clickhouse: z.strictObject({
    /** `embedded:<path>` runs the engine in the office process; else an http(s) URL. */
    url: z.string().min(1),
  }),
  postgres: z.strictObject({
    /** `embedded:<path>` runs PGlite in the office process; else a postgres:// URL. */
    url: z.string().min(1),
  }),
  office: z.strictObject({
    host: z.string().default('127.0.0.1'),
    port,
    /** Organisation file that is applied at start while its tenant does not exist yet; "" for none. */
    applyAtFirstStart: z.string().default(''),
  }),
  rater: z.strictObject({
    host: z.string().default('127.0.0.1'),
    port,
    /** Partitions that one process follows, to take them over at once when their owner is gone; each costs an owner's memory. */
    standbysMax: z.number().int().min(0).max(256).default(256),
  }),
  collector: z.strictObject({
    host: z.string().default('127.0.0.1'),
    port,
    /** "" runs no agent. */
    tenant: z.string().default(''),
    producer: z.string().default(''),
    intervalMs: z.number().int().min(100).max(3_600_000).default(1000),
    /** Roots to read, for containers that mount the host's and for tests. */
    procRoot: z.string().default('/proc'),
    sysRoot: z.string().default('/sys'),
    /** Services metered by pid file: `<resource suffix>` → path of the pid file. */
    processes: z.record(z.string(), z.string()).default({}),
    /** Mount points whose file systems are metered; [] means every local one. */
    mounts: z.array(z.string()).default([]),
  }),
  webhooks: z.strictObject({
    /** Receivers on loopback are refused (SSRF) unless this is true. */
    allowLoopback: z.boolean().default(false),
    /** Private networks and names that webhooks and mail may lead to; link-local and metadata addresses never. */
    allowPrivate: z
      .array(
        z.string().refine(isLeave, {
          error: ({ input }) =>
            `"${String(input)}" is not a private network such as 10.20.0.0/16, a private address or a name such as mail.corp.example`,
        }),
      )
      .max(leavesMax)
      .default([]),
    /** How long settled alerts and their attempts stay in the streams; where a stream fills, they go sooner. */
    keepDays: z.number().int().min(1).max(3650).default(90),
  }),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info') }).prefault({}),
});

export type Config = z.infer<typeof configSchema>;

/** Checks an unknown value; all faults are reported together, each with its path. */
export function parseConfig(value: unknown, where: string): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `${[...issue.path, key].join('.')}: unknown; known are ${knownKeys(issue.path)}`)
      : [`${issue.path.join('.') || '(top)'}: ${issue.message}`],
  );
  throw platformError('CONFIG_INVALID', `${where}: ${faults.join('; ')}`, { where, faults });
}

/** Keys of the section at `path`, for whoever misspelled one. */
function knownKeys(path: readonly PropertyKey[]): string {
  let section: unknown = configSchema;
  for (const key of path) section = shapeOf(section)[String(key)];
  return Object.keys(shapeOf(section)).join(', ');
}

/** A section may stand behind a default. */
function shapeOf(schema: unknown): Record<string, unknown> {
  if (schema instanceof z.ZodObject) return schema.shape;
  return schema instanceof z.ZodPrefault ? shapeOf(schema.unwrap()) : {};
}

/** Where an instance keeps its secrets and state; every path below the data directory is spelled here. */
export const dataPaths = (dataDir: string) => ({
  config: configPath(dataDir),
  keys: join(dataDir, 'keys'),
  credentials: join(dataDir, 'keys', 'nats'),
  /** API key (`mtl_…`) of the instance's administrator. */
  adminKey: join(dataDir, 'keys', 'admin.key'),
  /** The same for the second tenant and those after it. */
  adminKeyOf: (tenant: string) => join(dataDir, 'keys', `admin.${tenant}.key`),
  /** 32 random bytes, base64url: seals webhook secrets in the TARGETS bucket (AES-256-GCM). */
  sealingKey: join(dataDir, 'keys', 'sealing.key'),
  /** Folder of webhook targets' first secrets, `<tenant>.<target>`, for the operator to hand to the receivers. */
  targetSecrets: join(dataDir, 'keys', 'targets'),
  nats: join(dataDir, 'nats'),
  clickhouse: join(dataDir, 'clickhouse'),
  postgres: join(dataDir, 'postgres'),
  /** Per producer: `<producer>/signing.key` (Ed25519 seed), `<producer>/spool/`. */
  collector: join(dataDir, 'collector'),
  run: join(dataDir, 'run'),
});

export const configPath = (dataDir: string): string => join(dataDir, 'run', 'config.json');

/** Reads the configuration file; a missing or unreadable one is an error that says so. */
export function readConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw platformError('CONFIG_MISSING', `Looked for ${path}.`, { path }, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw platformError('CONFIG_INVALID', `${path} is not JSON.`, { path }, cause);
  }
  return parseConfig(value, path);
}
