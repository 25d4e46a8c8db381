import { z } from 'zod';
import { apply } from '#core/credits/machine.ts';
import { recurringGrants } from '#core/credits/recurring.ts';
import type { CreditEvent, CreditRow, Grant } from '#core/credits/records.ts';
import { newCredits } from '#core/credits/state.ts';
import { fromScaled } from '#core/money/rational.ts';
import { decimal, instantMs, integer, maybe, moment, words, zoneFields, zoneOf } from '../fields.ts';
import { form, type Family } from '../family.ts';
import { chargeAt, unit } from '../credits.ts';
import { text } from '../price.ts';
import { interval } from './period.ts';

/** "30d", "100y". */
const span = z
  .string()
  .regex(/^\d{1,4}[hdwmy]$/, 'is not a length of time')
  .transform((written) => {
    const count = Number(written.slice(0, -1));
    const units = { h: 'hours', d: 'days', w: 'weeks', m: 'months', y: 'years' } as const;
    return { [units[written.at(-1) as 'h']]: count };
  });

const grantFields = z.strictObject({
  id: z.string(),
  amount: decimal,
  priority: maybe(integer),
  effectiveAt: moment,
  expiresAfter: maybe(span),
  expiresAt: maybe(moment),
  endedAt: maybe(moment),
  recurs: maybe(interval),
  anchor: maybe(moment),
});
type GrantFields = z.output<typeof grantFields>;

/** Grants by their priority, then expiry, then creation; usage that none covers is overage until one takes effect. */
const burnDown = form(
  z.strictObject({ ...words, ...zoneFields }),
  z.strictObject({
    start: moment,
    until: moment,
    grants: z.array(grantFields),
    usage: z.array(z.tuple([moment, decimal])),
  }),
  (fields, { start, until, grants, usage }) => {
    const zone = zoneOf(fields);
    const ms = (at: string) => instantMs(at, zone);
    const state = newCredits();
    const rows: CreditRow[] = [];
    const take = (event: CreditEvent): void => {
      const { rows: made, problems } = apply(state, event);
      if (problems.length > 0) throw new RangeError(`grant: ${problems[0]!.expected}`);
      rows.push(...made);
    };
    const firstMs = Math.min(ms(start), ...grants.map(({ effectiveAt }) => ms(effectiveAt)));
    const instances = grants.map((one, index) => ({ one, given: instancesOf(one, index, ms(until), ms) }));
    for (const grant of instances.flatMap(({ given }) => given)) take({ kind: 'grant', atMs: firstMs, grant });
    const events = [
      ...usage.map(([at, amount], index) => chargeAt(ms(at), index, amount)),
      ...instances.flatMap(({ one: { endedAt }, given }) => (endedAt === undefined ? [] : endsOf(given, ms(endedAt)))),
    ].toSorted((a, b) => a.atMs - b.atMs);
    for (const event of events) if (event.atMs < ms(until)) take(event);
    // As the time ends: what expires or begins with its last moment has not done so yet.
    take({ kind: 'tick', atMs: Math.max(firstMs, ms(until) - 1) });
    const overage = (counts: (row: CreditRow) => boolean) =>
      fromScaled(
        rows.filter((row) => row.reason === 'overage' && counts(row)).reduce((sum, row) => sum + row.amount, 0n),
        12,
      );
    const laterMs = Math.min(...grants.map(({ effectiveAt }) => ms(effectiveAt)).filter((at) => at > ms(start)));
    return {
      balances: Object.fromEntries(
        instances.map(({ one, given }) => {
          const held = given
            .flatMap(({ id }) => state.grants.get(id) ?? [])
            .filter(({ status }) => status === 'active');
          return [
            one.id,
            fromScaled(
              held.reduce((sum, { left }) => sum + left, 0n),
              12,
            ),
          ];
        }),
      ),
      overage: overage(() => true),
      overageWhenGrantStarts: overage(({ atMs, amount }) => atMs < laterMs || (atMs === laterMs && amount > 0n)),
    };
  },
);

/** Ended: what has begun is taken away, what would begin later never does. */
const endsOf = (given: readonly Grant[], atMs: number): CreditEvent[] =>
  given
    .filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > atMs)
    .map(({ id }) => ({ kind: 'void', atMs, grant: id }));

function instancesOf(one: GrantFields, index: number, untilMs: number, ms: (at: string) => number): Grant[] {
  const effectiveAtMs = ms(one.effectiveAt);
  const begins = Temporal.Instant.fromEpochMilliseconds(effectiveAtMs).toZonedDateTimeISO('UTC');
  const expiresAtMs =
    one.expiresAt !== undefined
      ? ms(one.expiresAt)
      : one.expiresAfter === undefined
        ? null
        : begins.add(one.expiresAfter).epochMilliseconds;
  const grant: Grant = {
    // Of grants alike the one that comes first in the list is the older.
    id: `${String(index).padStart(4, '0')} ${one.id}`,
    account: 1,
    kind: 'prepaid',
    unit,
    amount: text(one.amount),
    priority: one.priority ?? 1,
    scope: {},
    effectiveAtMs,
    expiresAtMs,
    graceMs: 0,
    coversOverage: true,
    blocks: false,
  };
  if (one.recurs === undefined) return [grant];
  const { unit: of, every } = one.recurs;
  const lengths = {
    day: { days: 1 },
    week: { weeks: 1 },
    month: { months: 1 },
    quarter: { months: 3 },
    halfYear: { months: 6 },
    year: { years: 1 },
  };
  const length = Temporal.Duration.from(lengths[of]);
  const anchor = Temporal.Instant.fromEpochMilliseconds(ms(one.anchor ?? one.effectiveAt)).toZonedDateTimeISO('UTC');
  const start = (count: number): number => {
    const by = count * every;
    return anchor.add({
      days: length.days * by,
      weeks: length.weeks * by,
      months: length.months * by,
      years: length.years * by,
    }).epochMilliseconds;
  };
  let count = 0;
  while (start(count - 1) > effectiveAtMs) count -= 1;
  const starts: number[] = [];
  for (; start(count) < untilMs; count += 1) starts.push(start(count));
  return recurringGrants(grant, starts);
}

export const credits: Family = { area: 'balances', forms: [burnDown], exceptions: [] };
