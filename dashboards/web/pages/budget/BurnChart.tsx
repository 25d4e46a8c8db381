/** The budget as it burns: what was spent, where its limit and thresholds lie, and what is expected until the end. */
import { useLayoutEffect, useRef, useState } from 'react';
import type { LiveBudget, LiveAlert } from '#core/messages/api.ts';
import { isOfBudget } from '#core/messages/alert.ts';
import { useTenant } from '../../app/session.tsx';
import { ChartFrame } from '../../components/ChartFrame.tsx';
import { toneOf } from '../../components/StateBadge.tsx';
import { figureText, shortFigure } from '../../format/budgetFigures.ts';
import { plotValue } from '../../format/money.ts';
import { formatDate, formatDayClock, formatMinute } from '../../format/time.ts';
import { thresholdText } from '../now/alertText.ts';
import type { BurnPoint } from './burn.ts';
import { levelOf } from './levels.ts';
import { scalesOf, spread, ticksOf, type Area, type Scales } from './scales.ts';
import './burnChart.css';

export interface BurnChartProps {
  readonly budget: LiveBudget;
  readonly points: readonly BurnPoint[];
  readonly alerts: readonly LiveAlert[];
  readonly nowMs: number;
}

export function BurnChart({ budget, points, alerts, nowMs }: BurnChartProps) {
  const { timeZone } = useTenant();
  const { forecast } = budget;
  const rows = [
    ...points.map(({ atMs, spent }) => [formatDayClock(atMs, timeZone), spent, '']),
    ...(forecast === undefined
      ? []
      : [[formatDayClock(budget.periodEndMs, timeZone), forecast.expected, `${forecast.low} – ${forecast.high}`]]),
  ];
  return (
    <ChartFrame
      title="Spent over the period"
      hint={`${formatDate(budget.periodStartMs, timeZone)} – ${formatDate(budget.periodEndMs - 1, timeZone)}`}
      columns={['Until', 'Spent', 'Band']}
      rows={rows}
      fileName={`budget-${budget.id}`}
    >
      <Drawing budget={budget} points={points} alerts={alerts} nowMs={nowMs} />
    </ChartFrame>
  );
}

function Drawing({ budget, points, alerts, nowMs }: BurnChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  const [pointed, setPointed] = useState<number | undefined>();
  const { timeZone } = useTenant();
  const { forecast, limit, periodStartMs, periodEndMs } = budget;
  const isNarrow = width < 560;
  const height = isNarrow ? 230 : 300;
  const area: Area = { left: 2, right: Math.max(120, width - (isNarrow ? 70 : 132)), top: 14, bottom: height - 24 };
  const highest = Math.max(
    plotValue(limit),
    plotValue(budget.balance),
    ...(forecast === undefined
      ? []
      : [
          plotValue(forecast.expected),
          Math.min(plotValue(forecast.high), 1.5 * Math.max(plotValue(limit), plotValue(forecast.expected))),
        ]),
  );
  const scales = scalesOf(area, periodStartMs, periodEndMs, (highest || 1) * 1.06);
  const summary = `${budget.name}: ${shortFigure(budget.balance, budget)} spent of ${figureText(limit, budget)}${
    forecast === undefined ? '' : `, ${shortFigure(forecast.expected, budget)} expected by the end`
  }`;
  const near =
    pointed === undefined ? undefined : (points.findLast(({ atMs }) => scales.x(atMs) <= pointed) ?? points[0]);
  return (
    <div className="burn" ref={host} style={{ height: `${height}px` }}>
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={summary}
          data-testid="burn-chart"
          onPointerMove={(event) => setPointed(event.clientX - event.currentTarget.getBoundingClientRect().left)}
          onPointerLeave={() => setPointed(undefined)}
        >
          <Axis {...{ area, scales, timeZone }} startMs={periodStartMs} endMs={periodEndMs} />
          <Levels {...{ area, scales, budget, isNarrow }} />
          <Line {...{ points, scales, area }} />
          {forecast !== undefined && <Cone {...{ budget, scales, nowMs }} />}
          <line className="burn-now" x1={scales.x(nowMs)} x2={scales.x(nowMs)} y1={area.top} y2={area.bottom} />
          <circle
            className={`burn-end ${toneOf(budget.state)}`}
            cx={scales.x(nowMs)}
            cy={scales.y(plotValue(budget.balance))}
            r={4.5}
          />
          {alerts.map((alert) => (
            <Crossing key={alert.id} {...{ alert, scales, budget, timeZone }} />
          ))}
          {near !== undefined && (
            <g className="burn-near">
              <line x1={scales.x(near.atMs)} x2={scales.x(near.atMs)} y1={area.top} y2={area.bottom} />
              <text x={Math.min(scales.x(near.atMs) + 6, area.right - 130)} y={area.top + 10}>
                {shortFigure(near.spent, budget)} · {formatDayClock(near.atMs, timeZone).slice(0, -4)}
              </text>
            </g>
          )}
        </svg>
      )}
    </div>
  );
}

