/** A budget's state or an alert's action, in its colour and in words. */
import './badge.css';

export type Tone = 'ok' | 'warn' | 'throttle' | 'block' | 'info' | 'plain';

const tones: Readonly<Record<string, Tone>> = {
  within: 'ok',
  warned: 'warn',
  notify: 'warn',
  throttled: 'throttle',
  throttle: 'throttle',
  blocked: 'block',
  block: 'block',
  released: 'info',
  release: 'info',
};

export const toneOf = (state: string): Tone => tones[state] ?? 'plain';

export function Badge({ tone, children, testId }: { tone: Tone; children: React.ReactNode; testId?: string }) {
  return (
    <span className={`badge ${tone}`} data-testid={testId}>
      {children}
    </span>
  );
}

export const StateBadge = ({ state, testId }: { state: string; testId?: string }) => (
  <Badge tone={toneOf(state)} {...(testId === undefined ? {} : { testId })}>
    {state}
  </Badge>
);

/** Stands wherever figures come from a simulated producer; `part` where others are summed with them. */
export const SimulatedMark = ({ part = false }: { part?: boolean }) => (
  <span
    className={`badge simulated ${part ? 'part' : ''}`}
    title={part ? 'Includes usage of simulated producers, below' : 'From a simulated producer, not from a real machine'}
  >
    {part ? 'part simulated' : 'simulated'}
  </span>
);
