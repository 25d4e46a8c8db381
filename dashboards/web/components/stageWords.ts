import type { Stage } from '#core/messages/pressure.ts';
import type { Tone } from './StateBadge.tsx';

/** How a stage is, in a word or two; colour never says it alone. */
export function stageWord({ state, unit, id }: Pick<Stage, 'state' | 'unit' | 'id'>): string {
  if (state === 'ok') return 'well';
  if (id === 'disk') return state === 'full' ? 'full' : 'short';
  if (state === 'full') return 'held up';
  return unit === 'ms' ? 'behind' : 'filling';
}

export const stageTones: Readonly<Record<Stage['state'], Tone>> = { ok: 'ok', warn: 'warn', full: 'block' };
