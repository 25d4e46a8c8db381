import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { defaultWebPort } from '../instance/ports.ts';
import { dataOption, jsonOption, wholeNumber, type CommonOptions } from './arguments.ts';
import type { SetExitCode } from './program.ts';

interface UpFlags extends CommonOptions {
  readonly port: number;
  readonly for?: number;
  readonly demo: boolean;
  readonly organisation?: string;
  readonly fleet: number;
  readonly history: number;
  readonly partitions?: number;
  readonly raters: number;
  readonly interval: number;
  readonly allowPrivate: readonly string[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

export function addUp(program: Command, setExitCode: SetExitCode): void {
  program
    .command('up')
    .description('start everything on this machine: broker, rater, ClickHouse, pages, agent, demo')
    .addOption(dataOption())
    .option('--port <n>', 'web port; 0 takes a free one', wholeNumber(0, 65535), defaultWebPort)
    .option('--for <seconds>', 'stop after this long, drain, and print a summary', wholeNumber(1, 31_536_000))
    .addOption(jsonOption())
    .option('--no-demo', 'without the demo organisation, its busy service and its throttle')
    .option('--organisation <file>', 'organisation applied at the first start (default: the demo)', (text) =>
      resolve(text),
    )
    .option('--fleet <n>', 'simulated hosts beside this one', wholeNumber(0, 100_000), 0)
    .option('--history <days>', 'days of past usage of the simulated hosts', wholeNumber(0, 400), 0)
    .option('--partitions <n>', 'partitions of a new instance (default: 4)', wholeNumber(1, 256))
    .option('--raters <n>', 'rater processes, which share the partitions', wholeNumber(1, 64), 1)
    .option('--interval <ms>', "how often this machine's counters are read", wholeNumber(100, 3_600_000), 750)
    .option('--allow-private <entry...>', 'private networks (10.20.0.0/16) and names that alerts may be sent to', [])
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error', 'silent']).default('info'))
    .action(async (flags: UpFlags) => {
      await (await import('../provide.ts')).provide({ broker: true, pages: true, compiled: true });
      const { up } = await import('../up/index.ts');
      const { demoOrganisation } = await import('../up/demo.ts');
      const { agentOverrides } = await import('../up/options.ts');
      setExitCode(
        await up({
          dataDir: flags.data,
          port: flags.port,
          forSeconds: flags.for,
          json: flags.json,
          demo: flags.demo,
          organisation: flags.organisation ?? (flags.demo ? demoOrganisation : ''),
          fleetHosts: flags.fleet,
          historyDays: flags.history,
          partitions: flags.partitions,
          raters: flags.raters,
          allowPrivate: flags.allowPrivate,
          logLevel: flags.logLevel,
          collector: agentOverrides(flags.interval, process.env),
        }),
      );
    });
}
