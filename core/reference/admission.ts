/** SPEC §2.13: what becomes of a message of `USAGE`, and how it is counted. */
import { epochText, type RefusalReason } from '../messages/rated.ts';
import { settleRows } from './agreements/settle.ts';
import type { BatchBody } from '../metering/batch.ts';
import { samplesIn } from './body.ts';
import { evaluateMoved } from './budgets/looks.ts';
import type { Input, Ports } from './engine.ts';
import { judge, trackOf } from './judge.ts';
import { lateRow } from './repricing.ts';
import { takeSample } from './samples.ts';
import type { Counts, Outcome, Source, State, Track } from './state.ts';

export function takeUsage(state: State, ports: Ports, input: Input, outcome: Outcome): void {
  const [, , tenantId = '', producerId = ''] = input.subject.split('.');
  const verdict = judge(state, ports, input, tenantId, producerId);
  const samples = samplesIn(verdict.body);
  const source: Source = {
    producer: producerId,
    epoch: verdict.body === undefined ? '' : epochText(verdict.body.epoch),
    seq: verdict.body?.seq ?? 0,
    inputSeq: input.seq,
    logTimeMs: state.logTimeMs,
    trace: verdict.kind === 'taken' ? verdict.body.trace : '',
  };
  const track = trackOf(state, tenantId, producerId);
  switch (verdict.kind) {
    case 'refused':
      outcome.refusals.push(refusalOf(tenantId, source, -1, verdict.reason, samples));
      count(state, track, 'batches', 'refused', 1);
      count(state, track, 'samples', 'refused', samples);
      return;
    case 'duplicate':
      count(state, track, 'batches', 'duplicates', 1);
      count(state, track, 'samples', 'duplicates', samples);
      return;
    case 'taken':
      count(state, track, 'batches', 'rated', 1);
      noteWord(track!, verdict.body, state.logTimeMs);
      outcome.because = {
        tenant: tenantId,
        cause: { producer: producerId, epoch: source.epoch, seq: source.seq },
        trace: source.trace,
      };
      for (let index = 0; index < samples; index++) {
        const rows = takeSample(state, verdict.tenant, verdict.body, index, source);
        const isRefused = typeof rows === 'string';
        count(state, track, 'samples', isRefused ? 'refused' : 'rated', 1);
        if (isRefused) outcome.refusals.push(refusalOf(tenantId, source, index, rows, 1));
        else outcome.rows.push(...rows);
      }
      outcome.rows.push(...state.late.splice(0).map((late) => lateRow(state, late)));
      settleRows(state, verdict.tenant, outcome, source);
      evaluateMoved(state, verdict.tenant, source, outcome);
  }
}

/** 2.16. */
function noteWord(track: Track, { completeUntilMs: said }: BatchBody, logTimeMs: number): void {
  if (said === undefined) return;
  const heard = said > logTimeMs ? logTimeMs : said;
  if (track.word === undefined || heard > track.word) track.word = heard;
}

function refusalOf(
  tenant: string,
  { producer, epoch, seq, inputSeq, logTimeMs }: Source,
  index: number,
  reason: RefusalReason,
  samples: number,
): Outcome['refusals'][number] {
  return { tenant, producer, epoch, seq, index, reason, samples, stream: 'usage', inputSeq, logTimeMs };
}

function count(state: State, track: Track | undefined, of: 'samples' | 'batches', as: keyof Counts, by: number): void {
  for (const counts of track === undefined ? [state[of]] : [state[of], track[of]]) {
    counts.received += by;
    counts[as] += by;
  }
}
