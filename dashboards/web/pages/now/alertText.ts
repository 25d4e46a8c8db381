/** Alerts and their deliveries in words. */
import { isOfBudget } from '#core/messages/alert.ts';
import type { Delivery, LiveAlert, LiveBudget } from '#core/messages/api.ts';
import { figureText } from '../../format/budgetFigures.ts';
import { formatSpan } from '../../format/time.ts';

const deeds = { notify: 'at', throttle: 'throttled at', block: 'blocked at', release: 'released' } as const;

const events: Readonly<Record<string, string>> = {
  'credit.low': 'credit runs low',
  'credit.empty': 'no credit is left',
  'credit.topped_up': 'credit was topped up',
  'credit.top_up_requested': 'asks for more credit',
  'credit.released': 'let go, credit is there again',
};

/** "Render, month throttled at 100 %", "Render, month released". */
export function alertTitle(alert: LiveAlert): string {
  if (!isOfBudget(alert)) return `${alert.accountSlug}: ${events[alert.type] ?? alert.type}`;
  if (alert.action === 'release' || alert.threshold === '') return `${alert.budgetName} released`;
  return `${alert.budgetName} ${deeds[alert.action]} ${thresholdText(alert.threshold, alert)}`;
}

/** "80 %" of "80", "forecast 120 %" of "forecast:120", "€500.00" of "absolute:500", "€50.00 in 24 h" of "rate:50:24h". */
export function thresholdText(key: string, budget: Pick<LiveBudget, 'currency' | 'meter'>): string {
  const [kind, value, hours] = key.split(':');
  if (value === undefined) return `${kind} %`;
  if (kind === 'forecast') return `forecast ${value} %`;
  const figure = figureText(value, budget);
  return hours === undefined ? figure : `${figure} in ${hours.replace('h', ' h')}`;
}

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
