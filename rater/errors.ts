import { defineErrors } from '#core/errors.ts';

export const raterError = defineErrors({
  LOG_BROKEN: {
    status: 500,
    title: 'The rated log does not chain.',
    solve:
      'Run `meterline verify`; a message of RATED was changed or removed by hand. Restore the stream from its backup.',
  },
  COMMIT_OVERSIZED: {
    status: 500,
    title: 'A commit is larger than the broker takes.',
    solve: 'Raise max_payload of nats-server to 8 MB or lower the batch limits; nothing was lost.',
  },
});
