import type { AgreementRecord, FeeRecord } from '#core/messages/control.ts';
import { dueCount } from '#core/fees/dues.ts';
import { feeOf } from '#core/fees/fee.ts';
import { feeLimits } from '#core/fees/feeRecord.ts';
import { Check } from '#core/fees/problems.ts';
import { checkTogether } from '#core/spend/agreements.ts';
import { periodAt } from '#core/time/period.ts';
import type { Faults } from './faults.ts';
import { compare, keeps, sameValue, type Item } from './item.ts';
import type { Organisation, Wanted, WantedAgreed } from './organisation.ts';
import type { OwnershipContext } from './planOwnership.ts';
import { tellProblems } from './recordForm.ts';

/** Versions of fees and agreements, whose numbers go on from `lastId`: prices draw from the same. */
export interface AgreedContext<Agreed> extends OwnershipContext {
  readonly published: readonly Agreed[];
  readonly lastId: number;
}

/** What all versions share. */
const shared = ['account', 'currency'] as const;

export function planAgreed<Agreed extends FeeRecord | AgreementRecord>(
  wanted: readonly Wanted<WantedAgreed>[],
  { published, lastId: last, accountIds }: AgreedContext<Agreed>,
  faults: Faults,
): Item<Agreed>[] {
  let lastId = last;
  const newest = new Map<string, Agreed>();
  for (const record of published) newest.set(record.key, record);
  return wanted
    .toSorted((a, b) => a.version - b.version)
    .flatMap(({ key, version, account: ref, record, at }): Item<Agreed>[] => {
      const account = accountIds.get(ref.name);
      if (account === undefined) {
        faults.unknown(ref, 'the slug of an account');
        return [];
      }
      const named = `${key} v${version}`;
      const before = published.find((known) => known.key === key && known.version === version);
      const after = { ...record, id: before?.id ?? lastId + 1, account } as Agreed;
      if (before !== undefined) {
        const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof Agreed & string)[];
        keeps(before, after, fields, { code: 'AGREED_FIXED', at, faults });
        return [compare(named, before, after)];
      }
      lastId += 1;
      const previous = newest.get(key);
      const expected = (previous?.version ?? 0) + 1;
      if (version !== expected) faults.add('VERSION_GAP', at, `version ${version}`, `version ${expected}`);
      if (previous !== undefined) keeps(previous, after, shared, { code: 'AGREED_FIXED', at, faults });
      if (previous !== undefined && 'fromMs' in previous && previous.terms.kind !== after.terms.kind)
        faults.add('AGREED_FIXED', at, after.terms.kind, `${previous.terms.kind}, as in the version before`);
      newest.set(key, after);
      return [compare<Agreed>(named, undefined, after)];
    });
}

/** A version is held against the one before over all that was due of either: the rater rejects what would take it too long. */
export function checkDues(
  wanted: Pick<Organisation, 'fees'>,
  items: readonly Item<FeeRecord>[],
  { published, nowMs }: { readonly published: readonly FeeRecord[]; readonly nowMs: number },
  zoneOf: (account: number) => string,
  faults: Faults,
): void {
  for (const { after, status } of items) {
    const versions = [after, ...published.filter(({ key }) => key === after.key)];
    if (
      status !== 'added' ||
      versions.every((fee) => dueCount(feeOf(fee, zoneOf(fee.account)), nowMs) <= feeLimits.periodsDueMax)
    )
      continue;
    const { at } = wanted.fees.find(({ key, version }) => key === after.key && version === after.version)!;
    const limit = `a fee of which at most ${feeLimits.periodsDueMax} periods, times its parts, were due by now; what is owed from now on goes under another key`;
    faults.add('VALUE_INVALID', at, after.key, limit);
  }
}

/** What agreements of one root account and currency get wrong together, the newest of each key. */
export function checkAgreements(
  wanted: Pick<Organisation, 'agreements'>,
  items: readonly Item<AgreementRecord>[],
  { published }: { readonly published: readonly AgreementRecord[] },
  rootOf: (account: number) => { readonly id: number; readonly timeZone: string },
  faults: Faults,
): void {
  const newest = new Map<string, AgreementRecord>();
  for (const record of [...published, ...items.map(({ after }) => after)]) {
    const known = newest.get(record.key);
    if (known === undefined || known.version <= record.version) newest.set(record.key, record);
  }
  const units = Map.groupBy(newest.values(), (record) => `${rootOf(record.account).id} ${record.currency}`);
  for (const group of units.values()) {
    const { timeZone } = rootOf(group[0]!.account);
    const checks = new Map(group.map((record) => [record, new Check()]));
    checkTogether(group, (atMs) => periodAt(atMs, timeZone), (record) => checks.get(record)!); // prettier-ignore
    for (const [record, { problems }] of checks) {
      const entry = wanted.agreements.find(({ key, version }) => key === record.key && version === record.version);
      const isNew = items.some(({ after, status }) => status === 'added' && sameValue(after, record));
      if (entry !== undefined && isNew) tellProblems(problems, entry.entry, faults);
    }
  }
}
