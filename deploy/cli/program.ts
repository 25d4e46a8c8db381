import { Command, CommanderError } from 'commander';
import { deployError } from '../errors.ts';
import { programVersion } from '../instance/version.ts';
import { addChecks } from './checks.ts';
import { addLists } from './lists.ts';
import { addOperations } from './operations.ts';
import { addDevelopment } from './development.ts';
import { addRepartition } from '../repartition/cli.ts';
import { addSimulate } from '../simulate/cli.ts';
import { addUp } from './upCommand.ts';
import { exitCodes } from './report.ts';

/** Parses the command line and runs what it asks for; gives the exit code. Throws USAGE for what it does not know. */
export async function runProgram(args: readonly string[]): Promise<number> {
  // A reader that has seen enough (`| head`) ends neither a listing nor an instance.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  let exitCode: number = exitCodes.holds;
  const program = new Command('meterline')
    .description('Meters IT services, rates every sample exactly once, and shows what it costs.')
    .version(programVersion)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => undefined });
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  for (const add of [addUp, addRoles, addOperations, addLists, addChecks, addSimulate, addRepartition, addDevelopment])
    add(program, setExitCode);
  eachCommand(program, (command) => command.exitOverride().configureOutput({ outputError: () => undefined }));
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for and given.
    if (error.exitCode === 0) return exitCodes.holds;
    const message = error.message === '(outputHelp)' ? 'No command was given.' : error.message.replace(/^error: /, '');
    throw deployError(
      'USAGE',
      `${message.replaceAll('\n', ' ')}.`.replace(/[.)]\.$/, (end) => end[0] ?? '.'),
      {},
      error,
    );
  }
  return exitCode;
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

export type SetExitCode = (code: number) => void;

/** Listed for `--help`; cli.ts runs them before this program is loaded. */
function addRoles(program: Command): void {
  const roles = {
    rater: 'run an owner of partitions: rates, keeps balances, raises alerts, delivers webhooks; several share them',
    collector: 'run the agent: meters this machine',
    office: 'run aggregator, billing, API and pages',
  };
  for (const [name, description] of Object.entries(roles)) {
    program
      .command(name)
      .description(description)
      .requiredOption('--config <path>', 'configuration of the instance')
      .option('--port <n>', 'port of this process instead of the configured one; 0 takes a free one');
  }
}

function eachCommand(command: Command, act: (command: Command) => void): void {
  act(command);
  for (const child of command.commands) eachCommand(child, act);
}
