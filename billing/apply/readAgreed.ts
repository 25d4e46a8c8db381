/** Fees and agreements: what is owed by time, and what was agreed on above the price list. */
import type { TenantRecord } from '#core/messages/control.ts';
import type { Problem } from '#core/fees/problems.ts';
import { checkFeeRecord } from '#core/fees/feeRecord.ts';
import { checkAgreement } from '#core/spend/agreements.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import { locate } from './locate.ts';
import type { Wanted, WantedAgreed } from './organisation.ts';
import { isComplete, leaveOut, readRef, unique } from './parts.ts';
import { readChargedIn } from './pricingUnits.ts';
import { recordOf, tellProblems } from './recordForm.ts';
import { slugShape } from './shapes.ts';
import type { Node } from './yaml.ts';

const entriesMax = 10_000;
const common = ['key', 'version', 'service', 'component', 'account', 'currency', 'terms'] as const;

interface AgreedContext {
  readonly tenant: TenantRecord | undefined;
  readonly timeZone: string;
}

type Kind = WantedAgreed['kind'];
type Plain = Readonly<Record<string, unknown>>;

const forms: Readonly<Record<Kind, { readonly section: string; readonly fields: readonly string[]; readonly check: (record: unknown) => Problem[]; readonly full: (record: Plain) => Plain }>> = {
  fee: { section: 'fees', fields: ['calendar', 'allocation', 'plan', 'contract'], check: checkFeeRecord, full: fullFee },
  agreement: { section: 'agreements', fields: ['from', 'to', 'name'], check: checkAgreement, full: fullAgreement },
}; // prettier-ignore

/** A section of the file, each entry checked by itself as the core checks it. */
export function readAgreed(
  kind: Kind,
  file: Fields,
  { tenant, timeZone }: AgreedContext,
  faults: Faults,
): Wanted<WantedAgreed>[] {
  const { section, fields: own, check, full } = forms[kind];
  const read = file.list(section, entriesMax).flatMap((entry) => {
    const fields = Fields.of(entry, [...common, ...own], faults);
    if (fields === undefined) return [];
    const chargedIn = readChargedIn(fields, tenant, faults);
    const named = { key: fields.text('key', slugShape), account: readRef(fields, 'account', slugShape) };
    const version = fields.integer('version', { min: 1, max: 100_000, otherwise: 1 });
    if (version === undefined || !isComplete(named)) return leaveOut(entry, faults);
    const said = full({
      ...(recordOf(entry, timeZone) as Plain),
      version,
      currency: chargedIn?.name ?? (tenant?.currency || 'EUR'),
    });
    // Its number and that of its account are known later.
    const problems = check({ ...said, id: 1, account: 1 });
    tellProblems(problems.flatMap(asWritten(entry)), entry, faults);
    if (problems.length > 0) return leaveOut(entry, faults);
    const { account: _, ...record } = said;
    return [
      { kind, version, ...named, chargedIn, record: record as WantedAgreed['record'], entry, at: fields.atOf('key') },
    ];
  });
  return unique(read, (agreed) => `${agreed.key} version ${agreed.version}`, faults);
}

/** Problems of one amount that the file gives without a date: at the amount itself, and the date is that of the term. */
const asWritten =
  (entry: Node) =>
  (problem: Problem): Problem[] => {
    const isShort = locate(entry, 'terms.amount').node !== undefined;
    if (!isShort || !problem.path.startsWith('terms.amounts')) return [problem];
    return problem.path.endsWith('fromMs') ? [] : [{ ...problem, path: 'terms.amount' }];
  };

const isRecord = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is mostly the same may be left out: months, an open end, no pauses; one amount is owed from the beginning of the term. */
function fullFee(fee: Plain): Plain {
  const calendar = fee['calendar'] ?? { kind: 'calendar', interval: 'month' };
  const { terms } = fee;
  if (!isRecord(terms) || terms['kind'] !== 'recurring' || !isRecord(terms['term'])) return { ...fee, calendar };
  const term = { toMs: null, pauses: [], ...terms['term'] };
  const { amount, ...rest } = terms;
  const amounts = amount === undefined ? {} : { amounts: [{ fromMs: terms['term']['fromMs'], amount }] };
  return { ...fee, calendar, terms: { ...amounts, ...rest, term } };
}

/** An open end, the component as its name, and a price or plan that lies in no plan or contract may be left out. */
function fullAgreement(agreement: Plain): Plain {
  const { terms } = agreement;
  const full = { toMs: null, name: agreement['component'], ...agreement };
  if (!isRecord(terms) || terms['kind'] !== 'bound' || !isRecord(terms['scope'])) return full;
  const { scope } = terms;
  const none =
    scope['kind'] === 'price' ? { plan: '', contract: '' } : scope['kind'] === 'plan' ? { contract: '' } : {};
  return { ...full, terms: { ...terms, scope: { ...none, ...scope } } };
}
