/** The `meterline` command on Node 26. Roles come first and alone, so that a role's process carries nothing else. */
import { isRole, runRole } from './roles.ts';
import { reportError } from './cli/report.ts';

const args = process.argv.slice(2);
const [name, ...rest] = args;

try {
  const wantsHelp = rest.includes('--help') || rest.includes('-h');
  if (isRole(name) && !wantsHelp) process.exitCode = await runRole(name, rest);
  else process.exitCode = await (await import('./cli/program.ts')).runProgram(args);
} catch (error) {
  process.exitCode = reportError(error, args.includes('--json'));
}
