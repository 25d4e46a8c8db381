/** What the agents have on their disks: every sample that was ever signed, read from their spools while the run goes on. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseSegmentFile, scanSegment } from '#collector/spool/segment.ts';
import { decodeEnvelope, type BatchBody } from '#core/metering/batch.ts';
import { epochText } from '#core/messages/rated.ts';
import { dataPaths } from '#platform/config.ts';
import type { ChaosAgent } from './organisation.ts';

/** Where a batch stands in its producer's order. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
}

interface Segment {
  readonly size: number;
  /** Samples of each batch, by sequence. */
  readonly batches: ReadonlyMap<number, number>;
  readonly epoch: string;
  readonly sources: ReadonlySet<string>;
}

export class Ledger {
  readonly #dataDir: string;
  readonly #agents: readonly ChaosAgent[];
  /** By path: a segment that is gone stays known as it was seen last. */
  readonly #segments = new Map<string, Map<string, Segment>>();

  constructor(dataDir: string, agents: readonly ChaosAgent[]) {
    this.#dataDir = dataDir;
    this.#agents = agents;
  }

  /** Takes in what was spooled since the last look. */
  look(): void {
    for (const { producer } of this.#agents) {
      const dir = join(dataPaths(this.#dataDir).collector, producer, 'spool');
      const known = this.#segments.get(producer) ?? new Map<string, Segment>();
      this.#segments.set(producer, known);
      for (const file of listed(dir)) {
        const name = parseSegmentFile(file);
        if (name === undefined) continue;
        const size = statSync(join(dir, file), { throwIfNoEntry: false })?.size ?? 0;
        if (known.get(file)?.size === size) continue;
        const segment = readSegment(join(dir, file), epochText(name.epoch));
        if (segment !== undefined) known.set(file, segment);
      }
    }
  }

  /** The newest batch of each agent that has spooled any. */
  newest(): ReadonlyMap<ChaosAgent, Place> {
    const places = new Map<ChaosAgent, Place>();
    for (const agent of this.#agents) {
      const segments = [...(this.#segments.get(agent.producer) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const last = segments.map(([, segment]) => segment).findLast(({ batches }) => batches.size > 0);
      if (last !== undefined) places.set(agent, { epoch: last.epoch, seq: Math.max(...last.batches.keys()) });
    }
    return places;
  }

  /** Whether every agent has read that source once: its counters are measured from there on. */
  hasRead(source: string): boolean {
    return this.#agents.every(({ producer }) =>
      [...(this.#segments.get(producer)?.values() ?? [])].some(({ sources }) => sources.has(source)),
    );
  }

  /** `<producer> <epoch> <seq>` → number of samples. */
  sent(): ReadonlyMap<string, number> {
    const sent = new Map<string, number>();
    for (const [producer, segments] of this.#segments) {
      for (const { epoch, batches } of segments.values())
        for (const [seq, samples] of batches) sent.set(`${producer} ${epoch} ${seq}`, samples);
    }
    return sent;
  }
}

function listed(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // The agent has not begun.
  }
}

/** Undefined when it has just been removed. A record that is being written is not there yet. */
function readSegment(path: string, epoch: string): Segment | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  const scan = scanSegment(bytes);
  const batches = new Map(
    scan.batches.map(({ seq, envelope }) => {
      const body = JSON.parse(Buffer.from(decodeEnvelope(envelope)!.body).toString()) as BatchBody;
      return [seq, body.s.length];
    }),
  );
  const states = [...(scan.head?.states ?? []), ...scan.states];
  return { size: bytes.length, batches, epoch, sources: new Set(states.map(({ source }) => source)) };
}
