import { defineErrors } from '../errors.ts';

export const holdError = defineErrors({
  HOLD_KEY_REUSED: {
    status: 409,
    title: 'This key was used for another request.',
    solve: 'Give every hold a key of its own, and repeat a request with exactly what it had.',
  },
  HOLD_UNKNOWN: {
    status: 404,
    title: 'No hold of this key is known.',
    solve: 'It was never granted, or ended longer ago than answers are kept (60 s). Hold again with a new key.',
  },
  HOLD_ENDED: {
    status: 409,
    title: 'The hold was refused, released or has expired: there is nothing to commit.',
    solve: 'What was used shows in the balance by itself. Hold longer next time, or commit before it expires.',
  },
  HOLD_AMOUNT_EXCEEDED: {
    status: 409,
    title: 'More is committed than is held.',
    solve: 'Commit at most what is held; hold the rest with a new key.',
  },
  HOLDS_TOO_MANY: {
    status: 429,
    title: 'So many holds are known that no more are taken.',
    solve: 'Release what is done, hold for shorter, and try again: ended holds are forgotten after 60 s.',
  },
  CHECK_ACCOUNT_UNKNOWN: {
    status: 404,
    title: 'There is no such account.',
    solve: 'Name an account of the tenant by its slug or number; `meterline account list` shows them.',
  },
  CHECK_CURRENCY_UNKNOWN: {
    status: 400,
    title: 'Nothing of the tenant is charged in this currency.',
    solve: 'Use the currency of the tenant, of one of its prices, fees or budgets, or one of its pricing units.',
  },
  CHECK_METER_UNKNOWN: {
    status: 404,
    title: 'There is no such meter.',
    solve: 'Name a meter of the tenant by its id; `meterline meter list` shows them.',
  },
  CHECK_USAGE_INVALID: {
    status: 400,
    title: 'What this usage would cost cannot be told.',
    solve: 'Correct what `details.faults` names: quantity, unit, resource, or ask for an amount.',
  },
});
