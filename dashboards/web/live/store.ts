/**
 * One live connection for the whole page, as an external store. Messages are taken in at once; components hear of them
 * once per animation frame, however many commits passed in between.
 */
import { openConnection, type Condition, type Connection } from './connection.ts';
import { receive, type LiveView } from './state.ts';

export interface LiveSnapshot {
  readonly view: LiveView | null;
  readonly condition: Condition;
  /** When the last message came, by the page's clock; 0 before the first. */
  readonly lastMessageMs: number;
}

let snapshot: LiveSnapshot = { view: null, condition: { name: 'connecting' }, lastMessageMs: 0 };
let pending = snapshot;
let frame = 0;
let connection: Connection | null = null;
const listeners = new Set<() => void>();

function publish(next: LiveSnapshot): void {
  pending = next;
  if (document.hidden) flush();
  else frame ||= requestAnimationFrame(flush);
}

function flush(): void {
  frame = 0;
  if (pending === snapshot) return;
  snapshot = pending;
  for (const listener of listeners) listener();
}

/** `onLost` is called whenever a connection ends or cannot be had: the session may be over. */
export function startLive(onLost: () => void): void {
  if (connection !== null) return;
  const url = new URL('/api/v1/live', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  connection = openConnection(
    url.href,
    (message) => publish({ ...pending, view: receive(pending.view, message), lastMessageMs: Date.now() }),
    (condition) => {
      publish({ ...pending, condition });
      if (condition.name === 'waiting') onLost();
    },
  );
  window.addEventListener('online', retryLive);
  document.addEventListener('visibilitychange', onVisibility);
}

export function stopLive(): void {
  window.removeEventListener('online', retryLive);
  document.removeEventListener('visibilitychange', onVisibility);
  connection?.close();
  connection = null;
}

export const retryLive = (): void => connection?.retryNow();
const onVisibility = (): void => void (document.hidden || retryLive());

export const readLive = (): LiveSnapshot => snapshot;

export function subscribeLive(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
