import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import type { ApplyAnswer } from '#billing/apply/index.ts';
import { idPattern } from '#core/messages/names.ts';
import { deployError } from '../errors.ts';
import type { StreamFlags } from '../streams.ts';
import { officeOf } from '../officeClient.ts';
import { dataOption, jsonOption, type CommonOptions } from './arguments.ts';
import type { SetExitCode } from './program.ts';
import { printJson, printLine } from './report.ts';

/** What an operator does with an instance: look, check, prove, sign in, enrol, apply. */
export function addOperations(program: Command, setExitCode: SetExitCode): void {
  const command = (name: string, description: string) =>
    program.command(name).description(description).addOption(dataOption()).addOption(jsonOption());

  command('status', 'what runs, what it takes, how far it is').action(async ({ data, json }: CommonOptions) => {
    setExitCode(await (await import('../status/index.ts')).statusCommand(data, json));
  });

  command('doctor', 'check ports, disk, versions, clock and permissions').action(
    async ({ data, json }: CommonOptions) => {
      setExitCode(await (await import('../doctor/index.ts')).doctorCommand(data, json));
    },
  );

  command('verify', 'recompute everything from the log and compare every store').action(
    async ({ data, json }: CommonOptions) => {
      await (await import('../provide.ts')).provide({ broker: true });
      setExitCode(await (await import('../verify.ts')).verifyCommand({ dataDir: data, json }));
    },
  );

  command('login', 'print a one-time link that signs a browser in')
    .option('--user <id>', 'whom it signs in (default: the first administrator)')
    .action(async ({ data, json, user }: CommonOptions & { readonly user?: string }) => {
      await (await import('../login.ts')).loginCommand(data, json, user);
    });

  command('enrol <producer>', 'make a key for a producer and register it')
    .addOption(new Option('--type <type>').choices(['agent', 'gateway', 'importer']).default('agent'))
    .option('--simulated', 'mark everything it sends as simulated', false)
    .action(async (producer: string, flags: CommonOptions & EnrolFlags) => {
      if (!idPattern.test(producer)) {
        throw deployError('USAGE', `${producer} is not a producer id: 1 to 36 of a-z, 0-9 and "-".`, { producer });
      }
      const { enrol } = await import('../enrol.ts');
      const result = await enrol(flags.data, { id: producer, type: flags.type, simulated: flags.simulated });
      if (flags.json) return printJson({ ok: true, ...result });
      printLine(
        `${producer} is enrolled. Its signing key is ${result.signingKey}, its broker credentials ${result.credentials}.`,
      );
    });

  command('streams', 'what the logs hold and may hold; raise a limit while everything runs')
    .option('--usage <size>', 'limit of each USAGE stream, as in 8GiB')
    .option('--rated <size>', 'limit of each RATED stream')
    .option('--control <size>', 'limit of each CONTROL stream')
    .option('--alerts <size>', 'limit of ALERTS and of DELIVERIES')
    .action(async ({ data, json, ...sizes }: CommonOptions & Partial<Record<keyof StreamFlags, string>>) => {
      const { parseSize, streamsCommand } = await import('../streams.ts');
      const bytes = (text: string | undefined) => (text === undefined ? undefined : parseSize(text));
      const { usage, rated, control, alerts } = sizes;
      const flags = { usage: bytes(usage), rated: bytes(rated), control: bytes(control), alerts: bytes(alerts) };
      await streamsCommand(data, flags, json);
    });

  command('apply <file>', 'bring the organisation to what a YAML file says; again is a no-op')
    .option('--dry-run', 'show the changes and make none', false)
    .option('--past', 'let owners and versions of prices begin in the past; then: correction preview --rerate', false)
    .action(async (file: string, flags: CommonOptions & { readonly dryRun: boolean; readonly past: boolean }) => {
      const answer = await officeOf(flags.data).send<ApplyAnswer>('POST', '/apply', {
        document: readDocument(file),
        dryRun: flags.dryRun,
        past: flags.past,
        file: basename(file),
      });
      if (flags.json) return printJson({ ok: answer.outcome !== 'rejected', ...answer });
      printLine((await import('#billing/apply/index.ts')).printDiff(answer));
    });
}

interface EnrolFlags {
  readonly type: 'agent' | 'gateway' | 'importer';
  readonly simulated: boolean;
}

/** A file that a command names. Throws FILE_UNREADABLE. */
export function readDocument(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw deployError('FILE_UNREADABLE', `${path} (${(cause as NodeJS.ErrnoException).code}).`, { path }, cause);
  }
}
