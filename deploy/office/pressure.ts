/** Looks at the stages of the path every few seconds: for the pages, the metrics, and the log when one changes. */
import type { Pressure } from '#core/messages/pressure.ts';
import { assess } from '#core/pressure/assess.ts';
import { sleep } from '#platform/lifecycle.ts';
import type { OfficeEvents } from './events.ts';
import { pressureWatchLimits } from './limits.ts';
import { StageReader, type ReadingPorts } from './readings.ts';

export class PressureWatch {
  readonly #reader: StageReader;
  readonly #events: OfficeEvents;
  /** As of the last look; nothing is known before the first. */
  current: Pressure = { asOfMs: 0, state: 'ok', stages: [] };

  constructor(ports: ReadingPorts, events: OfficeEvents) {
    this.#reader = new StageReader(ports);
    this.#events = events;
  }

  async look(nowMs: number): Promise<Pressure> {
    const readings = await this.#reader.read(nowMs);
    const before = this.current;
    this.current = assess(readings, before);
    this.#events.streams(readings.streams);
    this.#events.stages(this.current, before);
    return this.current;
  }

  /** Until the signal aborts; what cannot be read is looked at again, and the answer says as of when it is. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look(Date.now()).catch((error: unknown) => this.#events.lookFailed(error));
      await sleep(pressureWatchLimits.lookMs, signal);
    }
  }
}
