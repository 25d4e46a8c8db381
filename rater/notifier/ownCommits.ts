/**
 * What the rater in this process commits to one partition, told as it is stored. The follower passes over it without having it read back:
 * half of what a rater under load would do were to receive its own commits. One with alerts it still reads, by itself.
 */
import type { ChainLink } from '#core/messages/rated.ts';
import { notifierLimits } from './limits.ts';

/** Where a commit stands: the message before it, and its own hash. */
export interface CommitLink {
  readonly prev: ChainLink;
  readonly hash: string;
}

export interface OwnCommit extends CommitLink {
  readonly seq: number;
  readonly hasAlerts: boolean;
}

export class OwnCommits {
  /** Without a gap between them. */
  private told: OwnCommit[] = [];
  private onTold: () => void = () => undefined;

  tell(commit: OwnCommit): void {
    const last = this.told.at(-1);
    const isNext = last === undefined || commit.seq === last.seq + 1;
    if (!isNext || this.told.length >= notifierLimits.ownCommitsMax) this.told = [];
    this.told.push(commit);
    this.onTold();
  }

  /** The one right behind that sequence; forgets those up to it. */
  after(seq: number): OwnCommit | undefined {
    const from = this.told.findIndex((commit) => commit.seq > seq);
    this.told = from < 0 ? [] : from === 0 ? this.told : this.told.slice(from);
    return this.told[0]?.seq === seq + 1 ? this.told[0] : undefined;
  }

  clear(): void {
    this.told = [];
  }

  /** Calls back when one is told, until the next call. */
  listen(onTold: () => void): void {
    this.onTold = onTold;
  }

  /** Resolves when one is told, the time is over or the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      this.listen(end);
    });
  }
}
