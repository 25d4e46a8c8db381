/** Charges per day or hour, stacked by the six largest groups and the rest. A click on a bar opens that day or hour. */
import { useComputedColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useRef } from 'react';
import type { AccountRecord } from '#core/messages/control.ts';
import { useCurrency, useTenant } from '../../app/session.tsx';
import { exploreQuery } from '../../api/queries.ts';
import { ChartFrame } from '../../components/ChartFrame.tsx';
import { currencySymbol } from '../../format/money.ts';
import { partsOf, spanKind } from '../../format/period.ts';
import { barsOption } from './barsOption.ts';
import { echarts } from './echarts.ts';
import type { LevelGroup } from './levelGroups.ts';
import type { ExploreSearch } from './search.ts';
import type { Scope } from './scope.ts';
import { stacked, type Stack } from './stacked.ts';

interface BarsProps {
  readonly search: ExploreSearch;
  readonly scope: Scope;
  readonly accounts: readonly AccountRecord[];
  readonly groups: readonly LevelGroup[];
}

export default function Bars({ search, scope, accounts, groups }: BarsProps) {
  const { timeZone } = useTenant();
  const currency = useCurrency(search);
  const part = spanKind(scope.periodKey) === 'month' ? 'day' : 'hour';
  const split = scope.by === 'day' || scope.by === 'hour' ? undefined : scope.by;
  const totals = useQuery(exploreQuery([part], scope.filter)).data;
  const parts = useQuery({
    ...exploreQuery(split === undefined ? [part] : [part, split], scope.filter),
    enabled: split !== undefined,
  }).data;
  const stack = useMemo(
    () =>
      stacked(
        partsOf(scope.periodKey, timeZone),
        totals,
        split === undefined ? undefined : parts,
        split,
        accounts,
        scope.account,
        groups,
      ),
    [scope.periodKey, scope.account, timeZone, totals, parts, split, accounts, groups],
  );
  return (
    <ChartFrame
      title={`${currencySymbol(currency).trim()} per ${part}`}
      hint={`${timeZone}; a click opens the ${part}`}
      columns={[part, ...stack.series.map((series) => series.name), 'total']}
      rows={stack.keys.map((key, index) => [
        key,
        ...stack.series.map((series) => series.amounts[index]!),
        stack.totals[index]!,
      ])}
      fileName={`charges-per-${part}-${scope.periodKey}`}
      className="bars"
    >
      <Chart stack={stack} search={search} currency={currency} label={`Charges per ${part}`} />
    </ChartFrame>
  );
}

function Chart({
  stack,
  search,
  currency,
  label,
}: {
  stack: Stack;
  search: ExploreSearch;
  currency: string;
  label: string;
}) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const scheme = useComputedColorScheme('light');
  const navigate = useNavigate();
  const open = useRef<(index: number) => void>(() => undefined);
  open.current = (index) => {
    const period = stack.keys[index];
    const { by: _by, then: _then, ...rest } = search;
    if (period !== undefined) void navigate({ to: '/explore', search: { ...rest, period } });
  };

  useEffect(() => {
    const element = host.current!;
    const made = echarts.init(element, null, { renderer: 'canvas' });
    chart.current = made;
    made.getZr().on('click', (event) => {
      if (made.containPixel('grid', [event.offsetX, event.offsetY])) {
        open.current(made.convertFromPixel({ xAxisIndex: 0 }, event.offsetX));
      }
    });
    const resize = new ResizeObserver(() => made.resize());
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.dispose();
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(barsOption(stack, currency, getComputedStyle(host.current!)), { notMerge: true });
  }, [stack, currency, scheme]);

  return <div ref={host} className="bars-space" role="img" aria-label={`${label}; the table twin lists the figures`} />;
}
