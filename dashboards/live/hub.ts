import type { LiveState } from '#core/messages/api.ts';
import type { Mirror, TenantView } from '../mirror/index.ts';
import { liveLimits } from '../limits.ts';
import type { LiveClient } from './client.ts';

interface Room {
  readonly view: TenantView;
  readonly clients: Set<LiveClient>;
  lastPushMs: number;
  lastSlowMs: number;
  /** What was pushed last, without its watermark; an equal heartbeat that moved nothing is not sent. */
  lastText: string;
  timer: NodeJS.Timeout | undefined;
}

/** Publishes each watched tenant at most ten times a second, once for all its pages. */
export class LiveHub {
  readonly #mirror: Mirror;
  readonly #rooms = new Map<string, Room>();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(mirror: Mirror) {
    this.#mirror = mirror;
    mirror.onChange((tenant) => this.#schedule(this.#rooms.get(tenant)));
  }

  get size(): number {
    let size = 0;
    for (const room of this.#rooms.values()) size += room.clients.size;
    return size;
  }

  sizeOf(tenant: string): number {
    return this.#rooms.get(tenant)?.clients.size ?? 0;
  }

  /** What pages of the tenant show now; published anew when no page is connected. */
  state(view: TenantView): LiveState {
    if (!this.#rooms.has(view.record.id)) view.publish(true);
    return view.state();
  }

  join(view: TenantView, makeClient: () => LiveClient): LiveClient {
    const tenant = view.record.id;
    let room = this.#rooms.get(tenant);
    if (room === undefined) {
      view.publish(true);
      const now = performance.now();
      room = { view, clients: new Set(), lastPushMs: now, lastSlowMs: now, lastText: '', timer: undefined };
      this.#rooms.set(tenant, room);
    }
    const client = makeClient();
    room.clients.add(client);
    this.#heartbeat ??= setInterval(() => this.#beat(), liveLimits.slowIntervalMs);
    return client;
  }

  leave(client: LiveClient): void {
    const room = this.#rooms.get(client.tenant);
    if (room === undefined || !room.clients.delete(client) || room.clients.size > 0) return;
    clearTimeout(room.timer);
    this.#rooms.delete(client.tenant);
    if (this.#rooms.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  clients(): LiveClient[] {
    return [...this.#rooms.values()].flatMap((room) => [...room.clients]);
  }

  #schedule(room: Room | undefined): void {
    if (room === undefined || room.timer !== undefined) return;
    const waitMs = Math.max(0, room.lastPushMs + liveLimits.pushIntervalMs - performance.now());
    room.timer = setTimeout(() => this.#push(room), waitMs);
  }

  #push(room: Room): void {
    clearTimeout(room.timer);
    room.timer = undefined;
    room.lastPushMs = performance.now();
    const slow = room.lastPushMs - room.lastSlowMs >= liveLimits.slowIntervalMs;
    if (slow) room.lastSlowMs = room.lastPushMs;
    const publication = room.view.publish(slow);
    const text = JSON.stringify(publication);
    if (text === room.lastText) return;
    room.lastText = text;
    for (const client of room.clients) client.offer(publication.type, text);
  }

  /** Once a second: freshness, health and rates move although no commit touched the tenant. */
  #beat(): void {
    for (const room of this.#rooms.values()) {
      void this.#mirror.look(room.view);
      if (room.timer === undefined && performance.now() - room.lastPushMs >= liveLimits.pushIntervalMs) {
        room.lastSlowMs = -Infinity;
        this.#push(room);
      }
      for (const client of room.clients) client.catchUp();
    }
  }
}
