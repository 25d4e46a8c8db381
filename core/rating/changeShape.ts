/** What a control change must look like before it is applied (SPEC §1.3): a list of fields with a test each, per kind. */
import { minorDigits } from '../money/currency.ts';
import { parseAmount, parseRational } from '../money/fixed.ts';
import type { ControlChange, GraduatedTier } from '../messages/control.ts';
import { isTimeZone } from '../time/period.ts';

type Test = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Test>>;

const text: Test = (value) => typeof value === 'string';
const flag: Test = (value) => typeof value === 'boolean';
const natural: Test = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const id: Test = (value) => natural(value) && (value as number) > 0;
const zone: Test = (value) => text(value) && isTimeZone(value as string);
const currency: Test = (value) => text(value) && minorDigits(value as string) !== undefined;
const integer: Test = (value) => text(value) && /^\d{1,26}$/.test(value as string) && /[1-9]/.test(value as string);
const amount: Test = (value) => text(value) && (parseAmount(value as string) ?? -1n) >= 0n;
const decimal: Test = (value) => text(value) && (parseRational(value as string)?.numerator ?? -1n) >= 0n;
const oneOf = (...values: readonly unknown[]): Test => (value) => values.includes(value); // prettier-ignore
const listOf = (test: Test): Test => (value) => Array.isArray(value) && value.every(test); // prettier-ignore
const like = (shape: Shape): Test => (value) => faultIn(value, shape) === undefined; // prettier-ignore

const tier = like({
  upTo: (bound) => bound === null || (decimal(bound) && parseRational(bound as string)!.numerator > 0n),
  unitPrice: decimal,
  flat: decimal,
});

/** Bounds ascend, and the last tier alone is open. */
function tiers(value: unknown): boolean {
  if (!Array.isArray(value) || !value.every(tier)) return false;
  const bounds = (value as readonly GraduatedTier[]).map(({ upTo }) => (upTo === null ? null : parseRational(upTo)!));
  return bounds.every((bound, i) => {
    if (bound === null || i === bounds.length - 1) return bound === null && i === bounds.length - 1;
    const before = bounds[i - 1];
    return before == null || before.numerator * bound.denominator < bound.numerator * before.denominator;
  });
}

const model: Test = (value) =>
  like({ kind: oneOf('perUnit'), unitPrice: decimal })(value) || like({ kind: oneOf('graduated'), tiers })(value);

const shapes: Readonly<Record<ControlChange['kind'], Shape>> = {
  tenant: { id: text, name: text, currency, timeZone: zone },
  producer: { id: text, type: oneOf('agent', 'gateway', 'importer'), enabled: flag, keys: listOf(like({ id: text, publicKey: text })) },
  account: { id, slug: text, name: text, parent: natural, timeZone: zone },
  ownership: { resource: text, account: natural, fromMs: natural },
  meter: {
    id: text, metric: text, unit: text, scale: oneOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), aggregation: oneOf('sum', 'timeWeighted'),
    filter: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(listOf(text)),
  },
  price: {
    id, key: text, version: natural, service: text, component: text, meter: text, currency, account: natural, effectiveFromMs: natural,
    tallyScope: oneOf('resource', 'account'), allowance: decimal, unit: like({ name: text, numerator: integer, denominator: integer }), model,
  },
  budget: {
    id: text, account: natural, amount, currency, targets: listOf(text), enabled: flag,
    thresholds: listOf(like({ percent: decimal, action: oneOf('notify', 'throttle', 'block') })),
  },
  budgetReset: { budget: text },
}; // prettier-ignore

function faultIn(value: unknown, shape: Shape): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object';
  const bad = Object.keys(shape).find((field) => !shape[field]!((value as Record<string, unknown>)[field]));
  return bad === undefined
    ? undefined
    : `${bad} is ${JSON.stringify((value as Record<string, unknown>)[bad]) ?? 'missing'}`;
}

/** What is wrong with a change's fields, or undefined. */
export function changeFault(change: unknown): string | undefined {
  const { kind } = (change ?? {}) as { readonly kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) return `unknown change ${JSON.stringify(kind) ?? ''}`;
  const fault = faultIn(change, shapes[kind as ControlChange['kind']]);
  return fault === undefined ? undefined : `${kind}: ${fault}`;
}
