import { defineErrors } from '#core/errors.ts';
import { bootstrapFailures } from './bootstrap/failure.mjs';

export const deployError = defineErrors({
  ...bootstrapFailures,
  USAGE: {
    status: 400,
    title: 'The command was given wrongly.',
    solve: 'See `meterline --help`, or `meterline COMMAND --help` for one command.',
  },
  INSTANCE_IN_USE: {
    status: 409,
    title: 'Another instance already uses this data directory.',
    solve: 'Stop it (`meterline status` shows it), or name another directory with --data.',
  },
  INSTANCE_FOREIGN: {
    status: 409,
    title: 'The data directory belongs to another version or layout.',
    solve: 'Start with the version that the message names, or on another directory with --data.',
  },
  INSTANCE_DAMAGED: {
    status: 500,
    title: 'A file of the data directory is damaged.',
    solve: 'Restore the file that the message names from a backup, or start on another directory with --data.',
  },
  SIMULATION_REFUSED: {
    status: 409,
    title: 'The recorded usage cannot be simulated.',
    solve: 'Ask `meterline price estimate` about single amounts; docs/limits.md says more.',
  },
  REPARTITION_REFUSED: {
    status: 409,
    title: 'The number of partitions cannot be changed now.',
    solve: 'Do what the message says; nothing is lost, and the command goes on where it stopped.',
  },
  DATA_DIR_UNUSABLE: {
    status: 500,
    title: 'The data directory cannot be written.',
    solve: 'Give the user that runs Meterline write access to it, or name another directory with --data.',
  },
  DISK_TOO_FULL: {
    status: 507,
    title: 'There is not enough free disk space.',
    solve: 'Free some space, or name a directory on a larger disk with --data.',
  },
  STORE_UNWRITABLE: {
    status: 507,
    title: 'The broker cannot write to its disk; usage waits in the spools and nothing is lost.',
    solve:
      'Free space on the disk of the data directory; the broker is started again by itself as soon as it takes writes.',
  },
  CHILD_NOT_READY: {
    status: 500,
    title: 'A process of the instance did not become ready.',
    solve: 'Read the log lines of the process named above; `meterline doctor` checks ports, disk and permissions.',
  },
  OFFICE_UNREACHABLE: {
    status: 503,
    title: 'The instance does not answer.',
    solve: 'Start it with `npm start -- --data DIR`, or wait until it is ready; `meterline status` tells.',
  },
  OFFICE_REFUSED: {
    status: 502,
    title: 'The instance answered with something that is not its own.',
    solve: 'Look what listens at its address: another program, or a proxy.',
  },
  LOG_INCOMPLETE: {
    status: 500,
    title: 'The log does not hold together from its first message on.',
    solve: 'Run `meterline verify`: it tells everything that is wrong with it.',
  },
  DRAFT_REFUSED: {
    status: 422,
    title: 'A rater would not take these prices.',
    solve: 'Correct the price that the message names.',
  },
  ROWS_INSUFFICIENT: {
    status: 422,
    title: 'Stored rows do not tell what the draft would charge.',
    solve: 'Simulate from the log (`--source log`), or leave what the message names as it was published.',
  },
  FILE_UNREADABLE: {
    status: 400,
    title: 'A file could not be read.',
    solve: 'Check the path and its permissions.',
  },
});
