/** SPEC §6.4: what a budget may look like, and what of the tenant it must go with. */
import type { BudgetRecord, BudgetThreshold } from '../../messages/budget.ts';
import { isListOf, isNatural, isObject, isText, isWhole, type Fields } from '../body.ts';
import { isFeeCalendar } from '../fees/calendarShape.ts';
import { has } from '../fees/shape.ts';
import { decimal } from '../number.ts';
import { isChargedIn } from '../pricingUnit.ts';
import { isAmount, isDay, isOneOf, isPercent, isPositive } from '../prices/figures.ts';
import type { Tenant } from '../state.ts';
import { startOf } from '../tallyPlace.ts';

const isFlag = (value: unknown) => typeof value === 'boolean';
const isSmall = (value: unknown) => isAmount(value) && decimal(value as string).lt('1e15');
const isShort = (value: unknown) => isText(value) && value.length <= 200;
const isName = (value: unknown) => isShort(value) && value !== '';
const isHours = (value: unknown) => isWhole(value) && value >= 1 && value <= 744;
const isUpTo = (most: number, fits: (value: unknown) => boolean) => (value: unknown) => isListOf(value, fits) && value.length <= most; // prettier-ignore
const areNames = (value: unknown) => isUpTo(100, isName)(value) && (value as unknown[]).length > 0;

export function isBudget({ kind: _, ...record }: Fields): boolean {
  const needed = {
    id: (id: unknown) => isText(id) && id !== '', account: (id: unknown) => isNatural(id) && id > 0, name: isText, amount: isSmall,
    currency: isText, period: isPeriod, thresholds: isUpTo(20, isThreshold), targets: isUpTo(100, isText), enabled: isFlag,
  }; // prettier-ignore
  const extra = {
    meter: isText, scope: isScope, carryOver: (value: unknown) => has(value, {}, { maximum: isSmall }), fx: isUpTo(20, isRate),
    releaseAt: isPercent, forecast: isFlag,
  }; // prettier-ignore
  return has(record, needed, extra) && isSound(record as Fields & BudgetRecord);
}

function isSound(record: BudgetRecord): boolean {
  const { currency, meter, period, carryOver, fx = [], thresholds, forecast } = record;
  const isEndless = period === 'lifetime' || (typeof period === 'object' && period.kind === 'rolling');
  const foresees = forecast === true || thresholds.some((threshold) => threshold.forecast !== undefined);
  const keys = thresholds.map(nameOf);
  return (
    (meter === undefined ? isChargedIn(currency) : currency === '' && fx.length === 0) &&
    !(isEndless && (carryOver !== undefined || foresees)) &&
    new Set(keys).size === keys.length &&
    new Set([currency, ...fx.map((rate) => rate.currency)]).size === fx.length + 1
  );
}

/** What names a threshold. */
export function nameOf({ percent, absolute, forecast, rate }: BudgetThreshold): string {
  if (rate !== undefined) return `rate:${rate.amount}:${rate.hours}h`;
  if (forecast !== undefined) return `forecast:${forecast}`;
  return absolute === undefined ? percent! : `absolute:${absolute}`;
}

function isPeriod(value: unknown): boolean {
  if (isText(value)) return isOneOf(value, 'day', 'week', 'month', 'quarter', 'halfYear', 'year', 'lifetime');
  if (!isObject(value) || value['kind'] === 'list') return false;
  if (value['kind'] === 'rolling') return has(value, { kind: isText, hours: isHours });
  const isOwn = value['kind'] === 'anniversary' && value['anchor'] === 'account';
  return isFeeCalendar(isOwn ? { ...value, anchor: '2000-01-01' } : value);
}

function isScope(value: unknown): boolean {
  const lists = { services: areNames, components: areNames, meters: areNames, prices: areNames, resources: areNames };
  return has(value, {}, { ...lists, tags: areTags }) && Object.keys(value).length > 0;
}

function areTags(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { length } = Object.keys(value);
  return length > 0 && length <= 20 && Object.values(value).every(isUpTo(100, isText));
}

const isRate = (value: unknown) => has(value, { currency: isChargedIn, rate: (rate) => isSmall(rate) && isPositive(rate), date: isDay }); // prettier-ignore

function isThreshold(value: unknown): boolean {
  const isAction = (action: unknown) => isOneOf(action, 'notify', 'throttle', 'block');
  const isSpent = (rate: unknown) => has(rate, { amount: isSmall, hours: isHours });
  const kinds = { percent: isSmall, absolute: isSmall, forecast: isSmall, rate: isSpent };
  const severity = (word: unknown) => isOneOf(word, 'info', 'warning', 'critical');
  if (!has(value, { action: isAction }, { ...kinds, severity })) return false;
  return Object.keys(kinds).filter((kind) => value[kind] !== undefined).length === 1;
}

export function goesWith(tenant: Tenant, budget: BudgetRecord): boolean {
  const known = tenant.budgets.get(budget.id);
  if (!tenant.accounts.has(budget.account) || (known === undefined && tenant.budgets.size >= 10_000)) return false;
  if (known !== undefined && whatStays(known) !== whatStays(budget)) return false;
  const { period, meter } = budget;
  const isOwn = typeof period === 'object' && period.kind === 'anniversary' && period.anchor === 'account';
  if (isOwn && startOf(tenant, budget.account) === undefined) return false;
  if (meter === undefined) return true;
  const scale = tenant.meters.get(meter)?.scale;
  const figures = [
    budget.amount,
    budget.carryOver?.maximum ?? '0',
    ...budget.thresholds.map(({ absolute, rate }) => absolute ?? rate?.amount ?? '0'),
  ];
  return scale !== undefined && figures.every((figure) => decimal(figure).decimalPlaces() <= scale);
}

function whatStays({ account, currency, meter, period }: BudgetRecord): string {
  const calendar = typeof period === 'string' ? { kind: 'calendar', interval: period } : period;
  const given = { weekStart: 1, every: 1, longPeriod: 12, ...calendar };
  return JSON.stringify([account, currency, meter, Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
