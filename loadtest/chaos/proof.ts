/** After everything has come to rest: what was sent against what is stored, and `meterline verify`. */
import { verify } from '#deploy/verify.ts';
import type { VerifyReport } from '#deploy/verify/report.ts';
import { openStore } from '#platform/clickhouse/index.ts';
import type { Instance } from './instance.ts';
import type { Ledger } from './ledger.ts';
import type { Receiver } from './receiver.ts';
import { readLog, readStore } from './stored.ts';
import { countSamples, judgeAlerts, unsent, wrongSums, type Alerts, type Counts } from './verdict.ts';

export interface Proof extends Counts, Omit<Alerts, 'wrong'> {
  /** Webhooks that the receiver accepted: an alert may come more than once, under one id. */
  readonly deliveries: number;
  readonly takeovers: number;
  /** Appends of fenced owners that the log holds and no reader counts. */
  readonly ignored: number;
  readonly verify: Pick<VerifyReport, 'ok' | 'difference' | 'commits' | 'seconds'> | { readonly ok: false };
  /** What does not hold, in words. */
  readonly problems: readonly string[];
}

/** Stops the instance on the way. */
export async function prove(instance: Instance, ledger: Ledger, receiver: Receiver, month: string): Promise<Proof> {
  const { tenants, config, cluster } = instance;
  const log = await readLog(instance.log, tenants.length);
  // The streams of a cluster are verified where they are, those of one broker after it has stopped.
  let verified = cluster === undefined ? undefined : await verdictOf(config.dataDir);
  await instance.stop();
  const store = await openStore(config.clickhouse.url);
  const stored = await readStore(store, tenants.length, log.owners);
  await store[Symbol.asyncDispose]();
  verified ??= await verdictOf(config.dataDir);

  const sent = ledger.sent();
  const counts = countSamples(sent, log, stored);
  const { wrong, ...alerts } = judgeAlerts(tenants, month, log.alerts, receiver.accepted);
  const strangers = unsent(sent, log.holdings, stored.holdings);
  const wanting = (['lost', 'twice', 'stale', 'refused'] as const).filter((name) => counts[name] > 0);
  return {
    ...counts,
    ...alerts,
    deliveries: [...receiver.accepted.values()].reduce((sum, count) => sum + count, 0),
    takeovers: log.takeovers,
    ignored: log.ignored,
    verify: verified.verify,
    problems: [
      ...wanting.map((name) => `${counts[name]} samples ${name}`),
      ...Object.entries(log.refused).map(([reason, samples]) => `${samples} samples refused: ${reason}`),
      ...(strangers > 0 ? [`${strangers} samples that nobody has sent`] : []),
      ...wrongSums(tenants, stored),
      ...wrong,
      ...verified.problems,
    ],
  };
}

/** What cannot be verified is a problem like any other. */
async function verdictOf(dataDir: string): Promise<Pick<Proof, 'verify' | 'problems'>> {
  try {
    const { ok, checks, difference, commits, seconds } = await verify(dataDir);
    const problems = checks.filter((check) => !check.ok).map(({ name, detail }) => `verify: ${name}: ${detail}`);
    return { verify: { ok, difference, commits, seconds }, problems };
  } catch (error) {
    return { verify: { ok: false }, problems: [`verify: ${(error as Error).message}`] };
  }
}
