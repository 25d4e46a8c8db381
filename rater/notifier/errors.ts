import { defineErrors } from '#core/errors.ts';

/** Why a target was not called. Their text is the detail of the delivery, as people see it. */
export const notifierError = defineErrors({
  TARGET_MISSING: {
    status: 404,
    title: 'There is no webhook target of this name.',
    solve: 'Add the target to the organisation file and apply it; the alert is delivered then.',
  },
  TARGET_DISABLED: {
    status: 409,
    title: 'The webhook target is turned off.',
    solve: 'Turn it on again; the alert is delivered then.',
  },
  TARGET_URL_INVALID: {
    status: 422,
    title: "The webhook target's address cannot be used.",
    solve: 'Use an https:// address without user name and password.',
  },
  TARGET_ADDRESS_FORBIDDEN: {
    status: 403,
    title: 'The webhook target leads to an address that is not public.',
    solve:
      'Use a public https:// address; receivers on this machine need webhooks.allowLoopback in the configuration, those in private networks an entry of webhooks.allowPrivate (`up --allow-private`).',
  },
  TARGET_PASSWORD_MISSING: {
    status: 422,
    title: 'The mail server is given a user and no password.',
    solve: 'Set it with `meterline target rotate <id> --secret-file <path>`, or leave out `user`.',
  },
  TARGET_SECRET_UNREADABLE: {
    status: 500,
    title: "The webhook target's secret cannot be opened.",
    solve: 'Apply the organisation file again, so that the secret is sealed with the key of this instance.',
  },
});
