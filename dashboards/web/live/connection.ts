/** The live socket: opens, reconnects with back-off, and says in which condition it is. */
import type { LiveMessage } from './state.ts';

export const connectionLimits = {
  retryMsMin: 250,
  /** A closed socket is opened again after at most this long. */
  retryMsMax: 5_000,
} as const;

/** Wait before the n-th attempt (from 0): doubling, capped, with up to half of it random so that pages do not return as one. */
export function retryDelayMs(attempt: number, random: number): number {
  const full = Math.min(connectionLimits.retryMsMax, connectionLimits.retryMsMin * 2 ** Math.min(attempt, 16));
  return Math.round(full * (0.5 + random / 2));
}

export type Condition =
  | { readonly name: 'connecting' }
  | { readonly name: 'open' }
  | { readonly name: 'waiting'; readonly retryAtMs: number; readonly attempt: number };

export interface Connection {
  /** Tries at once instead of waiting out the back-off. */
  readonly retryNow: () => void;
  readonly close: () => void;
}

export function openConnection(
  url: string,
  onMessage: (message: LiveMessage) => void,
  onCondition: (condition: Condition) => void,
): Connection {
  let socket: WebSocket | null = null;
  let timer: number | undefined;
  let attempt = 0;
  let closed = false;

  const open = (): void => {
    window.clearTimeout(timer);
    onCondition({ name: 'connecting' });
    const current = new WebSocket(url);
    socket = current;
    current.onopen = () => onCondition({ name: 'open' });
    current.onmessage = (event: MessageEvent<unknown>) => {
      const message = parseMessage(event.data);
      if (message === null) return;
      attempt = 0;
      onMessage(message);
    };
    current.onclose = () => {
      if (socket !== current || closed) return;
      const delay = retryDelayMs(attempt++, Math.random());
      onCondition({ name: 'waiting', retryAtMs: Date.now() + delay, attempt });
      timer = window.setTimeout(open, delay);
    };
  };
  open();

  return {
    retryNow: () => {
      if (!closed && socket?.readyState !== WebSocket.OPEN && socket?.readyState !== WebSocket.CONNECTING) open();
    },
    close: () => {
      closed = true;
      window.clearTimeout(timer);
      socket?.close();
    },
  };
}

/** Messages of a kind that this page does not know are passed over, so that a newer server can talk to an older page. */
function parseMessage(data: unknown): LiveMessage | null {
  if (typeof data !== 'string') return null;
  try {
    const message = JSON.parse(data) as LiveMessage;
    return message.type === 'state' || message.type === 'delta' ? message : null;
  } catch {
    return null;
  }
}
