import { isIP } from 'node:net';
import { isDate } from '#core/time/dates.ts';
import { idPattern } from '#core/messages/names.ts';
import { classifyAddress } from '#platform/addresses.ts';
import { billingLimits } from '../limits.ts';

/** What a text must look like, and how to say so. */
export interface Shape {
  fits(text: string): boolean;
  readonly expected: string;
}

export const matching = (pattern: RegExp, expected: string): Shape => ({
  fits: (text) => pattern.test(text),
  expected,
});

/** No control characters, for names end up in logs and documents; no half of a surrogate pair, for it is no text. */
export const nameShape = matching(
  new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${billingLimits.nameLengthMax}}$`, 'u'),
  `1 to ${billingLimits.nameLengthMax} characters on one line`,
);

export const dateShape: Shape = { fits: isDate, expected: 'a day, such as 2026-11-23' };

export const idShape = matching(idPattern, 'lower-case letters, digits and hyphens, 1 to 36 characters');

export const slugShape = matching(
  /^[a-z0-9][a-z0-9-]{0,62}$/,
  'lower-case letters, digits and hyphens, 1 to 63 characters, no hyphen first',
);

export const userShape = matching(
  /^[a-z0-9][a-z0-9._@+-]{0,62}$/,
  'lower-case letters, digits and . _ @ + -, such as anna or anna@example.org',
);

export const webhookUrlShape: Shape = {
  fits(text) {
    if (text.length > 2000 || !/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return false;
    const { protocol, hostname, username, password, hash } = new URL(text);
    if (username !== '' || password !== '' || hash !== '') return false;
    // A name is judged by what it resolves to, when something is sent; what can never be used is refused now.
    const host = hostname.replace(/^\[|\]$/g, '');
    const found = isIP(host) === 0 ? undefined : classifyAddress(host);
    if (protocol === 'http:') return host === 'localhost' || found === 'loopback';
    return protocol === 'https:' && found !== 'closed';
  },
  expected:
    'a public https address (a private one where the operator gives leave), or one of this machine, without user, password or fragment',
};

export const mailServerShape: Shape = {
  fits(text) {
    const url = /^smtps?:\/\/[\x21-\x7e]{1,300}$/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || url.hostname === '' || url.username !== '' || url.password !== '') return false;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    return (isIP(host) === 0 || classifyAddress(host) !== 'closed') && /^smtps?:\/\/[^/?#]+$/.test(text);
  },
  expected:
    'a mail server such as smtp://mail.example.org:587 (STARTTLS) or smtps://mail.example.org:465, without user and password',
};

export const mailAddressShape = matching(
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/,
  'a mail address such as finance@example.org',
);

/** A dimension, or a value of one. */
export const valueShape = matching(/^[^\p{Cc}\p{Cs}]{1,200}$/u, '1 to 200 characters on one line');
