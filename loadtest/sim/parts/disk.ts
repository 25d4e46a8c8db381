/** The disk of a metered host: writes that fail half-way, and that a power failure tears. */
import { posix } from 'node:path';
import type { AppendFile, Disk } from '#platform/disk.ts';
import type { Faults } from '../faults.ts';
import type { Random } from '../random.ts';

interface File {
  bytes: Buffer;
  /** Bytes that a power failure leaves. */
  durable: number;
}

export class SimulatedDisk implements Disk {
  readonly #files = new Map<string, File>();
  readonly #faults: Faults;
  readonly #random: Random;

  constructor(faults: Faults, random: Random) {
    this.#faults = faults;
    this.#random = random;
  }

  /** What was not synced is gone from some byte on. */
  powerFailure(): void {
    for (const file of this.#files.values()) {
      const kept = file.durable + this.#random.below(file.bytes.length - file.durable + 1);
      file.bytes = file.bytes.subarray(0, kept);
      file.durable = kept;
    }
  }

  makeDir(): void {}

  list(path: string): readonly string[] {
    return [...this.#files.keys()]
      .filter((name) => posix.dirname(name) === path)
      .map((name) => posix.basename(name))
      .sort();
  }

  read(path: string): Uint8Array {
    return Uint8Array.from(this.#file(path).bytes);
  }

  size(path: string): number {
    return this.#file(path).bytes.length;
  }

  append(path: string): AppendFile {
    const file = this.#file(path);
    return {
      write: (bytes) => {
        if (this.#faults.strikes('diskFails')) {
          file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, this.#random.below(bytes.length))]);
          throw new Error('no space left on device');
        }
        file.bytes = Buffer.concat([file.bytes, bytes]);
      },
      sync: () => {
        if (this.#faults.strikes('diskFails')) throw new Error('input/output error');
        file.durable = file.bytes.length;
      },
      truncate: (size) => {
        file.bytes = file.bytes.subarray(0, size);
        file.durable = size;
      },
      close: () => undefined,
    };
  }

  replace(path: string, bytes: Uint8Array): void {
    if (this.#faults.strikes('diskFails')) throw new Error('no space left on device');
    this.#files.set(path, { bytes: Buffer.from(bytes), durable: bytes.length });
  }

  rename(from: string, to: string): void {
    this.#files.set(to, this.#file(from));
    this.#files.delete(from);
  }

  remove(path: string): void {
    this.#file(path);
    this.#files.delete(path);
  }

  #file(path: string): File {
    const file = this.#files.get(path);
    if (file === undefined) throw new Error(`no such file: ${path}`);
    return file;
  }
}
