import type { RefusalReason } from '#core/messages/rated.ts';

/** "broken_chain" as people read it: "broken chain". */
export const reasonName = (reason: RefusalReason): string => reason.replaceAll('_', ' ');
