/** Agreements among the master data: the newest of each key, checked together (SPEC §9.2). */
import type { AgreementRecord } from '../../messages/agreement.ts';
import { Check, toldOf } from '../../fees/problems.ts';
import { checkTogether } from '../../spend/agreements.ts';
import { compareText } from '../attribution.ts';
import { unitOf, unitPeriodAt } from '../billingUnit.ts';
import { ControlFault } from '../controlFault.ts';
import type { Account, Master } from '../state.ts';
import { unitKey } from './unitKey.ts';

/** Throws ControlFault with all that agreements get wrong together. Lists that are as before stay the same objects. */
export function groupedAgreements(
  { agreements, accounts }: Pick<Master, 'agreements' | 'accounts'>,
  before: Master['agreementsByUnit'],
): Master['agreementsByUnit'] {
  const newest = new Map<string, AgreementRecord>();
  for (const record of agreements.values()) newest.set(record.key, record);
  const unitOfRecord = ({ account }: AgreementRecord) => unitOf(accounts.get(account)!);
  const groups = Map.groupBy(newest.values(), (record) => unitKey(unitOfRecord(record), record.currency));
  return new Map(
    [...groups].map(([key, group]) => {
      const list = group.toSorted((a, b) => compareText(a.key, b.key));
      const known = before.get(key);
      const isSame = known?.length === list.length && list.every((record, i) => record === known[i]);
      if (!isSame) requireSound(list, unitOfRecord(list[0]!));
      return [key, isSame ? known : list];
    }),
  );
}

function requireSound(list: readonly AgreementRecord[], unit: Account): void {
  const checks = new Map(list.map((record) => [record, new Check()]));
  checkTogether(
    list,
    (atMs) => unitPeriodAt(unit, atMs),
    (record) => checks.get(record)!,
  );
  const told = [...checks].flatMap(([{ key }, { problems }]) =>
    problems.length === 0 ? [] : [`agreement ${key}: ${toldOf(problems)}`],
  );
  if (told.length > 0) throw new ControlFault(told.join('; '));
}
