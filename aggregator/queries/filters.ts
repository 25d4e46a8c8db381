import { pricingUnitPattern } from '#core/messages/pricingUnit.ts';
import type { BlockKind } from '#core/messages/rated.ts';
import type { Parameter } from '#platform/clickhouse/index.ts';

/** What rows a question is about; absent means all. */
export interface Filters {
  /** Start of the sample, UTC ms: from (inclusive) to (exclusive). */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** The account and everything below it. */
  readonly account?: number | undefined;
  readonly service?: string | undefined;
  readonly component?: string | undefined;
  /** Part of the price: key of its cell. */
  readonly cell?: string | undefined;
  readonly meter?: string | undefined;
  readonly resource?: string | undefined;
  readonly producer?: string | undefined;
  readonly kind?: BlockKind | undefined;
  /** What is charged in: a currency, or a pricing unit. */
  readonly currency?: string | undefined;
  /** Whether it is a prior-period adjustment. */
  readonly late?: boolean | undefined;
}

/** Whose rows, where they lie, and the last commit that counts: so that an answer holds what its `asOf` says. */
export interface Scope {
  readonly tenant: string;
  readonly partition: number;
  readonly outSeqMax: number;
}

/** Conditions on blocks, and on the single rows of a block; values are bound, never written into the text. */
export interface Conditions {
  readonly blocks: string[];
  readonly rows: string[];
  readonly parameters: Record<string, Parameter>;
}

/** The row's start, where a block's arrays are joined with `offset AS row_offset`. */
export const rowStart = 'addMilliseconds(first, row_offset)';

/** Numbers of the resource whose name is that parameter. */
export const resourceIdsOf = (parameter: string): string =>
  `(SELECT groupArray(id) FROM resources WHERE tenant = {tenant:String} AND name = {${parameter}:String})`;
/** All numbers of the resource that has that one: each partition that a tenant was on gave it another. */
export const resourceIdsLike = (parameter: string): string =>
  `(SELECT groupArray(id) FROM resources WHERE tenant = {tenant:String}
     AND name IN (SELECT name FROM resources WHERE tenant = {tenant:String} AND id = {${parameter}:UInt32}))`;
/** Blocks are late as a whole. */
const isLate = "(closed_until > fromUnixTimestamp64Milli(0, 'UTC'))";

const instant = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;
const scalars = ['service', 'component', 'cell', 'meter', 'producer', 'kind'] as const;

/** What nothing charges stands with what is charged in money. */
export const currenciesOf = (currency: string): string[] =>
  pricingUnitPattern.test(currency) ? [currency] : ['', currency];

/**
 * What a tenant had come to at a commit: all of the partitions that it was on before, for a new generation has higher numbers (SPEC §13),
 * and of its own what is not newer. `strictly`: without the commit itself.
 */
export const upTo = (outSeq: string, strictly = false): string =>
  `partition <= {partition:UInt16} AND (partition < {partition:UInt16} OR out_seq ${strictly ? '<' : '<='} {${outSeq}:UInt64})`;

/** Confines a question to one tenant, always, to commits that are loaded whole, and to what the filters ask for. */
export function conditionsOf({ tenant, partition, outSeqMax }: Scope, filters: Filters): Conditions {
  const parameters: Record<string, Parameter> = { tenant, partition, outSeqMax };
  const blocks = ['tenant = {tenant:String}', upTo('outSeqMax')];
  const rows: string[] = [];
  for (const name of scalars) {
    const value = filters[name];
    if (value === undefined) continue;
    blocks.push(`${name} = {${name}:String}`);
    parameters[name] = value;
  }
  if (filters.currency !== undefined) {
    blocks.push('currency IN {currencies:Array(String)}');
    parameters['currencies'] = currenciesOf(filters.currency);
  }
  if (filters.account !== undefined) {
    blocks.push('has(path, {account:UInt32})');
    parameters['account'] = filters.account;
  }
  if (filters.late !== undefined) blocks.push(filters.late ? isLate : `NOT ${isLate}`);
  if (filters.resource !== undefined) {
    const ids = resourceIdsOf('resource');
    blocks.push(`hasAny(resource, ${ids})`);
    rows.push(`has(${ids}, row_resource)`);
    parameters['resource'] = filters.resource;
  }
  if (filters.from !== undefined) {
    blocks.push(`last >= ${instant('from')}`);
    rows.push(`${rowStart} >= ${instant('from')}`);
    parameters['from'] = filters.from;
  }
  if (filters.to !== undefined) {
    blocks.push(`first < ${instant('to')}`);
    rows.push(`${rowStart} < ${instant('to')}`);
    parameters['to'] = filters.to;
  }
  return { blocks, rows, parameters };
}

/** Blocks whose rows all meet the time conditions, so that their sums stand for them. */
export function wholeBlocks(filters: Filters): string[] {
  const conditions: string[] = [];
  if (filters.from !== undefined) conditions.push(`first >= ${instant('from')}`);
  if (filters.to !== undefined) conditions.push(`last < ${instant('to')}`);
  return conditions;
}

/** AND of conditions; true when there are none. */
export const all = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '1' : conditions.join(' AND ');
