import type { Command } from 'commander';
import type { Wanted } from '../provide.ts';
import type { SetExitCode } from './program.ts';

/** What `npm test`, `npm run check` and `npm run bench` run; arguments go through to the tool. */
export function addDevelopment(program: Command, setExitCode: SetExitCode): void {
  const dev = program
    .command('dev', { hidden: true })
    .description('tests, checks and measurements of the program itself');
  const command = (name: string, description: string, wanted: Wanted, run: (args: string[]) => Promise<number>) =>
    dev
      .command(name)
      .description(description)
      .argument('[args...]')
      .allowUnknownOption()
      .helpOption(false)
      .passThroughOptions()
      .action(async (args: string[]) => {
        await (await import('../provide.ts')).provide(wanted);
        setExitCode(await run(args));
      });

  dev.enablePositionalOptions();
  program.enablePositionalOptions();
  command('test', 'every suite, or those named', { broker: true, pages: true, compiled: true }, async (args) =>
    (await import('../dev/test.ts')).testCommand(args),
  );
  command('check', 'types, lint, format, unused code', {}, async (args) =>
    (await import('../dev/check.ts')).checkCommand(args),
  );
  command('bench', 'measurements', { broker: true, pages: true, compiled: true }, async (args) =>
    (await import('#loadtest/bench/main.ts')).benchCommand(args),
  );
  command('vectors', 'files of vectors against the rating core', {}, async (args) =>
    (await import('../../tests/vectors/main.ts')).vectorsCommand(args),
  );
  command('mutants', 'bugs planted in a copy of the sources, to see whether the tests notice', {}, async (args) =>
    (await import('../../tests/mutants/main.ts')).mutantsCommand(args),
  );
  command('sim', 'the protocol through faults drawn from a seed', {}, async (args) =>
    (await import('#loadtest/sim/main.ts')).simCommand(args),
  );
  command('chaos', 'real processes under load, broken at random', { broker: true, compiled: true }, async (args) =>
    (await import('#loadtest/chaos/main.ts')).chaosCommand(args),
  );
  command('lock', 'complete package-lock.json for every platform', {}, async () =>
    (await import('../dev/lockfile.ts')).lockCommand(),
  );
}
