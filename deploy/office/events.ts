/** One helper per business event of the office as a whole: metric and log line together. */
import { Gauge, register, type Registry } from 'prom-client';
import type { Pressure, StageState } from '#core/messages/pressure.ts';
import type { StreamReading } from '#core/pressure/assess.ts';
import type { Logger } from '#platform/telemetry.ts';

export type OfficeEvents = ReturnType<typeof officeEvents>;

const grades: Readonly<Record<StageState, number>> = { ok: 0, warn: 1, full: 2 };

export function officeEvents(logger: Logger, registry: Registry = register) {
  const gauge = (name: string, help: string, label: string) =>
    new Gauge({ name: `meterline_office_${name}`, help, labelNames: [label], registers: [registry] });
  const state = gauge('stage_state', 'How a stage of the path is: 0 ok, 1 fills or falls behind, 2 what comes before it waits.', 'stage'); // prettier-ignore
  const value = gauge('stage_value', 'Bytes held, milliseconds behind, or bytes of disk free, of the worst part of a stage.', 'stage'); // prettier-ignore
  const limit = gauge(
    'stage_limit',
    'What the value of the stage may come to; of the disk what must be free.',
    'stage',
  );
  const bytes = gauge('stream_bytes', 'Bytes that a stream holds.', 'stream');
  const bytesMax = gauge('stream_bytes_max', 'Bytes that a stream may hold.', 'stream');
  return {
    streams(readings: readonly StreamReading[]) {
      for (const { stream, bytes: held, bytesMax: most } of readings) {
        bytes.set({ stream }, held);
        if (most !== undefined) bytesMax.set({ stream }, most);
      }
    },
    stages(now: Pressure, before: Pressure) {
      for (const stage of now.stages) {
        state.set({ stage: stage.id }, grades[stage.state]);
        value.set({ stage: stage.id }, stage.value);
        limit.set({ stage: stage.id }, stage.limit);
        const was = before.stages.find(({ id }) => id === stage.id)?.state ?? 'ok';
        if (was === stage.state) continue;
        const { id, where, detail, effect, solve } = stage;
        if (stage.state === 'ok') logger.info({ stage: id, detail }, `${stage.name}: well again`);
        else
          logger[stage.state === 'full' ? 'error' : 'warn'](
            { stage: id, where, effect, solve },
            `${stage.name}: ${detail}`,
          );
      }
    },
    lookFailed(error: unknown) {
      logger.warn({ err: error }, 'the stages of the path cannot be looked at; what is shown is from before');
    },
  };
}
