/** What a spool directory holds when an agent starts: segments, the place in the sequence, the counters' states. */
import { join } from 'node:path';
import type { Epoch } from '#core/metering/batch.ts';
import type { Disk } from '#platform/disk.ts';
import type { ChainHead } from '../batches/seal.ts';
import { applyChange, changeFromText, type SourceState } from '../counters/state.ts';
import { quarantine, repairSegment, type Fill } from './repair.ts';
import { compareEpochs, parseSegmentFile, scanSegment, segmentFile, type Scan, type SegmentName } from './segment.ts';

export interface Segment {
  readonly file: string;
  readonly epoch: Epoch;
  readonly firstSeq: number;
  /** firstSeq − 1 while it holds no batch. */
  lastSeq: number;
  bytes: number;
  newestMs: number;
}

export interface Position {
  readonly epoch: Epoch;
  readonly seq: number;
}

export interface Recovered {
  readonly segments: Segment[];
  /** Undefined when the sequence cannot go on: a new epoch must begin. */
  readonly head: ChainHead | undefined;
  /** Hash of the newest batch and the newest epoch, as far as known. */
  readonly last: { readonly epoch: Epoch; readonly hash: string } | undefined;
  readonly states: Map<string, SourceState>;
  readonly acknowledged: Position | null;
  /** What happened, for the log and for the first batch; "" when nothing did. */
  readonly loss: string;
  /** Bytes of a torn tail that were cut. */
  readonly tornBytes: number;
  readonly lostBatches: number;
}

export function recover(disk: Disk, dir: string, machine: string, fill: Fill): Recovered {
  disk.makeDir(dir);
  const files = disk.list(dir);
  for (const file of files) if (file.endsWith('.tmp')) disk.remove(join(dir, file));
  const names = files.flatMap((file) => parseSegmentFile(file) ?? []).sort(byPosition);
  const newest = names.pop();
  const nothing = {
    segments: [],
    head: undefined,
    last: undefined,
    states: new Map<string, SourceState>(),
    acknowledged: null,
  };
  if (newest === undefined) return { ...nothing, loss: '', tornBytes: 0, lostBatches: 0 };

  const segments = olderSegments(disk, dir, names, newest);
  const file = segmentFile(newest);
  const path = join(dir, file);
  let bytes = Buffer.from(disk.read(path));
  const scan = scanSegment(bytes);
  const lastBatch = scan.batches.at(-1);
  if (scan.head === undefined && lastBatch === undefined) {
    quarantine(disk, dir, file, bytes);
    disk.remove(path);
    const last = { epoch: newest.epoch, hash: '' };
    return {
      ...nothing,
      segments,
      last,
      loss: `segment ${file} could not be read at all`,
      tornBytes: 0,
      lostBatches: 0,
    };
  }

  const lastSeq = lastBatch?.seq ?? newest.firstSeq - 1;
  let lostBatches = 0;
  if (scan.damaged) {
    quarantine(disk, dir, file, bytes);
    const repair = {
      epoch: newest.epoch,
      firstSeq: newest.firstSeq,
      lastSeq,
      scan,
      machine,
      why: 'damaged segment',
      fill,
    };
    const repaired = repairSegment(repair);
    disk.replace(path, repaired.bytes);
    bytes = Buffer.from(repaired.bytes);
    lostBatches = repaired.lost.length;
  } else if (scan.end < bytes.length) {
    const opened = disk.append(path);
    opened.truncate(scan.end);
    opened.close();
  }
  const tornBytes = scan.damaged ? 0 : bytes.length - scan.end;
  segments.push({
    file,
    epoch: newest.epoch,
    firstSeq: newest.firstSeq,
    lastSeq,
    bytes: bytes.length - tornBytes,
    newestMs: Math.max(newest.createdMs, scan.newestMs),
  });
  const last = { epoch: newest.epoch, hash: lastBatch?.hash ?? scan.head?.prev ?? '' };
  const moved = scan.head !== undefined && scan.head.machine !== machine;
  const loss =
    scan.head === undefined ? `head of segment ${file} damaged` : moved ? 'the spool comes from another machine' : '';
  const trusted = loss === '';
  return {
    segments,
    head: trusted ? { epoch: newest.epoch, nextSeq: lastSeq + 1, prev: last.hash } : undefined,
    last,
    states: trusted ? foldStates(scan) : new Map(),
    acknowledged: scan.head?.acknowledged ?? null,
    loss,
    tornBytes,
    lostBatches,
  };
}

const byPosition = (a: SegmentName, b: SegmentName): number =>
  compareEpochs(a.epoch, b.epoch) || a.firstSeq - b.firstSeq || a.createdMs - b.createdMs;

/** Where a closed segment ends is where the next one of its epoch begins; the last of an older epoch has to be read. */
function olderSegments(disk: Disk, dir: string, names: readonly SegmentName[], newest: SegmentName): Segment[] {
  return names.map((name, index) => {
    const file = segmentFile(name);
    const next = names[index + 1] ?? newest;
    const continued = compareEpochs(next.epoch, name.epoch) === 0;
    const lastSeq = continued ? next.firstSeq - 1 : lastSeqOf(disk, join(dir, file), name);
    return {
      file,
      epoch: name.epoch,
      firstSeq: name.firstSeq,
      lastSeq,
      bytes: disk.size(join(dir, file)),
      newestMs: next.createdMs,
    };
  });
}

const lastSeqOf = (disk: Disk, path: string, name: SegmentName): number =>
  scanSegment(Buffer.from(disk.read(path))).batches.at(-1)?.seq ?? name.firstSeq - 1;

function foldStates(scan: Scan): Map<string, SourceState> {
  const states = new Map<string, SourceState>();
  for (const text of [...(scan.head?.states ?? []), ...scan.states]) {
    states.set(text.source, applyChange(states.get(text.source), changeFromText(text)));
  }
  return states;
}
