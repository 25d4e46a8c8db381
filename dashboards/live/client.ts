import type { WebSocket } from 'ws';
import type { CloseReason, DashboardEvents } from '../events.ts';
import { liveLimits } from '../limits.ts';

export interface LiveClientOptions {
  readonly socket: WebSocket;
  readonly tenant: string;
  readonly events: DashboardEvents;
  /** The state that is shown now, as text. */
  state(): string;
  /** Whether the credential still opens this tenant. */
  recheck(): Promise<boolean>;
  readonly bufferedBytesMax: number;
  onClosed(): void;
}

/**
 * One page. It is sent a whole state and then every publication. When it reads too slowly nothing is queued for it:
 * it misses publications until it has drained, and then gets one fresh state.
 */
export class LiveClient {
  readonly tenant: string;
  readonly #options: LiveClientOptions;
  #behindSinceMs: number | undefined;
  /** A state may be larger than what a client may have unsent otherwise. */
  #stateBytes = 0;
  #answered = true;
  readonly #timers: NodeJS.Timeout[];

  constructor(options: LiveClientOptions) {
    this.#options = options;
    this.tenant = options.tenant;
    const { socket } = options;
    this.#timers = [
      setInterval(() => this.#ping(), liveLimits.pingIntervalMs),
      setInterval(() => void this.#recheck(), liveLimits.recheckIntervalMs),
    ];
    socket.on('pong', () => (this.#answered = true));
    socket.on('message', () => this.close('talkative'));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.#timers.forEach(clearInterval);
      options.onClosed();
    });
    this.#send('state', options.state());
  }

  /** Sends a publication, or nothing while the client is behind. */
  offer(kind: 'state' | 'delta', text: string): void {
    if (
      this.#behindSinceMs === undefined &&
      this.#options.socket.bufferedAmount > this.#options.bufferedBytesMax + this.#stateBytes
    ) {
      this.#behindSinceMs = performance.now();
    }
    if (this.#behindSinceMs === undefined) return this.#send(kind, text);
    this.#options.events.pushed('skipped');
    this.catchUp();
  }

  /** Gives a client that fell behind and has drained a fresh state; closes one that does not drain. */
  catchUp(): void {
    if (this.#behindSinceMs === undefined) return;
    if (this.#options.socket.bufferedAmount === 0) {
      this.#behindSinceMs = undefined;
      this.#send('state', this.#options.state());
    } else if (performance.now() - this.#behindSinceMs > liveLimits.stalledMs) {
      this.#options.events.clientClosed(this.tenant, 'stalled');
      this.#options.socket.terminate();
    }
  }

  close(reason: CloseReason): void {
    this.#options.events.clientClosed(this.tenant, reason);
    this.#options.socket.close(closeCodes[reason], reason);
  }

  /** Ends the connection without the closing handshake. */
  terminate(): void {
    this.#options.socket.terminate();
  }

  #send(kind: 'state' | 'delta', text: string): void {
    this.#options.events.pushed(kind);
    if (kind === 'state') this.#stateBytes = Buffer.byteLength(text);
    this.#options.socket.send(text);
  }

  #ping(): void {
    if (!this.#answered) {
      this.#options.events.clientClosed(this.tenant, 'silent');
      return this.#options.socket.terminate();
    }
    this.#answered = false;
    this.#options.socket.ping();
  }

  async #recheck(): Promise<void> {
    // A database that does not answer proves nothing; the next check asks again.
    if (!(await this.#options.recheck().catch(() => true))) this.close('revoked');
  }
}

/** 1001 going away, 1008 policy violation. */
const closeCodes: Readonly<Record<CloseReason, number>> = {
  stalled: 1008,
  silent: 1008,
  revoked: 1008,
  talkative: 1008,
  draining: 1001,
};
