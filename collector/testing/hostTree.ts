/** A recorded /proc and /sys below a directory of its own, whose counters a test moves. */
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class HostTree implements Disposable {
  readonly root: string;
  constructor(recording?: string) {
    this.root = mkdtempSync(join(tmpdir(), 'meterline-host-'));
    if (recording !== undefined)
      cpSync(join(import.meta.dirname, '..', 'testdata', recording), this.root, { recursive: true });
  }
  get procRoot(): string {
    return join(this.root, 'proc');
  }
  get sysRoot(): string {
    return join(this.root, 'sys');
  }
  path(name: string): string {
    return join(this.root, name);
  }
  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    // In one step, as the kernel shows its counters: a reader never sees half a file.
    writeFileSync(`${this.path(name)}.new`, text);
    renameSync(`${this.path(name)}.new`, this.path(name));
  }
  remove(name: string): void {
    rmSync(this.path(name), { recursive: true });
  }
  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
