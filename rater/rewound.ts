import { streams } from '#core/messages/names.ts';
import type { PartitionState } from '#core/rating/state.ts';
import { sha256 } from '#platform/crypto.ts';
import type { Log } from '#platform/log.ts';

/** The stream has lost its tail: the state must be rebuilt from what survives. */
export class Rewound extends Error {
  override readonly name = 'Rewound';
}

/**
 * From where an input stream is read on. One that lost its tail no longer holds what was taken last: it is read again, the marks make
 * that safe.
 */
export async function nextSeq(
  log: Pick<Log, 'get'>,
  state: PartitionState,
  stream: 'usage' | 'control',
  onRewound: (seq: number) => void,
): Promise<number> {
  const { seq, hash } = state[stream];
  if (seq === 0) return 1;
  const message = await log.get(streams[stream](state.partition), seq);
  if (message !== undefined && sha256(message.data) === hash) return seq + 1;
  onRewound(seq);
  return 1;
}
