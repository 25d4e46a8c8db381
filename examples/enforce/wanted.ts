/**
 * What the budgets want of each account, merged from two sources: signed webhooks, which come within milliseconds, and
 * the desired state, which can be asked for at any time. Neither has to be complete: the newer word on each budget counts.
 */
export type Act = 'none' | 'throttle' | 'block';

/** The fields of an alert that a receiver needs; all types of alerts have them. */
export interface AlertData {
  readonly id: string;
  readonly source: string;
  readonly accountSlug: string;
  readonly action: 'notify' | 'throttle' | 'block' | 'release';
  readonly state: string;
  readonly logTimeMs: number;
}

/** Body of a webhook: one alert, or many in a storm. Of the latter `sources` say where each one stands. */
export type WebhookBody =
  | { readonly type: 'alerts.grouped'; readonly data: { readonly sources: readonly GroupedSource[] } }
  | { readonly type: string; readonly data: AlertData };

type GroupedSource = Pick<AlertData, 'source' | 'accountSlug' | 'action' | 'logTimeMs'> & { readonly last: string };

/** Answer to GET /api/v1/desired-state?target=… */
export interface DesiredState {
  readonly accounts: readonly {
    readonly slug: string;
    readonly why: readonly { readonly kind: string; readonly id: string; readonly state: Act }[];
  }[];
  readonly watermark: { readonly logTimeMs: number };
}

interface Known {
  readonly slug: string;
  readonly act: Act;
  readonly logTimeMs: number;
}

const strength: readonly Act[] = ['none', 'throttle', 'block'];

export class Wanted {
  private readonly sources = new Map<string, Known>();

  /** The strongest that is wanted of any of these accounts: name an account and those above it. */
  of(slugs: readonly string[]): Act {
    const acts = [...this.sources.values()].filter(({ slug }) => slugs.includes(slug)).map(({ act }) => act);
    return strength.findLast((each) => acts.includes(each)) ?? 'none';
  }

  /** Takes a webhook; what is older than what is known of its source changes nothing, so repetition and disorder do no harm. */
  take(body: WebhookBody): void {
    if (isGrouped(body)) {
      for (const source of body.data.sources) this.hear({ ...source, state: source.last });
    } else this.hear(body.data);
  }

  /** Takes the whole state; only what webhooks have said since stands beside it. */
  replace({ accounts, watermark: { logTimeMs } }: DesiredState): void {
    for (const [source, known] of this.sources) if (known.logTimeMs <= logTimeMs) this.sources.delete(source);
    for (const { slug, why } of accounts) {
      for (const { kind, id, state } of why) {
        const source = `${kind}:${id}`;
        if (!this.sources.has(source)) this.sources.set(source, { slug, act: state, logTimeMs });
      }
    }
  }

  private hear({ source, accountSlug: slug, logTimeMs, ...alert }: Omit<AlertData, 'id'>): void {
    const known = this.sources.get(source);
    if (known !== undefined && logTimeMs < known.logTimeMs) return;
    this.sources.set(source, { slug, act: actOf(alert) ?? known?.act ?? 'none', logTimeMs });
  }
}

const isGrouped = (body: WebhookBody): body is Extract<WebhookBody, { type: 'alerts.grouped' }> =>
  body.type === 'alerts.grouped' && 'sources' in body.data;

/** Every alert says where its source stands, so that one that was lost is made up for by the next. Undefined: as before. */
function actOf({ action, state }: Pick<AlertData, 'action' | 'state'>): Act | undefined {
  if (state === 'blocked' || action === 'block') return 'block';
  if (state === 'throttled' || action === 'throttle') return 'throttle';
  // An empty wallet blocks or throttles, or only tells; what it said when it became empty stands.
  return action === 'notify' && state === 'empty' ? undefined : 'none';
}
