import type { Config } from '#platform/config.ts';

export interface UpOptions {
  readonly dataDir: string;
  /** Web port; 0 takes a free one. */
  readonly port: number;
  /** Stops by itself this long after it became ready; undefined runs until a signal. */
  readonly forSeconds: number | undefined;
  readonly json: boolean;
  /** Starts the busy service and the receiver that throttles it. */
  readonly demo: boolean;
  /** Organisation file for a first start; "" for none. */
  readonly organisation: string;
  /** Simulated hosts, and days of past usage for each. */
  readonly fleetHosts: number;
  readonly historyDays: number;
  /** Partitions of a new instance; undefined takes the default, or what the instance has. */
  readonly partitions: number | undefined;
  /** Rater processes, which share the partitions. */
  readonly raters: number;
  /** Private networks and names that targets may lead to. */
  readonly allowPrivate?: readonly string[];
  readonly logLevel: Config['log']['level'];
  /** Overrides for the agent: interval, roots. */
  readonly collector?: Partial<Config['collector']>;
}

/** The agent of the machine that `up` runs on. */
export const localProducer = 'this-host';

/** The agent's interval, and its roots where `METERLINE_PROC_ROOT` and `METERLINE_SYS_ROOT` name others. */
export function agentOverrides(intervalMs: number, env: NodeJS.ProcessEnv): Partial<Config['collector']> {
  const { METERLINE_PROC_ROOT: procRoot = '', METERLINE_SYS_ROOT: sysRoot = '' } = env;
  return {
    intervalMs,
    ...(procRoot === '' ? {} : { procRoot }),
    ...(sysRoot === '' ? {} : { sysRoot }),
  };
}
