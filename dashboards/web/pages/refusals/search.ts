import { refusalReasons, type RefusalReason } from '#core/messages/rated.ts';

export interface RefusalsSearch {
  readonly producer?: string;
  readonly reason?: RefusalReason;
}

export function parseRefusalsSearch({ producer, reason }: Record<string, unknown>): RefusalsSearch {
  return {
    ...(typeof producer === 'string' && producer !== '' ? { producer } : {}),
    ...(typeof reason === 'string' && Object.hasOwn(refusalReasons, reason) ? { reason: reason as RefusalReason } : {}),
  };
}
