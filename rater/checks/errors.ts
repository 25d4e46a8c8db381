import { defineErrors } from '#core/errors.ts';

export const checkError = defineErrors({
  CHECK_REQUEST_INVALID: {
    status: 400,
    title: 'The request is not valid.',
    solve: 'Correct the fields that `details.faults` names; rater/checks/README.md says what each request takes.',
  },
  CHECK_UNAUTHENTIC: {
    status: 401,
    title: 'The credential opens nothing here.',
    solve: 'Send `Authorization: Bearer mtl_…` with a key of scope checks that is in force (`meterline key create`).',
  },
  CHECK_NOT_ALLOWED: {
    status: 403,
    title: 'The key is for another part of the tree.',
    solve: 'Ask about the account of the key or one below it, or use a key for the whole tenant.',
  },
  CHECK_NOT_OWNED: {
    status: 503,
    title: 'Nobody owns the partition at this moment.',
    solve: 'Ask again, with the same key: another rater takes over within seconds.',
  },
  CHECK_UNANSWERED: {
    status: 503,
    title: 'The owner changed, or did not answer in time, before the request was stored or its answer came.',
    solve: 'Ask again with the same key: if it was stored the same answer comes, else it is decided now.',
  },
  CHECK_OVERLOADED: {
    status: 503,
    title: 'Too many requests wait.',
    solve: 'Ask again in a moment, with the same key; spread the load, or ask for fewer and larger holds.',
  },
  CHECK_RATING_WAITS: {
    status: 503,
    title: 'RATED is nearly full: nothing new is held until it has room.',
    solve: 'Raise its limit (`meterline streams --rated SIZE`), and ask again; check, commit and release go on.',
  },
});
