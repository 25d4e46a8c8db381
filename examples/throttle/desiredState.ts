/** What the budgets want of the service, kept in a small file so that a restarted receiver goes on where it was. */
import type { DesiredState as Answer } from '../enforce/wanted.ts';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Ids remembered to recognize a webhook that comes again; the oldest go first. */
const idsMax = 1000;

interface Saved {
  /** By source: whether it holds the service back, and since which instant of the log. */
  readonly budgets: Record<string, { readonly holds: boolean; readonly logTimeMs: number }>;
  readonly since: string | null;
  readonly ids: string[];
}

export interface BudgetEvent {
  readonly id: string;
  /** What it is about, such as `budget:render-month`. */
  readonly source: string;
  /** Where that stands after it: every event carries the whole answer, so a lost one is made up for by the next. */
  readonly state: string;
  readonly action: 'notify' | 'throttle' | 'block' | 'release';
  readonly logTimeMs: number;
}

export type Effect = 'throttled' | 'released' | 'noted' | 'repeated' | 'outdated';

export class DesiredState {
  private readonly path: string;
  private saved: Saved;

  constructor(path: string) {
    this.path = path;
    this.saved = read(path);
  }

  /** One budget that holds is enough. */
  get throttled(): boolean {
    return someHold(this.saved.budgets);
  }

  get since(): string | null {
    return this.saved.since;
  }

  /** Takes an event once, and none that is older than what is known of its budget. Saved when it returns. */
  take(event: BudgetEvent, now: Date): Effect {
    if (this.saved.ids.includes(event.id)) return 'repeated';
    const before = this.throttled;
    const known = this.saved.budgets[event.source];
    const outdated = known !== undefined && event.logTimeMs < known.logTimeMs;
    const { state, action } = event;
    // An empty wallet that only tells changes nothing of what it asked for when it became empty.
    const stays = action === 'notify' && state === 'empty' && known?.holds === true;
    const holds = stays || state === 'throttled' || state === 'blocked' || action === 'throttle' || action === 'block';
    const budgets = outdated
      ? this.saved.budgets
      : { ...this.saved.budgets, [event.source]: { holds, logTimeMs: event.logTimeMs } };
    const throttled = someHold(budgets);
    const since = throttled === before ? this.saved.since : throttled ? now.toISOString() : null;
    this.save({ budgets, since, ids: [...this.saved.ids, event.id].slice(-idsMax) });
    if (outdated) return 'outdated';
    return throttled ? 'throttled' : before ? 'released' : 'noted';
  }

  /** Takes Meterline's answer of what holds now; only what webhooks have said since stands beside it. */
  replace({ accounts, watermark: { logTimeMs } }: Answer): void {
    const newer = Object.entries(this.saved.budgets).filter(([, known]) => known.logTimeMs > logTimeMs);
    const asked = accounts.flatMap(({ why }) =>
      why.map(({ kind, id, state }) => [`${kind}:${id}`, { holds: state !== 'none', logTimeMs }] as const),
    );
    const budgets = Object.fromEntries([...asked, ...newer]);
    const throttled = someHold(budgets);
    const since = throttled ? (this.saved.since ?? new Date().toISOString()) : null;
    this.save({ ...this.saved, budgets, since });
  }

  private save(next: Saved): void {
    writeFileSync(`${this.path}.draft`, JSON.stringify(next), { mode: 0o600, flush: true });
    renameSync(`${this.path}.draft`, this.path);
    this.saved = next;
  }
}

const someHold = (budgets: Saved['budgets']): boolean => Object.values(budgets).some(({ holds }) => holds);

function read(path: string): Saved {
  try {
    const saved = JSON.parse(readFileSync(path, 'utf8')) as Saved;
    // A file of an earlier version names budgets by their bare ids.
    const named = Object.entries(saved.budgets).map(([id, held]) => [id.includes(':') ? id : `budget:${id}`, held]);
    return { ...saved, budgets: Object.fromEntries(named) as Saved['budgets'] };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { budgets: {}, since: null, ids: [] };
  }
}
