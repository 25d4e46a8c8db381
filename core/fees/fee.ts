import type { FeeRecord } from '../messages/fee.ts';
import type { RecurringFee } from './records.ts';

/** A version of a fee, ready to be worked out. */
export interface Fee {
  readonly record: FeeRecord;
  /** That of its account. */
  readonly timeZone: string;
  /** For recurring terms. */
  readonly recurring: RecurringFee | undefined;
}

export function feeOf(record: FeeRecord, timeZone: string): Fee {
  const { key: id, currency, terms } = record;
  if (terms.kind !== 'recurring') return { record, timeZone, recurring: undefined };
  const { kind: _, ...fields } = terms;
  return { record, timeZone, recurring: { ...fields, id, currency, timeZone } };
}
