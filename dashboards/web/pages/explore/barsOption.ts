import type { EChartsCoreOption } from 'echarts/core';
import { formatMoney, plotValue } from '../../format/money.ts';
import { formatSpanKey } from '../../format/period.ts';
import type { Stack } from './stacked.ts';

/** Quiet stacked bars in the page's own colours; exact figures in the tooltip, binary numbers only for heights. */
export function barsOption(stack: Stack, currency: string, style: CSSStyleDeclaration): EChartsCoreOption {
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const text = { color: color('--ink-3'), fontFamily: color('--sans'), fontSize: 11 };
  return {
    animation: false,
    grid: { left: 4, right: 58, top: 10, bottom: 24 },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: color('--ink-3'), opacity: 0.08 } },
      className: 'bars-tip',
      confine: true,
      transitionDuration: 0,
      formatter: (points: { dataIndex: number }[]) => tip(stack, points[0]?.dataIndex ?? 0, currency),
    },
    xAxis: {
      type: 'category',
      data: stack.keys.map((key) => (key.length === 10 ? String(Number(key.slice(8))) : key.slice(11))),
      axisLine: { lineStyle: { color: color('--line-strong') } },
      axisTick: { show: false },
      axisLabel: text,
    },
    yAxis: {
      type: 'value',
      position: 'right',
      splitNumber: 3,
      splitLine: { lineStyle: { color: color('--line') } },
      axisLabel: { ...text, formatter: (value: number) => value.toLocaleString('en', { maximumSignificantDigits: 3 }) },
    },
    series: stack.series.map((series) => ({
      type: 'bar',
      name: series.name,
      stack: 'charged',
      barMaxWidth: 28,
      itemStyle: { color: color(`--s${series.rank + 1}`) },
      data: series.amounts.map(plotValue),
    })),
  };
}

/** Built as elements: markup with style attributes is forbidden by the security policy. */
function tip(stack: Stack, index: number, currency: string): HTMLElement {
  const box = document.createElement('div');
  const add = (name: string, value: string, className: string): void => {
    const row = document.createElement('div');
    row.className = className;
    const label = document.createElement('span');
    label.textContent = name;
    const amount = document.createElement('b');
    amount.textContent = value;
    row.append(label, amount);
    box.append(row);
  };
  add(formatSpanKey(stack.keys[index] ?? ''), formatMoney(stack.totals[index] ?? '0', currency, 4), 'bars-tip-head');
  if (stack.series.length > 1) {
    for (const series of stack.series.toReversed()) {
      add(series.name, formatMoney(series.amounts[index] ?? '0', currency, 4), `bars-tip-row s${series.rank + 1}`);
    }
  }
  return box;
}
