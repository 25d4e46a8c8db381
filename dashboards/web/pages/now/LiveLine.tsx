/** Charges per minute over the last half hour; its last point is the rate of now and moves with each commit. */
import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { useTenant } from '../../app/session.tsx';
import { ChartFrame } from '../../components/ChartFrame.tsx';
import { currencySymbol, formatMoney, plotValue } from '../../format/money.ts';
import { formatMinute } from '../../format/time.ts';
import { useLive } from '../../live/hooks.ts';
import { lineOptions } from './lineOptions.ts';
import { linePoints, scaleTop } from './linePoints.ts';

export function LiveLine({ perHour }: { perHour: string | undefined }) {
  const { currency, timeZone } = useTenant();
  const minutes = useLive((view) => view.minutes);
  const logTimeMs = useLive((view) => view.logTimeMs);
  const points = linePoints(minutes ?? [], logTimeMs ?? 0, perHour ?? '0');
  const values = points.map((point) => plotValue(point.amount));
  const top = scaleTop(values);
  const peak = points[values.indexOf(Math.max(...values))];
  const isOff = peak !== undefined && plotValue(peak.amount) > top;
  const rows = points.map((point) => [formatMinute(point.atMs, timeZone), point.amount]);
  return (
    <ChartFrame
      title={`${currencySymbol(currency).trim()} per minute`}
      hint={
        isOff
          ? `off the scale: ${formatMoney(peak.amount, currency)} at ${formatMinute(peak.atMs, timeZone)}`
          : 'to the last commit'
      }
      columns={['Minute', `Charged (${currency})`]}
      rows={rows.toReversed()}
      fileName="charges-per-minute"
      className="live-line"
    >
      <Plot
        times={points.map((point) => point.atMs / 1000)}
        values={values}
        label={`Charges per minute, last 30 minutes, now ${formatMoney(points.at(-1)?.amount ?? '0', currency, 4)}`}
      />
    </ChartFrame>
  );
}

function Plot({ times, values, label }: { times: number[]; values: number[]; label: string }) {
  const { timeZone } = useTenant();
  const computed = useComputedColorScheme('light');
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef<[number[], number[]]>([times, values]);
  const [ready, setReady] = useState(false);
  latest.current = [times, values];

  useEffect(() => {
    const element = host.current!;
    let gone = false;
    let resize: ResizeObserver | undefined;
    void import('uplot').then(({ default: UPlot }) => {
      if (gone) return;
      plot.current = new UPlot(lineOptions(element, timeZone), latest.current, element);
      resize = new ResizeObserver(() =>
        plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
      );
      resize.observe(element);
      setReady(true);
    });
    return () => {
      gone = true;
      resize?.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [timeZone, computed]);

  useEffect(() => plot.current?.setData(latest.current), [times, values, ready]);

  return <div ref={host} className="live-line-plot" role="img" aria-label={label} />;
}
