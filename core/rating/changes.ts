/** What the inputs since the last commit have changed; the commit carries it, replay applies it. */
import type { ControlMessage } from '../messages/control.ts';
import type { Alert } from '../messages/alert.ts';
import type { CreditEntry } from '../messages/credit.ts';
import type { CommitInputs, Refusal } from '../messages/rated.ts';
import type { RecordedRequest } from '../messages/checks.ts';
import { carried } from './aggregate.ts';
import type { Settlement } from './agreements/settlement.ts';
import { ByteText } from './byteText.ts';
import { cleanCredits } from './credits/values.ts';
import type { Wallet } from './credits/tenantCredits.ts';
import type { Level } from './levels.ts';
import type { Budget } from '../budgets/state.ts';
import type { Balance, Producer, Resource, Series, Tally, Tenant } from './state.ts';

export class Changes {
  readonly taken: { stream: 'usage' | 'control'; from: number; to: number }[] = [];
  readonly producers: { readonly tenant: string; readonly producer: Producer }[] = [];
  readonly resources: Resource[] = [];
  readonly series: Series[] = [];
  readonly ended: Series[] = [];
  readonly opened: Tally[] = [];
  readonly tallies: Tally[] = [];
  /** Tallies into which something is carried over, and those for which that changed. */
  readonly rolled: Tally[] = [];
  /** Tallies of which a correction changed what they took over. */
  readonly carried = new Set<Tally>();
  /** Tallies of which the shadow changed, and the shadows of their tenant. */
  readonly shadows = new Map<number, Tenant['shadows']>();
  /** Whether the work of closes went on. */
  closed = false;
  readonly levels: Level[] = [];
  readonly balances: Balance[] = [];
  readonly settlements: Settlement[] = [];
  readonly control: ControlMessage[] = [];
  readonly budgets: { readonly tenant: Tenant; readonly budget: Budget }[] = [];
  /** Whether what waits of budgets changed. */
  waited = false;
  readonly alerts: Alert[] = [];
  /** Requests on holds that changed something: nothing is taken after them. */
  readonly requests: RecordedRequest[] = [];
  /** Tenants whose charges of the input in hand are still to be paid by credits, and those whose credits the commit changes. */
  readonly unpaid = new Set<Tenant>();
  readonly credited = new Set<Tenant>();
  readonly wallets: { readonly tenant: string; readonly wallet: Wallet }[] = [];
  readonly creditEntries: CreditEntry[] = [];
  readonly refusals: Refusal[] = [];
  /** Block lines, one after the other, without their four leading columns and without newlines, and where each ends. */
  readonly text: ByteText;
  readonly lineEnds: number[] = [];
  timeMoved = false;

  /** `text`: memory of an earlier commit that is written. */
  constructor(text = new ByteText()) {
    this.text = text.clear();
  }

  get isEmpty(): boolean {
    return this.taken.length === 0 && this.requests.length === 0 && !this.timeMoved;
  }

  took(stream: CommitInputs['taken'][number]['stream'], seq: number): void {
    const last = this.taken.at(-1);
    if (last?.stream === stream && last.to === seq - 1) last.to = seq;
    else this.taken.push({ stream, from: seq, to: seq });
  }

  producer(tenant: string, producer: Producer): void {
    if (producer.dirty) return;
    producer.dirty = true;
    this.producers.push({ tenant, producer });
  }

  end(series: Series): void {
    if (series.dirty) return;
    series.dirty = true;
    this.ended.push(series);
  }

  open(tally: Tally): void {
    this.opened.push(tally);
    if (tally.rolled.length > 0) this.rolled.push(tally);
  }

  tally(tally: Tally): void {
    if (tally.dirty) return;
    tally.dirty = true;
    this.tallies.push(tally);
    if (tally.rolled.length > 0) this.rolled.push(tally);
  }

  level(level: Level): void {
    if (level.dirty) return;
    level.dirty = true;
    this.levels.push(level);
  }

  balance(balance: Balance): void {
    if (balance.dirty) return;
    balance.dirty = true;
    balance.written = true;
    this.balances.push(balance);
  }

  settlement(settlement: Settlement): void {
    if (settlement.dirty) return;
    settlement.dirty = true;
    this.settlements.push(settlement);
  }

  budget(tenant: Tenant, budget: Budget): void {
    if (budget.dirty) return;
    budget.dirty = true;
    this.budgets.push({ tenant, budget });
  }

  wallet(tenant: string, wallet: Wallet): void {
    if (wallet.dirty) return;
    wallet.dirty = true;
    this.wallets.push({ tenant, wallet });
  }

  line(write: (out: ByteText) => void): void {
    write(this.text);
    this.lineEnds.push(this.text.length);
  }

  /** About how long the lines of the commit will be. */
  get lineBytes(): number {
    return this.text.length + 40 * this.lineEnds.length;
  }

  /** Forgets the marks on the changed objects, once they are written into a commit. */
  clean(): void {
    for (const { producer } of this.producers) {
      producer.dirty = false;
      producer.freshHashes = 0;
    }
    for (const series of this.ended) series.dirty = false;
    for (const tally of this.tallies) {
      tally.dirty = false;
      carried(tally);
      tally.pool?.fresh.clear();
    }
    for (const [tally, shadows] of this.shadows) {
      const shadow = shadows.get(tally);
      if (shadow !== undefined) carried(shadow.tally);
    }
    for (const level of this.levels) level.dirty = false;
    for (const balance of this.balances) balance.dirty = false;
    for (const { wallet } of this.wallets) wallet.dirty = false;
    for (const { credits } of this.credited) cleanCredits(credits!);
    for (const { budget } of this.budgets) {
      budget.dirty = false;
      budget.freshPeriods.clear();
      budget.freshHours.clear();
    }
    for (const settlement of this.settlements) {
      settlement.dirty = false;
      settlement.freshLines.clear();
      settlement.freshRows.clear();
    }
  }
}
