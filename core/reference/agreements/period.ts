/** SPEC §9.2–9.5: the rows of one period, from its lines alone. */
import type { AgreementRecord } from '../../messages/agreement.ts';
import { pathUp, type Tenant } from '../state.ts';
import { unitPeriodAt } from '../billingUnit.ts';
import { fraction, fractionOf, pico, times } from '../prices/fraction.ts';
import { integer, powerOfTen } from '../number.ts';
import { capsAndMinimums } from './bounds.ts';
import { drawDown } from './commitments.ts';
import { takeDiscounts } from './discounts.ts';
import { usedLines, type NodeRow, type Spend, type SpendLine } from './spend.ts';
import { isEmpty } from './together.ts';

/** What agreements look at: lines, and rows of nodes as they are added. */
export interface Item {
  id: string;
  readonly account: number;
  readonly service: string;
  readonly component: string;
  readonly price: string;
  readonly plan: string;
  readonly contract: string;
  /** Priced units, 12 decimals; amounts in pico. */
  quantity: bigint;
  list: bigint;
  left: bigint;
  readonly isCommitted: boolean;
}

/** What of earlier periods counts in this one. */
export interface Earlier {
  /** By key of a discount: in how many periods it took something, and how much. */
  readonly taken: ReadonlyMap<string, { readonly periods: number; readonly amount: bigint }>;
  /** By name of a segment: what drew on it, and its rows. */
  readonly drawn: ReadonlyMap<string, bigint>;
  readonly rows: ReadonlyMap<string, readonly NodeRow[]>;
}

export interface Settled {
  readonly rows: readonly NodeRow[];
  readonly drawn: ReadonlyMap<string, bigint>;
}

export function settledPeriod(
  tenant: Tenant,
  spend: Spend,
  agreements: readonly AgreementRecord[],
  earlier: Earlier,
  isClosed: boolean,
): Settled {
  const held = agreements.filter((agreement) => holdsIn(tenant, spend, agreement));
  const isBelow = (account: number, node: number) => pathUp(tenant, account).includes(node);
  const items = itemsOf(tenant, spend, held, isBelow);
  const discounts = takeDiscounts(items, held, earlier, isBelow);
  const { rows, drawn, items: committed } = drawDown(items, held, spend.month, earlier, isClosed, isBelow);
  const depth = (account: number) => pathUp(tenant, account).length;
  const bounds = capsAndMinimums([...items, ...committed], held, spend.month, isClosed, isBelow, depth);
  return { rows: [...discounts, ...rows, ...bounds], drawn };
}

function holdsIn(tenant: Tenant, { unit, month }: Spend, agreement: AgreementRecord): boolean {
  if (isEmpty(agreement)) return false;
  const first = unitPeriodAt(tenant, unit, agreement.fromMs).startMs;
  const last = agreement.toMs === null ? Infinity : unitPeriodAt(tenant, unit, agreement.toMs - 1).startMs;
  return first <= month.startMs && month.startMs <= last;
}

export type IsBelow = (account: number, node: number) => boolean;

export function isAbout(
  item: Omit<Item, 'quantity' | 'list' | 'left' | 'isCommitted'>,
  { account, terms }: AgreementRecord,
  isBelow: IsBelow,
): boolean {
  if (!isBelow(item.account, account)) return false;
  if (terms.kind === 'commitment') return terms.services?.includes(item.service) ?? true;
  if (terms.kind === 'discount') {
    const { only, except } = terms;
    const isNamed = (names: NonNullable<typeof only>) =>
      [
        [names.services, item.service],
        [names.components, item.component],
        [names.prices, item.price],
      ].some(([list, name]) => (list as readonly string[] | undefined)?.includes(name as string));
    return (only === undefined || isNamed(only)) && (except === undefined || !isNamed(except));
  }
  const { scope } = terms;
  return (
    (!('price' in scope) || scope.price === item.price) &&
    (!('plan' in scope) || scope.plan === item.plan) &&
    (!('contract' in scope) || scope.contract === item.contract)
  );
}

/** Lines that the same agreements are about are one, named by the least of their ids. */
function itemsOf(tenant: Tenant, spend: Spend, held: readonly AgreementRecord[], isBelow: IsBelow): Item[] {
  const groups = new Map<string, Item>();
  for (const line of usedLines(spend)) {
    const facts = factsOf(tenant, line);
    const about = held.filter((agreement) => isAbout(facts, agreement, isBelow)).map(({ key }) => key);
    const [amount, units] = [integer(line.amount.times(powerOfTen(12))), unitsOf(tenant, line)];
    const known = groups.get(JSON.stringify(about));
    if (known === undefined) {
      groups.set(JSON.stringify(about), { ...facts, quantity: units, list: amount, left: amount, isCommitted: false });
      continue;
    }
    known.quantity += units;
    known.list += amount;
    known.left += amount;
    if (line.id < known.id) known.id = line.id;
  }
  return [...groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function factsOf(tenant: Tenant, { id, account, service, component, price }: SpendLine) {
  const { key, plan = '', contract = '' } = (tenant.prices.get(price) ?? tenant.fees.get(price))!;
  return { id, account, service, component, price: key, plan, contract };
}

/** Of what a fee is for there are no units. */
function unitsOf(tenant: Tenant, { price, quantity }: SpendLine): bigint {
  const record = tenant.prices.get(price);
  if (record === undefined) return 0n;
  const { scale } = tenant.meters.get(record.meter)!;
  const tallied = fraction(integer(quantity.times(powerOfTen(scale))), 10n ** BigInt(scale));
  return pico(times(tallied, fraction(BigInt(record.unit.numerator), BigInt(record.unit.denominator))));
}

/** A figure of a record in pico, which has room for all of its decimals. */
export const picoOf = (text: string): bigint => pico(fractionOf(text));
