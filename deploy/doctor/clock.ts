import { existsSync } from 'node:fs';
import { warning, well, type Finding } from './finding.ts';

/** Earlier than this program, a clock is surely wrong. */
const earliestMs = Date.UTC(2025, 0, 1);

/** Usage is billed by event time, so the clock has to be right; systemd leaves a mark once it was synchronized. */
export function clockFinding(nowMs = Date.now(), synchronizedMark = '/run/systemd/timesync/synchronized'): Finding {
  const detail = new Date(nowMs).toISOString();
  if (nowMs < earliestMs)
    return warning('clock', `${detail} lies in the past`, 'Set the clock, and keep it right with NTP.');
  if (existsSync('/run/systemd/timesync') && !existsSync(synchronizedMark)) {
    return warning(
      'clock',
      `${detail}, not synchronized yet`,
      'Turn on time synchronization: timedatectl set-ntp true.',
    );
  }
  return well('clock', detail);
}
