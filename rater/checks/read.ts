/** Reads what services send: everything about a request that can be told without the state. */
import { z } from 'zod';
import { holdLimits } from '#core/holds/limits.ts';
import type { CheckVerb } from '#core/messages/checks.ts';
import { idPattern } from '#core/messages/names.ts';
import { formatAmount, parseAmount } from '#core/money/fixed.ts';
import { checkError } from './errors.ts';
import { checkLimits } from './limits.ts';

const text = z.string().min(1).max(checkLimits.textMax);
/** Canonical decimal text: "5.0" and "5" are the same request. */
const amount = z.string().max(checkLimits.textMax).transform((given, context) => {
  const value = parseAmount(given);
  if (value !== undefined && value >= 0n && value < 10n ** 27n) return formatAmount(value);
  context.addIssue({ code: 'custom', message: 'expected decimal text from 0 to below 10^15, at most 12 decimals' });
  return z.NEVER;
}); // prettier-ignore
const key = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'expected 1 to 100 of A-Z a-z 0-9 . _ : -');
const account = z.union([z.int().positive(), text]);
const currency = z.string().min(3).max(40);

/** What each verb is asked with. */
export const checkShapes = {
  check: z.strictObject({
    account,
    amount: amount.default('0'),
    currency: currency.optional(),
    service: text.optional(),
  }),
  hold: z.strictObject({
    key,
    account,
    amount: amount.refine((value) => value !== '0', 'expected more than 0'),
    currency,
    service: text.optional(),
    expiresInMs: z.int().min(holdLimits.expiresInMsMin).max(holdLimits.expiresInMsMax),
  }),
  commit: z.strictObject({
    hold: key,
    amount: amount.optional(),
    keepForMs: z.int().min(0).max(holdLimits.keepForMsMax).default(holdLimits.keepForMs),
  }),
  release: z.strictObject({ hold: key }),
  'desired-state': z.strictObject({
    target: z.string().regex(idPattern, 'expected a target').optional(),
    account: account.optional(),
  }),
} as const satisfies Record<CheckVerb, z.ZodType>;

export type Asked<Verb extends CheckVerb> = z.infer<(typeof checkShapes)[Verb]>;

/** Throws CHECK_REQUEST_INVALID, with every fault and its path. */
export function readRequest<Verb extends CheckVerb>(verb: Verb, value: unknown): Asked<Verb> {
  const parsed = checkShapes[verb].safeParse(value);
  if (parsed.success) return parsed.data as Asked<Verb>;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(body)'}: ${message}`);
  throw checkError('CHECK_REQUEST_INVALID', faults.join('; '), { faults });
}

/** JSON of a bounded length. */
export function readJson(bytes: Uint8Array): unknown {
  if (bytes.length > checkLimits.bodyBytesMax)
    throw checkError(
      'CHECK_REQUEST_INVALID',
      `It has ${bytes.length} bytes, at most ${checkLimits.bodyBytesMax} are read.`,
    );
  try {
    return bytes.length === 0 ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw checkError('CHECK_REQUEST_INVALID', 'It is not JSON.', { faults: ['(body): expected JSON'] });
  }
}
