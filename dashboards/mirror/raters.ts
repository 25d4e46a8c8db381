/** The raters that live, from what they say twice a second. */
import { subjects } from '#core/messages/names.ts';
import { parseRaterAlive, type RaterAlive } from '#core/messages/raterAlive.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { mirrorLimits } from '../limits.ts';

export class Raters {
  readonly #heard = new Map<string, { readonly word: RaterAlive; readonly atMs: number }>();

  constructor(connection: NatsConnection) {
    connection.subscribe(subjects.raterAlive, {
      callback: (error, message) => {
        const word = error === null ? parseRaterAlive(message.string()) : undefined;
        if (word !== undefined) this.#heard.set(word.rater, { word, atMs: performance.now() });
      },
    });
  }

  /** Those that own something first by its number, then the others. */
  living(): RaterAlive[] {
    this.#prune();
    const firstOf = ({ owns }: RaterAlive) => Math.min(...owns.map(({ partition }) => partition));
    return [...this.#heard.values()].map(({ word }) => word).sort((a, b) => (firstOf(a) < firstOf(b) ? -1 : 1));
  }

  #prune(): void {
    const nowMs = performance.now();
    for (const [rater, { word, atMs }] of this.#heard)
      if (nowMs - atMs > mirrorLimits.raterSilenceMsMax || (word.isLeaving && word.owns.length === 0))
        this.#heard.delete(rater);
  }
}
