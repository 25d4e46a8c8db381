/** Shown on every page while something is held up on its way; leads to what it is. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { pressureQuery } from '../api/queries.ts';
import { stageWord } from './stageWords.ts';
import './pressureBadge.css';

export function PressureBadge() {
  const { data } = useQuery(pressureQuery);
  const held = data?.stages.filter(({ state }) => state !== 'ok') ?? [];
  const worst = held.find(({ state }) => state === 'full') ?? held[0];
  if (worst === undefined) return null;
  const others = held.length > 1 ? `+${held.length - 1}` : '';
  return (
    <Link
      to="/status"
      className={`pill pressure ${worst.state}`}
      aria-label={`${worst.name} ${stageWord(worst)}, see Status`}
      title={`${worst.detail} ${worst.effect}`}
      data-testid="pressure-badge"
      data-state={worst.state}
    >
      <i className="dot" />
      <span className="pressure-wide">{worst.name}</span> {stageWord(worst)}
      <span className="pressure-wide">{others}</span>
    </Link>
  );
}
