/** SPEC §9.2.3: what agreements of one root account and currency must not be together. */
import type { AgreementRecord } from '../../messages/agreement.ts';
import { unitOf, unitPeriodAt } from '../billingUnit.ts';
import type { Tenant } from '../state.ts';

/** The newest version of each key, of one root account and currency. */
export function agreementsOf(tenant: Tenant, unit: number, currency: string): AgreementRecord[] {
  const newest = new Map([...tenant.agreements.values()].map((agreement) => [agreement.key, agreement]));
  return [...newest.values()].filter(
    (agreement) => unitOf(tenant, agreement.account) === unit && agreement.currency === currency,
  );
}

/** Root accounts and currencies that have any. */
export function unitsWithAgreements(tenant: Tenant): { readonly unit: number; readonly currency: string }[] {
  const units = [...tenant.agreements.values()].map(({ account, currency }) => ({
    unit: unitOf(tenant, account),
    currency,
  }));
  return [...new Map(units.map((one) => [`${one.unit} ${one.currency}`, one])).values()];
}

export function areSoundTogether(tenant: Tenant): boolean {
  return unitsWithAgreements(tenant).every(({ unit, currency }) => {
    const agreements = agreementsOf(tenant, unit, currency);
    const pairs = agreements.flatMap((a, i) => agreements.slice(0, i).map((b) => [a, b] as const));
    return (
      agreements.length <= 1000 &&
      agreements.every((one) => namesOthers(one, agreements) && isOfWholePeriods(tenant, unit, one)) &&
      pairs.every(([a, b]) => !areTwins(a, b) || !isOverlap(tenant, unit, a, b))
    );
  });
}

function namesOthers({ key, terms }: AgreementRecord, all: readonly AgreementRecord[]): boolean {
  if (terms.kind !== 'discount') return true;
  const others = all.filter((other) => other.terms.kind === 'discount' && other.key !== key);
  return (terms.notWith ?? []).every((name) => others.some((other) => other.key === name));
}

function isOfWholePeriods(tenant: Tenant, unit: number, { terms }: AgreementRecord): boolean {
  if (terms.kind !== 'commitment') return true;
  const ends = terms.segments.flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
  return ends.every((atMs) => unitPeriodAt(tenant, unit, atMs).startMs === atMs);
}

/** Two places with one number, or two bounds of one account and scope. */
function areTwins({ account, terms: a }: AgreementRecord, { account: other, terms: b }: AgreementRecord): boolean {
  if (a.kind === 'discount' && b.kind === 'discount') return a.order === b.order;
  if (a.kind !== 'bound' || b.kind !== 'bound' || account !== other) return false;
  const words = ({ scope }: typeof a) =>
    JSON.stringify(Object.entries(scope).sort(([left], [right]) => (left < right ? -1 : 1)));
  return words(a) === words(b);
}

/** Whether some period has a part of both. */
function isOverlap(tenant: Tenant, unit: number, a: AgreementRecord, b: AgreementRecord): boolean {
  if (isEmpty(a) || isEmpty(b)) return false;
  const [from, to] = [Math.max(a.fromMs, b.fromMs), Math.min(a.toMs ?? Infinity, b.toMs ?? Infinity)];
  if (from < to) return true;
  // One ends before the other begins: in the same period all the same?
  return unitPeriodAt(tenant, unit, to - 1).startMs === unitPeriodAt(tenant, unit, from).startMs;
}

export const isEmpty = ({ fromMs, toMs }: AgreementRecord): boolean => toMs !== null && toMs <= fromMs;
