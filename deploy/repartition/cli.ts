/** `meterline repartition`. */
import type { Command } from 'commander';
import { dataOption, jsonOption, wholeNumber, type CommonOptions } from '../cli/arguments.ts';
import { printJson, printLine } from '../cli/report.ts';
import { provide } from '../provide.ts';

export function addRepartition(program: Command): void {
  program
    .command('repartition')
    .description('give a stopped instance another number of partitions; what was is kept, each tenant goes on')
    .requiredOption('--partitions <n>', 'how many it shall have', wholeNumber(1, 256))
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async ({ data, json, partitions }: CommonOptions & { readonly partitions: number }) => {
      await provide({ broker: true });
      const { repartition } = await import('./repartition.ts');
      const result = await repartition(data, partitions, (what) => process.stderr.write(`${what}\n`));
      if (json) return printJson({ ok: true, ...result });
      const { from, to, tenants } = result;
      printLine(`${from.partitions} partitions have become ${to.partitions}, numbered from ${to.firstPartition} on.`);
      for (const { tenant, from: before, to: now } of tenants) printLine(`${tenant}: ${before} → ${now}`);
      printLine('Start the instance as always. `meterline verify` proves that nothing else has changed.');
    });
}
