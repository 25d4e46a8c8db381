/** Fees that are owed once, or in parts. */
import { allocate } from '../money/allocate.ts';
import { AMOUNT_SCALE, formatAmount, parseAmount, pow10, type AmountPico } from '../money/fixed.ts';
import { exact } from './exact.ts';
import { assertSound, Check, digitsOf, type Problem } from './problems.ts';
import type { FeeRow, Period } from './records.ts';
import type { Shape } from './shape.ts';

export interface OneTimeFee {
  readonly id: string;
  readonly currency: string;
  readonly amount: string;
  readonly atMs: number;
}

export interface InstallmentPlan {
  readonly id: string;
  readonly currency: string;
  readonly total: string;
  /** When each part falls due, ascending; as many parts as dates. */
  readonly dueAtMs: readonly number[];
  /** Weights of the parts as decimal text (30, 30, 40); equal when absent. */
  readonly weights?: readonly string[];
  /** Decimals that a part has; those of the currency's minor unit when absent. */
  readonly decimals?: number;
  /** When the plan is ended early: the rest falls due at once, or lapses. */
  readonly onEnd: 'due' | 'lapse';
}

export const installmentsMax = 1200;

/** Every fault of a one-time fee, which may be anything; a negative amount is a credit. Never throws. */
export function checkOneTime(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, { record: { id: 'text', currency: 'text', amount: 'text', atMs: 'number' } }))
    return check.problems;
  const fee = value as OneTimeFee;
  check.at('currency').chargedIn(fee.currency);
  check.at('amount').decimal(fee.amount);
  check.at('atMs').instant(fee.atMs);
  return check.problems;
}

export function oneTimeRow(fee: OneTimeFee, period: Period): FeeRow {
  assertSound(`fee ${fee.id}`, fee, checkOneTime);
  return row(fee, period, fee.atMs, parseAmount(fee.amount)!, 'oneTime', 'one-time fee');
}

const planShape: Shape = {
  record: {
    id: 'text',
    currency: 'text',
    total: 'text',
    dueAtMs: { list: 'number', max: installmentsMax },
    weights: { optional: { list: 'text', max: installmentsMax } },
    decimals: { optional: 'number' },
    onEnd: { oneOf: ['due', 'lapse'] },
  },
};

/** Every fault of a plan, which may be anything. Never throws. */
export function checkInstallments(value: unknown): Problem[] {
  const check = new Check();
  if (!check.shape(value, planShape)) return check.problems;
  const plan = value as InstallmentPlan;
  const minor = digitsOf(plan.currency);
  check.at('currency').chargedIn(plan.currency);
  const decimals = plan.decimals ?? minor ?? 0;
  check
    .at('decimals')
    .that(Number.isInteger(decimals) && decimals >= 0 && decimals <= AMOUNT_SCALE, decimals, '0 to 12');
  if (check.at('total').decimal(plan.total, 'positive') && check.problems.length === 0)
    check
      .at('total')
      .that(
        parseAmount(plan.total)! % pow10(AMOUNT_SCALE - decimals) === 0n,
        plan.total,
        `a number with at most ${decimals} decimals, as its parts have`,
      );
  check.at('dueAtMs').instants(plan.dueAtMs);
  if (plan.weights !== undefined) {
    const weights = check.at('weights');
    weights.that(
      plan.weights.length === plan.dueAtMs.length,
      plan.weights.length,
      `${plan.dueAtMs.length} weights, one for each date`,
    );
    plan.weights.forEach((weight, index) => weights.at(index).decimal(weight, 'positive'));
  }
  return check.problems;
}

/** The parts of a plan: they add up to the total to the last minor unit; equal parts differ by at most one, larger ones first. */
export function installmentParts(plan: InstallmentPlan): AmountPico[] {
  assertSound(`installments ${plan.id}`, plan, checkInstallments);
  const unit = pow10(AMOUNT_SCALE - (plan.decimals ?? digitsOf(plan.currency)!));
  const weights = plan.dueAtMs.map((_, index) => {
    const { numerator, denominator } = exact(plan.weights?.[index] ?? '1');
    return (numerator * pow10(AMOUNT_SCALE)) / denominator;
  });
  return allocate(parseAmount(plan.total)! / unit, weights).map((part) => part * unit);
}

/** The rows that fall due within a period, in the order of their dates. */
export function installmentRows(plan: InstallmentPlan, period: Period): FeeRow[] {
  const parts = installmentParts(plan);
  return plan.dueAtMs.flatMap((atMs, index) => {
    if (atMs < period.startMs || atMs >= period.endMs) return [];
    return [row(plan, period, atMs, parts[index]!, 'installment', `installment ${index + 1} of ${parts.length}`)];
  });
}

/** A plan ended at `atMs`: one row of what was still to come, or none when it lapses. Dates up to and with `atMs` were due. */
export function installmentEndRows(plan: InstallmentPlan, atMs: number, period: Period): FeeRow[] {
  const rest = installmentParts(plan).reduce(
    (sum, part, index) => (plan.dueAtMs[index]! > atMs ? sum + part : sum),
    0n,
  );
  if (rest === 0n || plan.onEnd === 'lapse') return [];
  return [row(plan, period, atMs, rest, 'installmentDue', 'installments not yet due')];
}

function row(
  fee: { readonly id: string; readonly currency: string },
  period: Period,
  atMs: number,
  amount: AmountPico,
  reason: FeeRow['reason'],
  label: string,
): FeeRow {
  const text = formatAmount(amount);
  return {
    fee: fee.id,
    currency: fee.currency,
    atMs,
    periodStartMs: period.startMs,
    periodEndMs: period.endMs,
    fromMs: atMs,
    toMs: atMs,
    amount,
    reason,
    step: { label, quantity: '1', unitPrice: text, amount: text },
  };
}
