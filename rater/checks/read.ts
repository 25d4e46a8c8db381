/** Reads what services send: everything about a request that can be told without the state. */
import { z } from 'zod';
import { holdLimits } from '#core/holds/limits.ts';
import type { AskedUsage, CheckVerb } from '#core/messages/checks.ts';
import { idPattern, resourcePattern } from '#core/messages/names.ts';
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
/** "05.0" and "5" are the same. */
const canonical = (text: string): string =>
  text
    .replace(/^0+(?=\d)/, '')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');

/** Room is asked for as an amount, or as a quantity of a meter that the rater prices. */
const room = {
  amount: amount.optional(),
  currency: currency.optional(),
  service: text.optional(),
  meter: text.optional(),
  quantity: z
    .string()
    .max(checkLimits.textMax)
    .regex(/^\d+(\.\d+)?$/, 'expected decimal text from 0')
    .transform(canonical)
    .optional(),
  unit: text.optional(),
  dims: z
    .record(text, z.string().max(checkLimits.textMax))
    .refine((dims) => Object.keys(dims).length <= holdLimits.dimsMax, `expected at most ${holdLimits.dimsMax}`)
    .optional(),
  resource: z.string().regex(resourcePattern, 'expected a resource').optional(),
};
type Room = { readonly [Field in keyof typeof room]?: z.infer<(typeof room)[Field]> };

/** What goes with the one does not go with the other. */
const oneOf = (needed: readonly (keyof Room)[]) => (asked: Room, context: z.RefinementCtx) => {
  const tell = (field: keyof Room, message: string) => context.addIssue({ code: 'custom', path: [field], message });
  const [wrong, what] =
    asked.meter === undefined
      ? ([['quantity', 'unit', 'dims', 'resource'], 'goes with a meter'] as const)
      : ([['amount', 'currency', 'service'], 'follows from what the meter costs: leave it out'] as const);
  for (const field of wrong) if (asked[field] !== undefined) tell(field, what);
  for (const field of asked.meter === undefined ? needed : (['quantity'] as const))
    if (asked[field] === undefined) tell(field, 'is missing');
  if (asked.amount === '0' && needed.includes('amount')) tell('amount', 'expected more than 0');
};

const expiresInMs = z.int().min(holdLimits.expiresInMsMin).max(holdLimits.expiresInMsMax);

/** What each verb is asked with. */
export const checkShapes = {
  check: z.strictObject({ account, ...room }).superRefine(oneOf([])),
  hold: z.strictObject({ key, account, ...room, expiresInMs }).superRefine(oneOf(['amount', 'currency'])),
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

/** What is asked about usage; undefined where it is about an amount. */
export function usageOf({ meter, quantity, unit, dims, resource }: Room): AskedUsage | undefined {
  if (meter === undefined) return undefined;
  return {
    meter,
    quantity: quantity!,
    ...(unit === undefined ? {} : { unit }),
    ...(dims === undefined
      ? {}
      : { dims: Object.fromEntries(Object.entries(dims).sort(([a], [b]) => (a < b ? -1 : 1))) }),
    ...(resource === undefined ? {} : { resource }),
  };
}

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
