import type { FleetMember } from '#core/messages/api.ts';
import type { Pressure, Stage } from '#core/messages/pressure.ts';
import { spoolStage, worstOf } from '#core/pressure/assess.ts';

/** The stages as one tenant may see them: of agents' disks its own alone. */
export function pressureFor(whole: Pressure, fleet: readonly FleetMember[]): Pressure {
  const stages = whole.stages.map((stage): Stage => {
    if (stage.id !== 'spool') return stage;
    const own = spoolStage(fleet.map(({ producer, spool }) => ({ producer, ...spool })));
    const isWell = own.state === 'ok';
    return { id: 'spool', ...own, ...(isWell ? { effect: '', solve: '' } : {}), sinceMs: isWell ? null : (stage.sinceMs ?? whole.asOfMs) }; // prettier-ignore
  });
  return { asOfMs: whole.asOfMs, state: worstOf(stages), stages };
}
