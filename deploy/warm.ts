/** Loads a role's code and ends, so that Node's compile cache holds it; see bootstrap/warm.mjs. */
import { isRole, loadRole } from './roles.ts';

const role = process.argv[2];
if (isRole(role)) {
  // A role whose code does not load says so itself when it is started.
  await loadRole(role).catch(() => undefined);
  if (role === 'office') await import('./cli/program.ts');
}
// Engines that were loaded along may hold the process open; what matters is in the cache once it exits.
process.exit(0);
