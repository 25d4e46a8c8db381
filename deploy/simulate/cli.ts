import { Option, type Command } from 'commander';
import { dataOption, jsonOption, type CommonOptions } from '../cli/arguments.ts';

export interface SimulateFlags extends CommonOptions {
  readonly from?: string;
  readonly to?: string;
  readonly account?: string;
  readonly time: 'log' | 'usage';
  readonly source: 'log' | 'clickhouse';
}

/** Adds `price simulate` to what can be done with prices. */
export function addSimulate(program: Command): void {
  program.commands
    .find((command) => command.name() === 'price')!
    .command('simulate <draft>')
    .description('rate the recorded log again under the price list of a YAML file; changes nothing')
    .option(
      '--from <instant>',
      'only what was taken (or used) from then on; a date is its first moment in the zone of the tenant',
    )
    .option('--to <instant>', 'only what was taken (or used) before')
    .addOption(
      new Option('--time <which>', '--from and --to are of the time when the log took it, or when it was used')
        .choices(['log', 'usage'])
        .default('log'),
    )
    .addOption(
      new Option('--source <which>', 'the recorded log, or the rated rows in ClickHouse, where those can tell')
        .choices(['log', 'clickhouse'])
        .default('log'),
    )
    .option('--account <slug>', 'only this account and those below it')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (draft: string, flags: SimulateFlags) => {
      const { readDocument } = await import('../cli/operations.ts');
      const text = readDocument(draft);
      await (await import('../provide.ts')).provide({ broker: true });
      await (await import('./command.ts')).simulateCommand(draft, text, flags);
    });
}
