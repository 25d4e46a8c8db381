/** Webhook targets as billing keeps them in the bucket `TARGETS`, opened and ready to send, or closed with the reason. */
import { Webhook } from 'standardwebhooks';
import { MeterlineError } from '#core/errors.ts';
import type { TargetRecord } from '#core/messages/delivery.ts';
import { sleep } from '#platform/lifecycle.ts';
import { open } from '#platform/sealing.ts';
import { notifierError } from './errors.ts';
import type { NotifierEvents } from './events.ts';
import { notifierLimits } from './limits.ts';
import type { Channel } from './channel.ts';
import { chatChannel } from './chat.ts';
import { mailChannel } from './mail.ts';
import { paceOf, type Pace } from './pace.ts';
import type { Bucket, BucketEntry, NotifierPorts } from './ports.ts';
import { createSender, type Sender, type SenderOptions } from './sender.ts';
import { webhookChannel } from './webhook.ts';

export type TargetState =
  | { readonly kind: 'ready'; readonly revision: number; readonly channel: Channel; readonly pace: Pace }
  | { readonly kind: 'closed'; readonly reason: MeterlineError; readonly pace: Pace };

const closed = (reason: MeterlineError, pace = paceOf('webhook')): TargetState => ({ kind: 'closed', reason, pace });

export const missingTarget = (key: string): TargetState =>
  closed(notifierError('TARGET_MISSING', `It is ${key}.`, { target: key }));

export interface TargetsDeps {
  readonly bucket: Bucket;
  readonly sealingKey: Uint8Array;
  readonly sender: SenderOptions;
  readonly createSender: NotifierPorts['createSender'];
  readonly events: NotifierEvents;
}

export class Targets {
  private readonly deps: TargetsDeps;
  private readonly states = new Map<string, TargetState>();
  private readonly revisions = new Map<string, number>();
  private readonly changed: (key: string, state: TargetState) => void;

  private constructor(deps: TargetsDeps, changed: (key: string, state: TargetState) => void) {
    this.deps = deps;
    this.changed = changed;
  }

  /** Reads every target there is; `changed` hears of each one now and at every later change. */
  static async load(deps: TargetsDeps, changed: (key: string, state: TargetState) => void): Promise<Targets> {
    const { bucket } = deps;
    const targets = new Targets(deps, changed);
    for await (const key of await bucket.keys()) {
      const entry = await bucket.get(key);
      if (entry !== null) targets.take(entry);
    }
    return targets;
  }

  /** Follows the bucket until the signal aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const entries = await this.deps.bucket.watch();
        const stop = () => entries.stop();
        signal.addEventListener('abort', stop, { once: true });
        if (signal.aborted) stop();
        for await (const entry of entries) this.take(entry);
        signal.removeEventListener('abort', stop);
      } catch (error) {
        this.deps.events.logRetried('target', String(error));
      }
      await sleep(notifierLimits.logRetryMs, signal);
    }
  }

  /** The receiver answered 410: turns the target off unless somebody has changed it since `revision`. */
  async turnOff(key: string, revision: number, atMs: number): Promise<void> {
    this.deps.events.targetTurnedOff(key);
    if (this.revisions.get(key) !== revision) return;
    const reason = notifierError('TARGET_DISABLED', `${key} answered 410 Gone.`, { target: key });
    this.set(key, closed(reason, this.states.get(key)?.pace));
    try {
      const { bucket } = this.deps;
      const entry = await bucket.get(key, { revision });
      if (entry === null) return;
      const record: TargetRecord = {
        ...entry.json<TargetRecord>(),
        enabled: false,
        disabled: { reason: 'gone', atMs },
      };
      await bucket.update(key, JSON.stringify(record), revision);
    } catch (error) {
      this.deps.events.logRetried('target', String(error));
    }
  }

  /** Closes the connections. Those of an earlier address are left to finish; idle ones close by themselves. */
  close(): void {
    for (const state of this.states.values()) if (state.kind === 'ready') state.channel.close();
  }

  private take(entry: BucketEntry): void {
    if ((this.revisions.get(entry.key) ?? 0) >= entry.revision) return;
    this.revisions.set(entry.key, entry.revision);
    this.set(entry.key, entry.operation === 'PUT' ? this.opened(entry) : missingTarget(entry.key));
  }

  private set(key: string, state: TargetState): void {
    this.states.set(key, state);
    if (state.kind === 'closed') this.deps.events.targetUnusable(key, state.reason.code);
    this.changed(key, state);
  }

  private opened(entry: BucketEntry): TargetState {
    const details = { target: entry.key };
    let pace: Pace | undefined;
    try {
      const record = entry.json<TargetRecord>();
      pace = paceOf(record.kind ?? 'webhook', record.limits);
      if (!record.enabled) return closed(notifierError('TARGET_DISABLED', `It is ${entry.key}.`, details), pace);
      return { kind: 'ready', revision: entry.revision, channel: this.channel(record, entry.key), pace };
    } catch (error) {
      if (error instanceof MeterlineError) return closed(error, pace);
      return closed(notifierError('TARGET_URL_INVALID', `The entry ${entry.key} is damaged.`, details), pace);
    }
  }

  private channel({ kind = 'webhook', url, secret, previous, mail }: TargetRecord, key: string): Channel {
    const { sender } = this.deps;
    if (kind === 'mail') {
      if (mail === undefined) throw notifierError('TARGET_URL_INVALID', 'It names no recipients.', { target: key });
      return mailChannel({ ...sender, url, addresses: mail, password: this.unseal(secret, key) });
    }
    if (kind !== 'webhook') {
      const address = this.unseal(secret, key);
      return chatChannel(kind, address, this.sender(address));
    }
    const signers = [{ webhook: this.signer(secret, key), untilMs: Infinity }];
    if (previous !== undefined) signers.push({ webhook: this.signer(previous.secret, key), untilMs: previous.untilMs });
    return webhookChannel(this.sender(url), signers);
  }

  private sender(address: string): Sender {
    return (this.deps.createSender ?? createSender)(address, this.deps.sender);
  }

  private signer(sealed: string, key: string): Webhook {
    const secret = this.unseal(sealed, key);
    try {
      return new Webhook(secret);
    } catch (cause) {
      throw notifierError('TARGET_SECRET_UNREADABLE', `It is ${key}.`, { target: key }, cause);
    }
  }

  private unseal(sealed: string, key: string): string {
    try {
      return open(this.deps.sealingKey, sealed);
    } catch (cause) {
      throw notifierError('TARGET_SECRET_UNREADABLE', `It is ${key}.`, { target: key }, cause);
    }
  }
}
