/** Agreements as they are published: what is wrong with one, and with those of one root account and currency together. */
import type { AgreementRecord } from '../messages/agreement.ts';
import type { Period } from '../fees/records.ts';
import { Check, type Problem } from '../fees/problems.ts';
import type { Shape } from '../fees/shape.ts';
import { boundFields, checkBound, scopeKey, type SpendBound } from './bounds.ts';
import { checkCommitted, commitmentFields, type Commitment } from './commitment.ts';
import { checkDiscount, checkNames, checkOrder, discountFields, type Discount } from './discountRecords.ts';

/** Agreements of one root account and currency. */
export const agreementsMax = 1000;

/** Characters of a key. A slash parts it from the segment of a commitment where rows name it. */
const keyPattern = /^[^/]{1,200}$/;

const agreementShape: Shape = {
  record: {
    id: 'number',
    key: 'text',
    version: 'number',
    service: 'text',
    component: 'text',
    currency: 'text',
    account: 'account',
    fromMs: 'number',
    toMs: { nullable: 'number' },
    name: 'text',
    terms: { kinds: { discount: discountFields, commitment: commitmentFields, bound: boundFields } },
  },
};

type Of<Kind> = Extract<AgreementRecord['terms'], { readonly kind: Kind }>;

export const discountOf = ({ key: id, account, fromMs, toMs }: AgreementRecord, terms: Of<'discount'>): Discount => {
  const { kind: _, ...rest } = terms;
  return { id, account, fromMs, toMs, ...rest };
};

export const commitmentOf = ({ key: id, account }: AgreementRecord, terms: Of<'commitment'>): Commitment => {
  const { kind: _, ...rest } = terms;
  return { id, account, ...rest };
};

export const boundOf = ({ key: id, account }: AgreementRecord, terms: Of<'bound'>): SpendBound => {
  const { kind: _, ...rest } = terms;
  return { id, account, ...rest };
};

/** Every fault of an agreement by itself; it may be anything. Never throws. */
export function checkAgreement(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, agreementShape)) return check.problems;
  const agreement = value as AgreementRecord;
  const { id, key, version, currency, terms } = agreement;
  for (const [field, number, least] of [['id', id, 1], ['version', version, 0]] as const)
    check.at(field).that(Number.isSafeInteger(number) && number >= least, number, `a whole number, ${least} or more`); // prettier-ignore
  check.at('key').that(keyPattern.test(key), key, '1 to 200 characters without a slash');
  check.at('currency').chargedIn(currency);
  check.span(agreement);
  const here = check.at('terms');
  if (terms.kind === 'discount') checkDiscount(here, terms);
  else if (terms.kind === 'commitment') checkCommitted(here, terms);
  else checkBound(here, terms, key);
  return check.problems;
}

/** The billing periods that an agreement is dated to, from the first's start to the last's end; undefined for none. */
export function periodsOf(
  { fromMs, toMs }: Pick<AgreementRecord, 'fromMs' | 'toMs'>,
  periodAt: (atMs: number) => Period,
): Period | undefined {
  if (toMs !== null && toMs <= fromMs) return undefined;
  return { startMs: periodAt(fromMs).startMs, endMs: toMs === null ? Infinity : periodAt(toMs - 1).endMs };
}

/**
 * What agreements of one root account and currency get wrong together, each sound by itself and the newest of its key: `checkOf`
 * gives where the faults of one are told. `periodAt`: the billing period of the root account that holds an instant.
 */
export function checkTogether(
  agreements: readonly AgreementRecord[],
  periodAt: (atMs: number) => Period,
  checkOf: (agreement: AgreementRecord) => Check,
): void {
  const dated = agreements.flatMap((agreement) => {
    const periods = periodsOf(agreement, periodAt);
    return periods === undefined ? [] : [{ agreement, periods }];
  });
  const names = new Set(agreements.flatMap(({ key, terms }) => (terms.kind === 'discount' ? [key] : [])));
  agreements.forEach((agreement, index) => {
    const isWithinLimit = index < agreementsMax;
    checkOf(agreement).that(isWithinLimit, agreement.key, `one of at most ${agreementsMax}`, 'LIMIT_EXCEEDED');
    const { terms } = agreement;
    const here = checkOf(agreement).at('terms');
    if (terms.kind === 'discount') checkNames(here, discountOf(agreement, terms), names);
    if (terms.kind === 'commitment') checkSegments(here.at('segments'), terms, periodAt);
  });
  dated.forEach(({ agreement, periods }, index) => {
    const { terms } = agreement;
    const others = dated
      .slice(0, index)
      .filter((other) => other.periods.startMs < periods.endMs && periods.startMs < other.periods.endMs)
      .map((other) => other.agreement);
    const here = checkOf(agreement).at('terms');
    if (terms.kind === 'discount')
      checkOrder(here, terms, others.flatMap((other) => (other.terms.kind === 'discount' ? [discountOf(other, other.terms)] : []))); // prettier-ignore
    if (terms.kind === 'bound') {
      const key = scopeKey(boundOf(agreement, terms));
      const twin = others.find(
        (other) => other.terms.kind === 'bound' && scopeKey(boundOf(other, other.terms)) === key,
      );
      here
        .at('scope')
        .that(twin === undefined, agreement.key, `the only bound of its account and scope beside ${twin?.key}`, 'ID_TWICE'); // prettier-ignore
    }
  });
}

/** A period draws on one segment: segments are of whole periods. */
function checkSegments(
  segments: Check,
  { segments: list }: Of<'commitment'>,
  periodAt: (atMs: number) => Period,
): void {
  list.forEach(({ fromMs, toMs }, index) => {
    for (const [field, atMs] of [
      ['fromMs', fromMs],
      ['toMs', toMs],
    ] as const) {
      const { startMs } = periodAt(atMs);
      segments.at(index).at(field).that(atMs === startMs, atMs, `an instant at which a billing period begins, such as ${startMs}`); // prettier-ignore
    }
  });
}
