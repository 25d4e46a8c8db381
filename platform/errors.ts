import { defineErrors } from '#core/errors.ts';

export const platformError = defineErrors({
  CONFIG_INVALID: {
    status: 400,
    title: 'The configuration is not valid.',
    solve:
      'Correct the key that the message names. `npm start` writes the file of its own instance anew at each start.',
  },
  CONFIG_MISSING: {
    status: 500,
    title: 'There is no running instance at this data directory.',
    solve: 'Start one with `npm start -- --data DIR`, or name another directory with --data.',
  },
  NATS_UNREACHABLE: {
    status: 503,
    title: 'The NATS server did not answer.',
    solve: 'Check that nats-server runs at the address named and that its credentials are those of this instance.',
  },
  NATS_CREDENTIALS_UNUSABLE: {
    status: 500,
    title: 'The credentials of a role for the broker cannot be used.',
    solve:
      'Restore the file from a backup or mend its permissions; or remove it and start the instance again, which makes a new one.',
  },
  LIMITS_CONTRADICT: {
    status: 500,
    title: 'Limits of this program contradict one another.',
    solve: 'Undo the change to the `limits.ts` that is named, or change what it must agree with; nothing was started.',
  },
  NATS_TOO_OLD: {
    status: 500,
    title: 'The NATS server is too old.',
    solve: 'Use nats-server 2.12 or newer; set METERLINE_NATS_SERVER to its path.',
  },
  NATS_CLUSTER_UNSAFE: {
    status: 500,
    title: 'One message of any agent can stop replicated streams of these NATS servers for good.',
    solve:
      'Run nats-server 2.12.8 on every node of the cluster, or another version that `meterline doctor` finds well; nothing was started.',
  },
  STORE_TOO_SMALL: {
    status: 507,
    title: 'The disk cannot hold the logs full.',
    solve:
      'Free some space, or name a directory on a larger disk with --data; or ask for less with `meterline streams`.',
  },
  STREAM_MISCONFIGURED: {
    status: 500,
    title: 'A stream exists with settings that lose or duplicate data.',
    solve: 'Restore the settings that the message names, or start on a fresh data directory.',
  },
  PORT_BUSY: {
    status: 500,
    title: 'The address cannot be listened on.',
    solve:
      'Stop what uses the port (`ss -ltnp` shows it), choose another with --port, or let --port 0 take a free one.',
  },
  SEALING_KEY_INVALID: {
    status: 500,
    title: 'The key that seals webhook secrets is damaged.',
    solve: 'Restore the file from a backup; or delete it and apply the organisation file again, which seals them anew.',
  },
  SEAL_BROKEN: {
    status: 500,
    title: 'A sealed secret cannot be opened.',
    solve: 'Apply the organisation file again, so that the secret is sealed with the key of this instance.',
  },
});