interface Placed {
  readonly area: Area;
  readonly scales: Scales;
}

function Axis({
  area,
  scales,
  timeZone,
  startMs,
  endMs,
}: Placed & { timeZone: string; startMs: number; endMs: number }) {
  const ticks = ticksOf(startMs, endMs, Math.floor((area.right - area.left) / 88));
  const isLong = endMs - startMs > 3 * 86_400_000;
  return (
    <g className="burn-axis">
      <line x1={area.left} x2={area.right} y1={area.bottom} y2={area.bottom} />
      {ticks.map((at) => (
        <text key={at} x={scales.x(at)} y={area.bottom + 17}>
          {isLong ? formatDate(at, timeZone).slice(0, -5) : formatMinute(at, timeZone)}
        </text>
      ))}
    </g>
  );
}

/** The limit and every threshold that is an amount, labelled at their ends. */
function Levels({ area, scales, budget, isNarrow }: Placed & { budget: LiveBudget; isNarrow: boolean }) {
  const levels = budget.thresholds.flatMap((threshold) => {
    const amount = levelOf(threshold.key, budget.limit);
    const isLimit = amount === budget.limit;
    return amount === undefined || isLimit
      ? []
      : [{ key: threshold.key, amount, tone: toneOf(threshold.action), crossed: threshold.crossed }];
  });
  const lines = [...levels, { key: 'limit', amount: budget.limit, tone: 'limit', crossed: false }];
  const labels = spread(
    lines.map((line) => ({ ...line, y: scales.y(plotValue(line.amount)) })),
    14,
    area.bottom - 2,
  );
  return (
    <g className="burn-levels">
      {labels.map(({ key, amount, tone, crossed, y, at }) => (
        <g key={key} className={`${tone} ${crossed ? 'crossed' : ''}`}>
          <line x1={area.left} x2={area.right} y1={y} y2={y} />
          <text x={area.right + 6} y={at + 4}>
            {key === 'limit'
              ? isNarrow
                ? 'limit'
                : `limit ${figureText(amount, budget)}`
              : thresholdText(key, budget)}
            {key !== 'limit' && !key.startsWith('absolute') && !isNarrow && ` ${figureText(amount, budget)}`}
          </text>
        </g>
      ))}
    </g>
  );
}

function Line({ points, scales, area }: { points: readonly BurnPoint[]; scales: Scales; area: Area }) {
  const path = points.map(({ atMs, spent }) => `${scales.x(atMs).toFixed(1)} ${scales.y(plotValue(spent)).toFixed(1)}`);
  const last = points.at(-1)!;
  return (
    <g className="burn-line">
      <path
        className="fill"
        d={`M${path.join('L')}L${scales.x(last.atMs).toFixed(1)} ${area.bottom}L${area.left} ${area.bottom}Z`}
      />
      <path d={`M${path.join('L')}`} />
    </g>
  );
}

/** From now to the end: the expected line inside its band. */
function Cone({ budget, scales, nowMs }: { budget: LiveBudget; scales: Scales; nowMs: number }) {
  const { expected, low, high } = budget.forecast!;
  const from = `${scales.x(nowMs).toFixed(1)} ${scales.y(plotValue(budget.balance)).toFixed(1)}`;
  const at = (amount: string) => `${scales.x(budget.periodEndMs).toFixed(1)} ${scales.y(plotValue(amount)).toFixed(1)}`;
  return (
    <g className="burn-cone" data-testid="burn-forecast">
      <path className="band" d={`M${from}L${at(high)}L${at(low)}Z`} />
      <path d={`M${from}L${at(expected)}`} />
    </g>
  );
}

/** Where a threshold was crossed, or the budget let go. */
function Crossing({
  alert,
  scales,
  budget,
  timeZone,
}: {
  alert: LiveAlert;
  scales: Scales;
  budget: LiveBudget;
  timeZone: string;
}) {
  const { periodStartMs, periodEndMs } = budget;
  if (!isOfBudget(alert) || alert.logTimeMs < periodStartMs || alert.logTimeMs >= periodEndMs) return null;
  const what = alert.threshold === '' ? 'released' : `${thresholdText(alert.threshold, alert)} ${alert.action}`;
  return (
    <circle
      className={`burn-crossing ${toneOf(alert.action)}`}
      cx={scales.x(alert.logTimeMs)}
      cy={scales.y(plotValue(alert.balance))}
      r={4}
      data-testid="burn-crossing"
    >
      <title>{`${what}, ${formatDayClock(alert.logTimeMs, timeZone)}, at ${shortFigure(alert.balance, budget)}`}</title>
    </circle>
  );
}

function useWidth(host: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = host.current!;
    const measure = (): void => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [host]);
  return width;
}
