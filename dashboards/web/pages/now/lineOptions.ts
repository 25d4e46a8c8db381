import type uPlot from 'uplot';
import { formatMinute } from '../../format/time.ts';
import { scaleTop } from './linePoints.ts';

/** A young line does not fill the whole width: this much time does at least. */
const windowSecondsMin = 300;

/** A quiet line: three rules, its last point marked and labelled. Colours are read from the theme in force. */
export function lineOptions(host: HTMLElement, timeZone: string): uPlot.Options {
  const style = getComputedStyle(host);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const font = `11px ${color('--sans')}`;
  const axis = { stroke: color('--ink-3'), font, ticks: { show: false }, gap: 6 } as const;
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 4, 0, 6],
    scales: {
      x: { time: true, range: (_plot, from, to) => [Math.min(from, to - windowSecondsMin), to] },
      y: { range: (plot, low) => rangeOf(low, scaleTop(Array.from(plot.data[1] ?? [], Number))) },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 90,
        incrs: [60, 120, 300, 600, 900, 1800],
        grid: { show: false },
        values: (plot, ticks) => ticks.map((tick) => timeText(plot, tick, timeZone)),
      },
      {
        ...axis,
        side: 1,
        size: 58,
        space: 44,
        grid: { stroke: color('--line'), width: 1 },
        values: (_plot, ticks) => ticks.map((tick) => tickText(tick, ticks[1]! - ticks[0]!)),
      },
    ],
    series: [{}, { stroke: color('--accent'), width: 2, points: { show: false } }],
    hooks: { draw: [(plot) => drawEnd(plot, color)] },
  };
}

/** A label that the left edge would cut is left out. */
function timeText(plot: uPlot, tick: number, timeZone: string): string {
  return plot.valToPos(tick, 'x') < 16 ? '' : formatMinute(tick * 1000, timeZone);
}

/** Around the values with some air; never below zero for charges that are not. */
function rangeOf(low: number | null, to: number): [number, number] {
  const from = Math.min(low ?? 0, to);
  const air = (to - from || Math.abs(to) || 1) * 0.18;
  return [from >= 0 ? Math.max(0, from - air) : from - air, to + air];
}

function tickText(value: number, step: number): string {
  const decimals = Math.min(9, Math.max(2, Math.ceil(-Math.log10(step || 1))));
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** Marks the last point and writes its value beside it, over the axis. */
function drawEnd(plot: uPlot, color: (name: string) => string): void {
  const last = plot.data[0].length - 1;
  const value = plot.data[1]?.[last];
  if (last < 0 || value === undefined || value === null) return;
  const { ctx } = plot;
  const ratio = devicePixelRatio;
  const x = plot.valToPos(plot.data[0][last]!, 'x', true);
  const y = plot.valToPos(value, 'y', true);
  ctx.save();
  ctx.fillStyle = color('--paper');
  ctx.fillRect(x + 5 * ratio, y - 9 * ratio, 62 * ratio, 18 * ratio);
  ctx.fillStyle = color('--ink');
  ctx.font = `600 ${11 * ratio}px ${color('--sans')}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(tickText(value, value / 100), x + 9 * ratio, y);
  ctx.beginPath();
  ctx.arc(x, y, 4.5 * ratio, 0, 2 * Math.PI);
  ctx.fillStyle = color('--accent');
  ctx.strokeStyle = color('--paper');
  ctx.lineWidth = 2 * ratio;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}
