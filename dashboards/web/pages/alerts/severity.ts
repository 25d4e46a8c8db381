import type { Severity } from '#core/messages/alert.ts';
import type { Tone } from '../../components/StateBadge.tsx';

const tones: Readonly<Record<Severity, Tone>> = { info: 'info', warning: 'warn', critical: 'block' };

export const severityTone = (severity: Severity): Tone => tones[severity];
