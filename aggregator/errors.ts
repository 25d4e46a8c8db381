import { defineErrors } from '#core/errors.ts';

export const aggregatorError = defineErrors({
  LOAD_MALFORMED: {
    status: 500,
    title: 'A commit of the log does not hold the blocks that its header announces.',
    solve: 'Loading of that partition waits, nothing is lost; report it with the sequence that the message names.',
  },
  LOAD_REWOUND: {
    status: 500,
    title: 'The log no longer holds what was loaded: its tail was lost.',
    solve: 'Nothing to do: the loader reads the log again and removes what the next take-over voids.',
  },
  LOAD_WAITS: {
    status: 503,
    title: 'A partition of a new generation waits until all of those before it are loaded.',
    solve: 'Nothing to do: it goes on by itself; `meterline status` shows how far they are.',
  },
  LOAD_CONTESTED: {
    status: 500,
    title: 'Another loader moved the recorded position of this partition.',
    solve: 'Run one office per instance; the loader goes on from the recorded position.',
  },
  PRICING_UNIT_UNKNOWN: {
    status: 404,
    title: 'The tenant charges in no such currency or pricing unit.',
    solve: "Leave `currency` out for the tenant's own, or name a unit of GET /api/v1/pricing-units.",
  },
  CURSOR_INVALID: {
    status: 400,
    title: 'The cursor is not one that this list gave out.',
    solve: 'Ask for the first page again, without a cursor.',
  },
});
