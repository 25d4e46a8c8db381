/** Shares and spans computed from exact amounts. */
import { parseAmount } from '#core/money/fixed.ts';

/** part ÷ whole in hundredths of a percent, rounded down; undefined when the whole is not positive. */
export function basisPoints(part: string, whole: string): number | undefined {
  const numerator = parseAmount(part);
  const denominator = parseAmount(whole);
  if (numerator === undefined || denominator === undefined || denominator <= 0n) return undefined;
  const points = (numerator * 10_000n) / denominator;
  return points > 999_999_999n ? 999_999_999 : Number(points);
}

/** "80.3 %": rounded down, so that 100 % is shown only when it is reached. */
export function formatPercent(points: number | undefined): string {
  if (points === undefined) return '–';
  const tenths = Math.floor(points / 10);
  return tenths % 10 === 0 || tenths >= 1000
    ? `${Math.floor(tenths / 10)} %`
    : `${(tenths / 10).toLocaleString('en')} %`;
}

/** A share for a person: "0.3 %", "12 %", "<0.1 %". */
export function formatShare(part: string, whole: string): string {
  const points = basisPoints(part, whole);
  if (points === undefined) return '–';
  return points === 0 && parseAmount(part) !== 0n
    ? '<0.1 %'
    : points < 10 && points > 0
      ? '<0.1 %'
      : formatPercent(points);
}

/** Hours until `balance` reaches `amount` at `perHour`; undefined when it never will at this rate, 0 when it has. */
export function hoursUntil(balance: string, amount: string, perHour: string): number | undefined {
  const left = (parseAmount(amount) ?? 0n) - (parseAmount(balance) ?? 0n);
  const rate = parseAmount(perHour) ?? 0n;
  if (left <= 0n) return 0;
  if (rate <= 0n) return undefined;
  return Number((left * 3600n) / rate) / 3600;
}

/** "about 6 days", "about 4 h", "about 12 min", "seconds". */
export function formatHours(hours: number): string {
  if (hours * 60 < 1) return 'seconds';
  if (hours < 1) return `about ${Math.round(hours * 60)} min`;
  if (hours < 48) return `about ${Math.round(hours)} h`;
  if (hours < 24 * 400) return `about ${Math.round(hours / 24).toLocaleString('en')} days`;
  return 'more than a year';
}
