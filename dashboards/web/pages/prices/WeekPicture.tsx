/** The bands of a schedule on a week: a row a day, midnight to midnight. */
import type { PriceModel } from '#core/messages/price.ts';
import { seriesColor } from '../explore/colors.ts';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

type Schedule = Extract<PriceModel, { readonly kind: 'schedule' }>;

export function WeekPicture({ bands }: Pick<Schedule, 'bands'>) {
  const told = bands.map(({ name, days: on, from, to }) => `${name}: ${on.join(', ')} ${from} to ${to}`).join('; ');
  return (
    <svg className="week" viewBox="0 0 268 76" role="img" aria-label={told}>
      {days.map((day, row) => (
        <g key={day}>
          <text x="0" y={row * 10 + 8}>
            {day}
          </text>
          <rect className="week-day" x="26" y={row * 10 + 1} width="240" height="8" />
          {bands.map(
            (band, index) =>
              band.days.includes(day) && (
                <rect
                  key={band.name}
                  x={26 + hours(band.from) * 10}
                  y={row * 10 + 1}
                  width={(hours(band.to) - hours(band.from)) * 10}
                  height="8"
                  style={{ fill: seriesColor(index) }}
                />
              ),
          )}
        </g>
      ))}
    </svg>
  );
}

/** "08:30" is 8.5. */
const hours = (text: string): number => Number(text.slice(0, 2)) + Number(text.slice(3, 5)) / 60;
