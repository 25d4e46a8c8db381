import { defineErrors } from '#core/errors.ts';

export const postgresError = defineErrors({
  POSTGRES_UNREACHABLE: {
    status: 503,
    title: 'PostgreSQL did not answer.',
    solve: 'Check that the server runs at the address named, and that the user and database exist.',
  },
  POSTGRES_TOO_OLD: {
    status: 500,
    title: 'The PostgreSQL server is too old.',
    solve: 'Use PostgreSQL 15 or newer, or the embedded engine.',
  },
  POSTGRES_LOCKED: {
    status: 500,
    title: 'The embedded database is in use by another process.',
    solve: 'Stop the other instance, or start this one with another --data directory.',
  },
  POSTGRES_CORRUPT: {
    status: 500,
    title: 'The embedded database cannot be opened.',
    solve:
      'Restore its folder from a backup; to start anew, move it away together with the rest of the data directory.',
  },
  MIGRATION_CHANGED: {
    status: 500,
    title: 'The database was migrated by other files than these.',
    solve: 'Run the version that migrated it, or a newer one; an applied migration file must never be edited.',
  },
});
