/** TRACE of what is rated again (SPEC §16.8): each sample is as its signed batch says. */
import type { AgainBatch } from '../../messages/correction.ts';
import type { ControlMessage } from '../../messages/control.ts';
import type { BatchBody } from '../../metering/batch.ts';
import { openEnvelope, readJson } from '../body.ts';
import type { Input, Ports } from '../engine.ts';
import type { Outcome } from '../state.ts';
import type { Faults } from './faults.ts';

export class Signed {
  /** Batches of which samples are rated again; undefined: all are kept. */
  readonly #named: ReadonlySet<string> | undefined;
  readonly #bodies = new Map<string, { readonly partition: number; readonly usageSeq: number; readonly body: BatchBody }>(); // prettier-ignore

  constructor(named?: ReadonlySet<string>) {
    this.#named = named;
  }

  /** An input that was taken. */
  take(partition: number, input: Input, { because }: Outcome, ports: Ports, where: string, faults: Faults): void {
    if (input.stream === 'control') {
      const { tenant, changes } = readJson(ports.readText, input.data) as ControlMessage;
      for (const change of changes)
        if (change.kind === 'correctionRows')
          for (const batch of change.again ?? []) this.#compare(tenant, batch, where, faults);
      return;
    }
    if (because?.cause == null) return;
    const { producer, epoch, seq } = because.cause;
    const key = signedKey(because.tenant, { producer, epoch, seq });
    if (this.#named?.has(key) === false) return;
    const body = readJson(ports.readText, openEnvelope(input.data)!.body) as BatchBody;
    this.#bodies.set(key, { partition, usageSeq: input.seq, body });
  }

  #compare(tenant: string, batch: AgainBatch, where: string, faults: Faults): void {
    const key = signedKey(tenant, batch);
    const known = this.#bodies.get(key);
    const isThere = known?.partition === batch.partition && known.usageSeq === batch.usageSeq;
    if (!isThere) faults.add('TRACE', `${where}: samples of batch ${key} are rated again, which is not there`);
    if (known === undefined || !isThere) return;
    for (const [index, resource, metric, dims, ...figures] of batch.samples) {
      const { name, unit, scale, kind } = batch.metrics[metric] ?? {};
      const said = JSON.stringify([batch.resources[resource], { name, unit, scale, kind }, batch.dims[dims] ?? null, ...figures]); // prettier-ignore
      const signed = textOf(known.body, index);
      if (said !== signed)
        faults.add('TRACE', `${where}: sample ${index} of batch ${key} is rated again as ${said}, and was signed as ${signed}`); // prettier-ignore
    }
  }
}

export const signedKey = (tenant: string, batch: Pick<AgainBatch, 'producer' | 'epoch' | 'seq'>): string =>
  `${tenant} ${batch.producer} ${batch.epoch} ${batch.seq}`;

/** As `AgainSample` says it, names in place of numbers. */
function textOf({ s, k, q, series, ticks, resources, metrics, dims, baseMs }: BatchBody, index: number): string {
  const [resource, metric, dimsAt] = series[s[index]!] ?? [-1, -1, -1];
  const [offsetMs, durationMs] = ticks[k[index]!] ?? [NaN, NaN];
  const { name, unit, scale, kind } = metrics[metric] ?? {};
  return JSON.stringify([resources[resource], { name, unit, scale, kind }, dims[dimsAt] ?? null, baseMs + offsetMs, durationMs, String(q[index])]); // prettier-ignore
}
