/** Alerts and their deliveries in words. */
import { isOfBudget } from '#core/messages/alert.ts';
import type { Delivery, LiveAlert } from '#core/messages/api.ts';
import { formatSpan } from '../../format/time.ts';

const deeds = { notify: 'at', throttle: 'throttled at', block: 'blocked at', release: 'released' } as const;

/** "Render, month throttled at 100 %", "Render, month released". */
export function alertTitle(alert: LiveAlert): string {
  if (!isOfBudget(alert)) return `${alert.accountSlug}: ${alert.type}`;
  if (alert.action === 'release' || alert.threshold === '') return `${alert.budgetName} released`;
  return `${alert.budgetName} ${deeds[alert.action]} ${thresholdText(alert.threshold)}`;
}

/** "80 %" of "80"; other thresholds by their keys. */
export const thresholdText = (key: string): string => (/^[\d.]+$/.test(key) ? `${key} %` : key.replaceAll(':', ' '));

export interface DeliveryText {
  readonly text: string;
  readonly failed: boolean;
}

/** The worst news first: a target that gave up matters more than one that answered. */
export function deliveryText(alert: LiveAlert): DeliveryText {
  if (alert.targets.length === 0) return { text: 'no webhook is told of it', failed: false };
  const newest = alert.targets.map((target) => ({ target, delivery: newestOf(alert.deliveries, target) }));
  const failed = newest.find(({ delivery }) => delivery !== undefined && delivery.status !== 'delivered');
  if (failed !== undefined) return { text: failureText(failed.delivery!), failed: true };
  const waiting = newest.find(({ delivery }) => delivery === undefined);
  if (waiting !== undefined) return { text: `on its way to ${waiting.target}`, failed: false };
  return {
    text: newest
      .map(({ target, delivery }) => `delivered to ${target} in ${formatSpan(delivery!.latencyMs)}`)
      .join(', '),
    failed: false,
  };
}

function newestOf(deliveries: readonly Delivery[], target: string): Delivery | undefined {
  return deliveries.filter((delivery) => delivery.target === target).sort((a, b) => b.attempt - a.attempt)[0];
}

function failureText({ target, status, attempt, httpStatus, detail }: Delivery): string {
  const answer = httpStatus === 0 ? detail || 'no answer' : `HTTP ${httpStatus}`;
  if (status === 'refused') return `not sent to ${target}: ${detail}`;
  if (status === 'given_up') return `given up on ${target} after ${attempt} attempts: ${answer}`;
  return `attempt ${attempt} to ${target} failed (${answer}), tried again`;
}
