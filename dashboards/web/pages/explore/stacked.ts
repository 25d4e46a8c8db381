/** Series of the bars. Each bar's parts add up to its total exactly: what has no colour of its own is "other". */
import type { Explore, ExploreDimension } from '#core/messages/api.ts';
import type { AccountRecord } from '#core/messages/control.ts';
import { isZero, subtractAmounts, sumAmounts } from '../../format/money.ts';
import { coloredGroupsMax } from './colors.ts';
import { shownAccount, type LevelGroup } from './levelGroups.ts';
import { keyName } from './names.ts';

export interface Stack {
  readonly keys: readonly string[];
  readonly totals: readonly string[];
  readonly series: readonly { readonly name: string; readonly rank: number; readonly amounts: readonly string[] }[];
}

export function stacked(
  keys: readonly string[],
  totals: Explore | undefined,
  parts: Explore | undefined,
  split: ExploreDimension | undefined,
  accounts: readonly AccountRecord[],
  scope: AccountRecord | undefined,
  groups: readonly LevelGroup[],
): Stack {
  const width = keys[0]?.length ?? 10;
  const timeOf = (key: string | undefined): string => (key ?? '').slice(0, width);
  // The hour that comes twice when clocks go back is one bar.
  const timesOf = Map.groupBy(totals?.groups ?? [], (group) => timeOf(group.key[0]));
  const barTotals = keys.map((key) => sumAmounts((timesOf.get(key) ?? []).map((group) => group.amount)));
  if (split === undefined || parts === undefined)
    return { keys, totals: barTotals, series: [{ name: 'charged', rank: 0, amounts: barTotals }] };

  const cells = Map.groupBy(parts.groups, (group) => {
    const part = split === 'account' ? shownAccount(group, accounts, scope, 1) : (group.key[1] ?? '');
    return `${timeOf(group.key[0])} ${part}`;
  });
  const cell = (time: string, part: string): string =>
    sumAmounts((cells.get(`${time} ${part}`) ?? []).map((group) => group.amount));
  const series = groups.slice(0, coloredGroupsMax).map((group, rank) => ({
    name: keyName(split, group.key, accounts, group.own),
    rank,
    amounts: keys.map((key) => cell(key, group.key)),
  }));
  const other = keys.map((_, index) =>
    subtractAmounts(barTotals[index]!, sumAmounts(series.map((one) => one.amounts[index]!))),
  );
  return {
    keys,
    totals: barTotals,
    series: other.every(isZero) ? series : [...series, { name: 'other', rank: coloredGroupsMax, amounts: other }],
  };
}
