import { defineErrors } from '#core/errors.ts';

export const billingError = defineErrors({
  APPLY_INVALID: {
    status: 422,
    title: 'The organisation file is not valid; nothing was changed.',
    solve: 'Correct each place named, with its line and column, and apply the file again.',
  },
  ORGANISATION_UNREADABLE: {
    status: 500,
    title: 'The organisation file for the first start cannot be read.',
    solve: 'Correct `office.applyAtFirstStart` in the configuration, or the rights of the file.',
  },
  APPLY_NEEDS_ADMIN: {
    status: 403,
    title: 'Only an administrator may change users and producers.',
    solve: 'Leave those sections as they are, or have an administrator apply the file.',
  },
  TENANT_UNKNOWN: {
    status: 404,
    title: 'There is no such tenant.',
    solve: 'Apply an organisation file that creates it.',
  },
  TENANT_MISMATCH: {
    status: 403,
    title: 'The file describes another tenant than the one you are signed in to.',
    solve: "Use a credential of the file's tenant.",
  },
  TARGET_SECRET_GIVEN: {
    status: 422,
    title: 'The secret of this target is not replaced like this.',
    solve:
      'Webhooks get a new one made here, mail servers need theirs in `secret`, a chat gets a new address in `url`.',
  },
  DELIVERY_LOG_REFUSED: {
    status: 503,
    title: 'The stream DELIVERIES did not take what was asked for; nothing is sent.',
    solve: 'Ask again; if the stream is full, raise its limit with `meterline streams --alerts`.',
  },
  CORRECTION_UNKNOWN: {
    status: 404,
    title: 'There is no such correction.',
    solve: 'List the corrections with GET /api/v1/corrections.',
  },
  CORRECTION_SELECTION_INVALID: {
    status: 422,
    title: 'What is to be corrected is not said so that it can be found.',
    solve:
      'Give `producer`, `fromSeq` and `toSeq`; or `fromMs`, `toMs` and a producer, resource or meter; or `correction` alone.',
  },
  CORRECTION_EMPTY: {
    status: 422,
    title: 'There is nothing to correct.',
    solve: 'Look at the rows with GET /api/v1/rows; those that a correction has reversed are named by its own rows.',
  },
  CORRECTION_TOO_LARGE: {
    status: 422,
    title: 'The correction is too large.',
    solve: 'Correct in several, by batches or by stretches of time.',
  },
  CORRECTION_REFUSED: {
    status: 422,
    title: 'These rows cannot be reversed; nothing was changed.',
    solve: 'Leave out what the detail names (`meter`, `resource`): docs/limits.md says what is not reversed.',
  },
  CORRECTION_DECIDED: {
    status: 409,
    title: 'The correction has been applied.',
    solve: 'Preview another one; a correction that has ended is taken back by a correction of it.',
  },
  CORRECTION_NOT_ENDED: {
    status: 409,
    title: 'The correction that is to be taken back has not ended.',
    solve: 'Wait until it has; one that was never applied needs nothing.',
  },
  CORRECTION_NEEDS_APPROVAL: {
    status: 409,
    title: 'Somebody else has to agree to the correction first.',
    solve: 'Have another user approve it (`meterline correction approve`), then apply it.',
  },
  RATER_SILENT: {
    status: 503,
    title: 'No rater has answered.',
    solve: 'See with `meterline status` whether the partition has an owner, and ask again.',
  },
  ALERT_UNKNOWN: {
    status: 404,
    title: 'There is no such alert.',
    solve: 'List the alerts with GET /api/v1/alerts.',
  },
  BUDGET_UNKNOWN: {
    status: 404,
    title: 'There is no such budget.',
    solve: 'List the budgets with GET /api/v1/budgets.',
  },
  BUDGET_INVALID: {
    status: 422,
    title: 'The budget cannot be like this; nothing was changed.',
    solve: 'Correct each field named; budgets are written as under `budgets:` in an organisation file.',
  },
  BUDGET_EXISTS: {
    status: 409,
    title: 'There is a budget of that id.',
    solve: 'Change that one with PUT /api/v1/budgets/{id}, or give the new one another id.',
  },
  BUDGET_MISFIT: {
    status: 422,
    title: 'The budget does not go with the accounts and meters that there are.',
    solve: 'Change what is named, or what it has to go with.',
  },
  CREDIT_INVALID: {
    status: 422,
    title: 'The grant or wallet cannot be like this; nothing was changed.',
    solve: 'Correct each field named in the details.',
  },
  CREDIT_GRANT_UNKNOWN: {
    status: 404,
    title: 'There is no such grant.',
    solve: 'List the grants with GET /api/v1/credits.',
  },
  CREDIT_GRANT_EXISTS: {
    status: 409,
    title: 'There is another grant of that id; grants never change.',
    solve: 'Give under another id, or void the other one first.',
  },
  CREDIT_GRANT_VOIDED: {
    status: 409,
    title: 'The grant is voided already.',
    solve: 'Nothing is to be done; a void that left what was paid paid can be followed by one with `owes`.',
  },
  WALLET_FIXED: {
    status: 409,
    title: 'A wallet keeps its account and its currency.',
    solve: 'Make another wallet under another id.',
  },
  CREDITS_FULL: {
    status: 409,
    title: 'There are as many grants or wallets as there may be.',
    solve: 'Void grants that are not used, or wait until some have expired; see docs/limits.md.',
  },
  SERIES_UNKNOWN: {
    status: 404,
    title: 'There is no such reference series.',
    solve: 'List the series with GET /api/v1/series, or add it under `series` in the organisation file.',
  },
  POINTS_INVALID: {
    status: 422,
    title: 'A point cannot be published; none was.',
    solve: 'Correct each point named in the details, and send them all again.',
  },
  AMOUNT_INVALID: {
    status: 422,
    title: 'The amount is not one.',
    solve: 'Give a decimal, 0 or more, with at most the digits of the currency or of the meter, such as "250.00".',
  },
  ACCOUNT_UNKNOWN: {
    status: 404,
    title: 'There is no such account.',
    solve: 'List the accounts with GET /api/v1/accounts; they are named by their slugs.',
  },
  ACCOUNT_NOT_ROOT: {
    status: 422,
    title: 'The account lies below another one.',
    solve: 'Name the root of its tree: periods close for a whole tree.',
  },
  PERIOD_INVALID: {
    status: 422,
    title: 'No billing period begins on that day.',
    solve: 'Give the first day of a billing period in the zone of the account, such as the first of a month.',
  },
  PERIOD_NOT_ENDED: {
    status: 409,
    title: 'The period has not ended.',
    solve: 'Close it once it has, or name the first day of the period that is running.',
  },
  COMPLETE_AHEAD: {
    status: 422,
    title: 'Nobody can vouch for usage that is still to come.',
    solve: 'Name an instant that has passed; say it again when the period has ended.',
  },
  CLOSE_WAITS: {
    status: 409,
    title: 'The period cannot be closed yet.',
    solve:
      'Do what each item in the details says; `meterline period checklist ACCOUNT` shows them. Producers that will not come can be left out with `--without`.',
  },
  PERIOD_CLOSED: {
    status: 409,
    title: 'The period is closed already.',
    solve: 'Nothing is to be done; `meterline period reopen` opens closed periods again.',
  },
  CLOSE_GOES_ON: {
    status: 409,
    title: 'A close is on its way to the rater.',
    solve: 'Wait for what becomes of it; `meterline period list` shows what is closed.',
  },
  APPROVER_IS_AUTHOR: {
    status: 422,
    title: 'Who asks cannot be who agreed.',
    solve: 'Name another user in `approvedBy`.',
  },
  PRODUCER_UNKNOWN: {
    status: 404,
    title: 'There is no such producer.',
    solve: 'List the producers with GET /api/v1/fleet.',
  },
  PRODUCER_CONFLICT: {
    status: 409,
    title: 'A producer of that id exists and is of another kind.',
    solve: 'Enrol under another id; type and simulated mark of a producer never change.',
  },
  PRODUCER_KEY_INVALID: {
    status: 422,
    title: 'The public key is not an Ed25519 key.',
    solve: 'Send the raw 32 bytes as base64url.',
  },
  PRODUCER_KEYS_FULL: {
    status: 409,
    title: 'The producer has as many keys as it may.',
    solve: 'Revoke a key that is no longer used, then add the new one.',
  },
  PRODUCER_KEY_UNKNOWN: {
    status: 404,
    title: 'The producer has no such key.',
    solve: 'GET /api/v1/fleet lists its keys.',
  },
  TARGET_UNKNOWN: {
    status: 404,
    title: 'There is no such webhook target.',
    solve: 'List the targets with GET /api/v1/targets.',
  },
  USER_UNKNOWN: {
    status: 404,
    title: 'There is no such user, or the user is disabled.',
    solve: 'Name an enabled user, or add one under `users` in the organisation file and apply it.',
  },
  LOGIN_LINK_INVALID: {
    status: 401,
    title: 'The login link was used already, has expired, or never was one.',
    solve: 'Ask an administrator for a new link; `npx meterline login` prints one.',
  },
  API_KEY_EXISTS: { status: 409, title: 'There is an API key of that name.', solve: 'Choose another name.' },
  API_KEYS_TOO_MANY: {
    status: 422,
    title: 'The tenant has as many keys for checks as it may have.',
    solve: 'Revoke one that is not used (`meterline key revoke`).',
  },
  API_KEY_UNKNOWN: {
    status: 404,
    title: 'There is no such API key in force.',
    solve: 'GET /api/v1/api-keys lists them.',
  },
  ADMIN_KEY_INVALID: {
    status: 500,
    title: "The administrator's key file does not hold a key.",
    solve: 'Remove the file and start again: a new key is made, and the old one stops working.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'The Idempotency-Key came with another request before.',
    solve: 'Use a new key for a new request.',
  },
  OUTBOX_BEHIND_LOG: {
    status: 500,
    title: 'The log holds control messages that this database never wrote.',
    solve:
      'The database is older than the log. Follow docs/runbooks/postgres-restored.md: bring it to its newest state, or take the whole instance back to one moment.',
  },
  OUTBOX_DIVERGED: {
    status: 500,
    title: 'The log holds another control message under a number that this database has given out.',
    solve:
      'The database was restored and has gone on, or it belongs to another log. Follow docs/runbooks/postgres-restored.md; nothing more is published until then.',
  },

  // What may be wrong in an organisation file; each fault carries its line and column.
  FILE_TOO_LARGE: {
    status: 422,
    title: 'The file is too large.',
    solve: 'Split it; what a file does not mention stays as it is.',
  },
  FILE_SYNTAX: {
    status: 422,
    title: 'This is not YAML that can be read.',
    solve: 'Correct the syntax; indent with spaces.',
  },
  KEY_UNKNOWN: { status: 422, title: 'The key is not known here.', solve: 'Correct its spelling or remove it.' },
  KEY_MISSING: { status: 422, title: 'A key is missing.', solve: 'Add it.' },
  VALUE_INVALID: { status: 422, title: 'The value does not fit.', solve: 'Give what is expected.' },
  DUPLICATE: {
    status: 422,
    title: 'This was named before.',
    solve: 'Give each its own name, or remove one of the two.',
  },
  REFERENCE_UNKNOWN: {
    status: 422,
    title: 'What this refers to does not exist.',
    solve: 'Correct the name, or add what it names.',
  },
  ACCOUNT_CYCLE: { status: 422, title: 'The account is its own ancestor.', solve: 'Break the circle of parents.' },
  SUSPENSE_COUNT: {
    status: 422,
    title: 'A tenant has exactly one account of type suspense.',
    solve: 'Keep one: it takes usage of resources that nobody owns.',
  },
  CURRENCY_UNKNOWN: {
    status: 422,
    title: 'This is no currency in use.',
    solve: 'Give an ISO 4217 code, such as EUR, or a pricing unit.',
  },
  CURRENCY_FOREIGN: {
    status: 422,
    title: "The currency is not the tenant's.",
    solve: "Use the tenant's currency, or a pricing unit.",
  },
  TIME_ZONE_UNKNOWN: {
    status: 422,
    title: 'This is no time zone.',
    solve: 'Give an IANA name, such as Europe/Berlin.',
  },
  DECIMAL_INVALID: {
    status: 422,
    title: 'This is no plain decimal number.',
    solve: 'Write digits with an optional point, such as 0.05.',
  },
  DECIMALS_TOO_MANY: {
    status: 422,
    title: 'The number has too many decimals.',
    solve: 'Round it to the decimals allowed.',
  },
  NEGATIVE: { status: 422, title: 'The number must not be negative.', solve: 'Give zero or more.' },
  COMPONENTS_TOO_MANY: {
    status: 422,
    title: 'Too many components charge for one metric.',
    solve: 'Charge several of them as one component, or meter them apart.',
  },
  TIERS_NOT_ASCENDING: {
    status: 422,
    title: 'Each tier must end above the one before it.',
    solve: 'Order the tiers by upTo.',
  },
  TIERS_NOT_CLOSED: {
    status: 422,
    title: 'The last tier, and no other, must be open.',
    solve: 'Write `upTo: null` on the last tier and a number on the others.',
  },
  MODEL_UNKNOWN: { status: 422, title: 'There is no such model.', solve: 'Choose one of the models listed.' },
  LIST_TOO_LONG: {
    status: 422,
    title: 'The list is longer than its limit.',
    solve: 'Shorten it, or make it several prices.',
  },
  BOUNDS_CROSSED: {
    status: 422,
    title: 'The maximum is below the minimum.',
    solve: 'Raise the one or lower the other.',
  },
  ALLOWANCE_MEANINGLESS: {
    status: 422,
    title: 'A model that charges each event has no quantity to take an allowance off.',
    solve: 'Remove the allowance, or use a model that charges the whole quantity.',
  },
  PRORATION_MEANINGLESS: {
    status: 422,
    title: 'The price has no such figure for a part of a period.',
    solve: 'Remove what `prorate` names, or give the price the figure.',
  },
  QUANTITY_RULE_MEANINGLESS: {
    status: 422,
    title: 'The quantity rule does not go with the model.',
    solve: 'Remove the rule, or what it names.',
  },
  START_MISSING: {
    status: 422,
    title: 'A price counts from the day on which each account started, and an account does not say it.',
    solve: 'Give the account, or one above it, its day as `since`.',
  },
  EVENTS_OF_LATEST: {
    status: 422,
    title: 'The price looks at single events, and its meter does not tell them apart.',
    solve: 'Price another meter of the metric, or use a model that charges the whole quantity.',
  },
  RULES_AMBIGUOUS: {
    status: 422,
    title: 'Two rules name equally many dimensions, and one sample can match both.',
    solve: 'Exclude one of the two by a value, or add a rule for what matches both.',
  },
  BAND_INVALID: {
    status: 422,
    title: 'A band has no such days or times.',
    solve: 'Name days as mon … sun and times as "HH:MM", from before to; make two bands of one that passes midnight.',
  },
  BANDS_OVERLAP: { status: 422, title: 'Two bands hold the same time.', solve: 'End one where the other begins.' },
  BANDS_GAP: {
    status: 422,
    title: 'Part of the week has no price.',
    solve: 'Add bands for the times named, or a model under `otherwise`.',
  },
  POINT_INVALID: {
    status: 422,
    title: 'The series cannot have this point.',
    solve: 'Let it begin with an interval of the series, and give a correction the next revision.',
  },
  SERIES_UNIT_MISMATCH: {
    status: 422,
    title: 'The price is per another unit than the series that it follows.',
    solve: "Price in the series' unit; a factor between the two is not guessed.",
  },
  UNIT_UNKNOWN: {
    status: 422,
    title: 'The meter cannot be priced in that unit.',
    solve: 'Choose one of the units listed.',
  },
  OWNERSHIP_AMBIGUOUS: {
    status: 422,
    title: 'The resource would have two owners at once.',
    solve: 'Keep one of the two, or give the later one its own `from`.',
  },
  THRESHOLDS_NOT_ASCENDING: { status: 422, title: 'Thresholds must rise.', solve: 'Order them by percent, each once.' },
  VERSION_GAP: {
    status: 422,
    title: 'Versions are numbered without a gap.',
    solve: 'Use the number after the newest version.',
  },
  EFFECTIVE_NOT_LATER: {
    status: 422,
    title: 'A later version must take effect after the one before it.',
    solve: 'Give it a later effectiveFrom.',
  },

  // What would rewrite history.
  TENANT_FIXED: {
    status: 409,
    title: 'Currency and time zone of a tenant never change.',
    solve: 'They decide amounts and periods already charged; create a new tenant instead.',
  },
  ACCOUNT_FIXED: {
    status: 409,
    title: 'Parent, time zone and suspense type of a published account never change.',
    solve: 'Add a new account in the right place and move resources to it with a new ownership and its `from`.',
  },
  METER_FIXED: {
    status: 409,
    title: 'A published meter never changes.',
    solve: 'Add a meter with a new id and publish a new price for it.',
  },
  PRICING_UNIT_FIXED: {
    status: 409,
    title: 'What a published pricing unit was worth never changes, nor the currency of its value.',
    solve: 'Keep the points and add later ones, or add a unit with a new id.',
  },
  SERIES_FIXED: {
    status: 409,
    title: 'A published series keeps its unit, intervals, zone and age.',
    solve: 'Add a series with a new id, and a price version that follows it.',
  },
  PRICE_FIXED: {
    status: 409,
    title: 'A published price version never changes.',
    solve: 'Keep it and add an entry with the next `version` and an `effectiveFrom`.',
  },
  AGREED_FIXED: {
    status: 409,
    title:
      'A published version of a fee or an agreement never changes, nor does its account or currency in a later one.',
    solve: 'Keep it and add an entry with the next `version`, or one with another key.',
  },
  PRICE_IN_THE_PAST: {
    status: 409,
    title: 'A new version of a published price cannot take effect in the past.',
    solve:
      'Give an effectiveFrom that is still to come; or apply with `--past` (`past`) and have usage rated again (`meterline correction preview --rerate`).',
  },
  OWNERSHIP_FIXED: {
    status: 409,
    title: 'A published ownership never changes.',
    solve: 'Add an entry for the new owner with a `from` that is still to come.',
  },
  OWNERSHIP_IN_THE_PAST: {
    status: 409,
    title: 'A resource cannot change its owner in the past.',
    solve:
      'Give a `from` that is still to come; or apply with `--past` (`past`) and have usage rated again (`meterline correction preview --rerate`).',
  },
  PRODUCER_FIXED: {
    status: 409,
    title: 'Type and simulated mark of a producer never change.',
    solve: 'Enrol a producer with a new id.',
  },
  BUDGET_FIXED: {
    status: 409,
    title: 'A budget stays with its account and its currency.',
    solve: 'Disable it and add a budget with a new id.',
  },
  TARGET_FIXED: {
    status: 409,
    title: 'The kind of a target never changes.',
    solve: 'Give the new kind another id, and turn the old target off.',
  },
});

export type BillingErrorCode = Parameters<typeof billingError>[0];
