/** Alerts by what they are about. */
import type { LiveAlert } from '#core/messages/api.ts';
import { isOfBudget, severities } from '#core/messages/alert.ts';

export interface AlertGroup {
  readonly source: string;
  readonly name: string;
  readonly account: string;
  /** Newest first; the first says where the source stands. */
  readonly alerts: readonly LiveAlert[];
}

/** The source whose newest alert is gravest first, then the newest. */
export function groupsOf(alerts: readonly LiveAlert[]): AlertGroup[] {
  const groups = [...Map.groupBy(alerts, ({ source }) => source)].map(([source, of]): AlertGroup => {
    const newest = of[0]!;
    return { source, name: isOfBudget(newest) ? newest.budgetName : source, account: newest.accountSlug, alerts: of };
  });
  const grave = ({ alerts: [newest] }: AlertGroup): number => severities.indexOf(newest!.severity);
  return groups.sort((a, b) => grave(b) - grave(a) || b.alerts[0]!.logTimeMs - a.alerts[0]!.logTimeMs);
}
