/** A disk in memory that can tear what was not synced, refuse writes, and flip bits. */
import type { AppendFile, Disk } from '#platform/disk.ts';

interface Content {
  bytes: Buffer;
  synced: number;
}

export class MemoryDisk implements Disk {
  readonly files = new Map<string, Content>();
  /** Throws instead of doing the next write, sync or truncation so many times. */
  failWrites = 0;
  /** A failing write leaves this many of its bytes behind. */
  partialBytes = 0;

  #failing(): boolean {
    if (this.failWrites === 0) return false;
    this.failWrites--;
    return true;
  }

  #get(path: string): Content {
    const content = this.files.get(path);
    if (content === undefined) throw new Error(`ENOENT ${path}`);
    return content;
  }

  makeDir(): void {}

  list(path: string): readonly string[] {
    const below = `${path}/`;
    return [...this.files.keys()].filter((name) => name.startsWith(below) && !name.slice(below.length).includes('/')).map((name) => name.slice(below.length)).sort(); // prettier-ignore
  }

  read(path: string): Uint8Array {
    return Buffer.from(this.#get(path).bytes);
  }

  size(path: string): number {
    return this.#get(path).bytes.length;
  }

  append(path: string): AppendFile {
    const content = this.#get(path);
    return {
      write: (bytes) => {
        const failing = this.#failing();
        content.bytes = Buffer.concat([content.bytes, failing ? bytes.subarray(0, this.partialBytes) : bytes]);
        if (failing) throw new Error('ENOSPC');
      },
      sync: () => {
        if (this.#failing()) throw new Error('EIO');
        content.synced = content.bytes.length;
      },
      truncate: (size) => {
        if (this.#failing()) throw new Error('EIO');
        content.bytes = content.bytes.subarray(0, size);
        content.synced = size;
      },
      close: () => {},
    };
  }

  replace(path: string, bytes: Uint8Array): void {
    if (this.#failing()) throw new Error('ENOSPC');
    this.files.set(path, { bytes: Buffer.from(bytes), synced: bytes.length });
  }

  rename(from: string, to: string): void {
    this.files.set(to, this.#get(from));
    this.files.delete(from);
  }

  remove(path: string): void {
    this.files.delete(path);
  }

  /** Power is lost: of what was not synced, a part chosen by `part` (0 … 1) has reached the disk. */
  crash(part: number): void {
    for (const content of this.files.values()) {
      const keep = content.synced + Math.floor((content.bytes.length - content.synced) * part);
      content.bytes = content.bytes.subarray(0, keep);
      content.synced = keep;
    }
    this.failWrites = 0;
  }
}
