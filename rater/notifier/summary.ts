/** Alerts in words, for people: from the fields that every alert has, so that types to come read well too. */
import { isOfBudget, type Alert, type Severity } from '#core/messages/alert.ts';
import { groupedBody } from './group.ts';
import { notifierLimits } from './limits.ts';

export interface Summary {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** The gravest of those in it. */
  readonly severity: Severity;
}

const gravity: readonly Severity[] = ['info', 'warning', 'critical'];

export function summaryOf(alerts: readonly Alert[]): Summary {
  const [alert] = alerts;
  if (alerts.length === 1) return { title: titleOf(alert!), facts: factsOf(alert!), severity: alert!.severity };
  const severity = gravity.findLast((each) => alerts.some((one) => one.severity === each)) ?? 'info';
  const { sources } = groupedBody(alerts).data;
  const shown = sources.slice(0, notifierLimits.factsMax);
  const rest = sources.length - shown.length;
  return {
    title: `${alerts.length} alerts of ${sources.length} sources`,
    facts: [
      ...shown.map(({ source, accountSlug, first, last }): readonly [string, string] => [
        accountSlug === '' ? source : `${accountSlug}, ${source}`,
        first === last ? last : `${first}, then ${last}`,
      ]),
      ...(rest > 0 ? [['and', `${rest} more`] as const] : []),
    ],
    severity,
  };
}

function titleOf(alert: Alert): string {
  if (alert.type === 'target.test') return 'Test: this target is reached';
  const what = isOfBudget(alert) ? `Budget ${alert.budgetName}` : words(alert.type);
  const act = { throttle: ': throttle', block: ': block', release: ': let go', notify: '' }[alert.action];
  return `${what} is ${alert.state}${act}`;
}

function factsOf(alert: Alert): Summary['facts'] {
  const facts: [string, string][] = [];
  if (alert.accountSlug !== '') facts.push(['Account', alert.accountSlug]);
  if (isOfBudget(alert)) {
    const unit = alert.currency === '' ? (alert.unit ?? '') : alert.currency;
    facts.push(['Spent', `${alert.balance} of ${alert.limit} ${unit}`.trim()]);
    if (alert.threshold !== '') facts.push(['Threshold', alert.threshold]);
    facts.push(['Period', `${day(alert.periodStartMs)} to ${day(alert.periodEndMs)} (UTC)`]);
  }
  facts.push(['Severity', alert.severity], ['Raised', new Date(alert.logTimeMs).toISOString()], ['Alert', alert.id]);
  return facts;
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** `credit.top_up_requested` → "Credit top up requested". */
function words(type: string): string {
  const text = type.replaceAll(/[._]/g, ' ');
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
