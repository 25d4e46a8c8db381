import { streams } from '#core/messages/names.ts';
import { pressureLimits } from '#core/pressure/limits.ts';
import type { Log } from '#platform/log.ts';
import { raterLimits } from './limits.ts';

/**
 * How full RATED_<p> is. At `ratedStopPercent` of its limit rating stops, and the rest is for take-over, control and what
 * falls due; it goes on below `ratedGoOnPercent`: when the limit was raised, or the stream trimmed.
 */
export class Room {
  readonly #log: Log;
  readonly #stream: string;
  readonly #onChange: (isShort: boolean, bytes: number, bytesMax: number) => void;
  #bytes = 0;
  #bytesMax = Infinity;
  /** Bytes written since the broker was asked. */
  #written = 0;
  #lookedAtMs = 0;
  #isShort = false;

  constructor(log: Log, partition: number, onChange: (isShort: boolean, bytes: number, bytesMax: number) => void) {
    this.#log = log;
    this.#stream = streams.rated(partition);
    this.#onChange = onChange;
  }

  get isShort(): boolean {
    return this.#isShort;
  }

  /** Asks the broker; while it does not answer, what is known stays. */
  async look(): Promise<void> {
    const info = await this.#log.info(this.#stream).catch(() => undefined);
    if (info === undefined) return;
    this.#bytes = info.bytes;
    this.#bytesMax = info.bytesMax ?? Infinity;
    this.#written = 0;
    this.#lookedAtMs = performance.now();
    this.#judge();
  }

  /** A commit of so many bytes was stored. The broker is asked anew before they can have filled what is left. */
  async took(bytes: number): Promise<void> {
    this.#written += bytes;
    this.#judge();
    const isOld = performance.now() - this.#lookedAtMs >= raterLimits.roomLookMsMax;
    if (isOld || (this.#written * 100) / this.#bytesMax >= raterLimits.roomLookPercent) await this.look();
  }

  #judge(): void {
    const percent = ((this.#bytes + this.#written) * 100) / this.#bytesMax;
    const isShort = percent >= (this.#isShort ? pressureLimits.ratedGoOnPercent : pressureLimits.ratedStopPercent);
    if (isShort === this.#isShort) return;
    this.#isShort = isShort;
    this.#onChange(isShort, this.#bytes + this.#written, this.#bytesMax);
  }
}
