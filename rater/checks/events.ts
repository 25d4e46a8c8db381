import { Counter, Histogram, type Registry } from 'prom-client';
import { checkVerbs } from '#core/messages/checks.ts';
import type { Logger } from '#platform/telemetry.ts';

export type CheckEvents = ReturnType<typeof checkEvents>;

/** One helper per event of checks and holds. */
export function checkEvents(registry: Registry, logger: Logger) {
  const registers = [registry];
  const answers = new Counter({
    name: 'meterline_rater_checks_total',
    help: 'Answers to services by what was asked and what came of it: allowed, refused, done, or the code of the error.',
    labelNames: ['verb', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'meterline_rater_check_seconds',
    help: 'From a request of a service to its answer; a hold is answered once its commit is stored.',
    labelNames: ['verb'],
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.5, 2, 5],
    registers,
  });
  return {
    answered(asked: string, { body }: { readonly body: object }, tookMs: number) {
      const verb = checkVerbs.find((each) => each === asked) ?? 'unknown';
      const { code, allowed } = body as { readonly code?: string; readonly allowed?: boolean };
      answers.inc({ verb, outcome: code ?? (allowed === undefined ? 'done' : allowed ? 'allowed' : 'refused') });
      seconds.observe({ verb }, tookMs / 1000);
    },
    keysLost(error: unknown) {
      logger.warn({ err: error }, 'the bucket of keys for checks cannot be watched; it is tried again');
    },
  };
}
