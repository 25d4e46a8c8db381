/**
 * What receivers are sent, held against the log: every alert that it carries reaches each of its targets at least once or is given up, none is
 * sent that it does not carry, those of one source come in its order, and in the end all of it says the same of what is to be done.
 */
import { actionOf } from '#core/holds/caps.ts';
import { isOfBudget, type Alert } from '#core/messages/alert.ts';
import type { DesiredAction, DesiredTarget } from '#core/messages/checks.ts';
import {
  deliveriesOf, type AlertData, type AlertRecord, type DeliveryRecord, type DeliveryRequest, type GroupedBody, type WebhookBody,
} from '#core/messages/delivery.ts'; // prettier-ignore
import type { LogMessage } from '#platform/log.ts';
import type { ReceiversWatcher } from './parts/receivers.ts';

/** Every target that a run has; whatever else an alert names is none. */
export const targetNames = ['hook', 'pager'] as const;
/** For so long each of them is tried. */
export const retryForMs = 20_000;
/** The longest pause before an attempt: an alert is given up when the next one would come too late. */
const pauseMsMax = 6000;

interface Known {
  readonly alert: Alert;
  readonly partition: number;
  readonly atMs: number;
  /** As it was committed: after a lost tail it may be raised again with other figures. */
  readonly versions: Set<string>;
  readonly progress: Map<string, Progress>;
}

/** Of one alert at one target. */
interface Progress {
  isTaken: boolean;
  /** By itself, with a 4xx: what comes behind it need not wait. */
  isRejected: boolean;
  recorded: 'delivered' | 'given_up' | undefined;
}

export interface DeliveriesParts {
  readonly nowMs: () => number;
  /** Whether no clock was set. */
  readonly isTimeSound: () => boolean;
  readonly wasCut: (partition: number) => boolean;
  /** Counts what only some runs come to. */
  readonly saw: (what: string) => void;
  readonly fail: (detail: string) => void;
}

export class DeliveriesWatch implements ReceiversWatcher {
  readonly #parts: DeliveriesParts;
  readonly #alerts = new Map<string, Known>();
  /** By tenant and source, in the order of the log. */
  readonly #sources = new Map<string, Known[]>();
  readonly #copied = new Set<string>();
  /** By target and source: what the receiver goes by. */
  readonly #heard = new Map<string, Map<string, Heard>>();
  requests = 0;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
  }

  committed(partition: number, alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      let known = this.#alerts.get(alert.id);
      if (known === undefined) {
        known = { alert, partition, atMs: this.#parts.nowMs(), versions: new Set(), progress: new Map() };
        this.#alerts.set(alert.id, known);
        const source = `${alert.tenant} ${alert.source}`;
        this.#sources.set(source, [...(this.#sources.get(source) ?? []), known]);
      }
      known.versions.add(dataOf(alert));
    }
  }

  /** A message of `ALERTS`. */
  copied({ data }: LogMessage): void {
    const { partition, outSeq, committedAtMs: _, ...alert } = JSON.parse(Buffer.from(data).toString()) as AlertRecord;
    const { id } = alert;
    const known = this.#alerts.get(id);
    if (known?.versions.has(dataOf(alert as Alert)) !== true) return this.#parts.fail(`ALERTS holds ${id}, which commit ${outSeq} of partition ${partition} has not`);
    if (this.#copied.has(id)) this.#parts.fail(`ALERTS holds ${id} twice`);
    this.#copied.add(id);
  } // prettier-ignore

  /** A message of `DELIVERIES`. */
  recorded({ data }: LogMessage): void {
    const record = JSON.parse(Buffer.from(data).toString()) as DeliveryRecord | DeliveryRequest;
    if ('kind' in record) return;
    for (const { alertId, tenant, target, status, reason } of deliveriesOf(record)) {
      const known = this.#alerts.get(alertId);
      if (known === undefined) return this.#parts.fail(`an attempt of ${alertId} is recorded, which no commit has`);
      this.#parts.saw(reason === undefined ? status : `${status}: ${reason}`);
      const progress = progressOf(known, `${tenant}.${target}`);
      if (status === 'delivered' && !progress.isTaken) this.#parts.fail(`${alertId} is said to be delivered to ${target}, which has not taken it`); // prettier-ignore
      if (status === 'given_up' && reason === 'expired' && this.#parts.isTimeSound() && !this.#isOld(known))
        this.#parts.fail(`${alertId} is given up ${this.#parts.nowMs() - known.atMs} ms after its commit`);
      if (status === 'given_up' && reason === 'overtaken' && !this.#isOvertaken(known, `${tenant}.${target}`))
        this.#parts.fail(`${alertId} is said to be overtaken, and nothing behind it was taken`);
      if (progress.recorded !== 'delivered' && (status === 'delivered' || status === 'given_up'))
        progress.recorded = status;
    }
  }

  arrived(target: string, body: WebhookBody | GroupedBody): void {
    this.requests += 1;
    this.#parts.saw(body.type === 'alerts.grouped' ? 'sent grouped' : 'sent');
    const ids = idsOf(body);
    for (const data of alertsOf(body))
      if (this.#alerts.get(data.id)?.versions.has(JSON.stringify(data)) !== true)
        return this.#parts.fail(`${target} is sent ${data.id} as no commit has it`);
    for (const [at, id] of ids.entries()) {
      const known = this.#alerts.get(id);
      if (known === undefined) return this.#parts.fail(`${target} is sent ${id}, which no commit has`);
      if (!namesOf(known).includes(target)) this.#parts.fail(`${target} is sent ${id}, which is for ${namesOf(known).join()}`);
      if (!this.#parts.isTimeSound() || this.#parts.wasCut(known.partition)) continue;
      const before = this.#before(known, target).find((one) => this.#holdsUp(one, target) && !ids.slice(0, at).includes(one.alert.id));
      if (before !== undefined) this.#parts.fail(`${target} is sent ${id} before it has taken ${before.alert.id}`);
    }
  } // prettier-ignore

  answered(target: string, body: WebhookBody | GroupedBody, httpStatus: number): void {
    for (const id of idsOf(body)) {
      const progress = progressOf(this.#alerts.get(id)!, target);
      if (httpStatus === 200) {
        if (!progress.isTaken) this.#take(target, this.#alerts.get(id)!.alert);
        progress.isTaken = true;
      }
      const rejects = httpStatus >= 400 && httpStatus < 500 && httpStatus !== 429 && httpStatus !== 410;
      progress.isRejected ||= rejects && idsOf(body).length === 1;
    }
  }

  /** What of the alerts that the log holds has yet to come to its end; "" for nothing. */
  waitsFor(alerts: readonly Alert[]): string {
    for (const { id } of alerts) {
      if (!this.#copied.has(id)) return `the copy of ${id}`;
      const known = this.#alerts.get(id)!;
      const target = namesOf(known).find((name) => progressOf(known, name).recorded === undefined);
      if (target !== undefined) return `the delivery of ${id} to ${target}`;
    }
    return '';
  }

  /** Whether what is to be done now follows from the alerts of the log, and from those that each receiver has taken. */
  judgeDesired(tenant: string, desired: readonly DesiredTarget[], alerts: readonly Alert[], isTold: boolean): void {
    const ofLog = new Map<string, Heard>();
    for (const alert of alerts) if (alert.tenant === tenant) hear(ofLog, alert);
    for (const { target, accounts } of desired) {
      const causes = accounts.flatMap(({ why }) => why);
      const said = new Map(causes.map(({ kind, id, state }) => [`${kind}:${id}`, state]));
      const heard = this.#heard.get(`${tenant}.${target}`) ?? new Map<string, Heard>();
      for (const [source, { asks, targets }] of ofLog) {
        const wanted = said.get(source) ?? 'none';
        if (targets.includes(target) && asks !== wanted) this.#parts.fail(`${target} of ${tenant} is to ${wanted} by ${source}, its last alert says ${asks}`);
        const all = this.#sources.get(`${tenant} ${source}`) ?? [];
        // What a receiver has rejected may come after what it took behind it.
        const isWhole = all.map((known) => progressOf(known, `${tenant}.${target}`)).every(({ isTaken: is, isRejected }) => is && !isRejected);
        const told = heard.get(source)?.asks ?? 'none';
        if (targets.includes(target) && isTold && isWhole && told !== wanted)
          this.#parts.fail(`${target} of ${tenant} is to ${wanted} by ${source}, and was told to ${told}`);
      }
      for (const source of said.keys())
        if (!ofLog.has(source)) this.#parts.fail(`${target} of ${tenant} is to act by ${source}, of which it was never told`);
    }
  } // prettier-ignore

  #take(target: string, alert: Alert): void {
    const heard = this.#heard.get(target) ?? new Map<string, Heard>();
    this.#heard.set(target, heard);
    hear(heard, alert);
  }

  #before(known: Known, target: string): Known[] {
    const all = this.#sources.get(`${known.alert.tenant} ${known.alert.source}`)!;
    return all.slice(0, all.indexOf(known)).filter((one) => namesOf(one).includes(target));
  }

  #isOvertaken(known: Known, target: string): boolean {
    const all = this.#sources.get(`${known.alert.tenant} ${known.alert.source}`)!;
    return all.slice(all.indexOf(known)).some((one) => one !== known && progressOf(one, target).isTaken);
  }

  #holdsUp(known: Known, target: string): boolean {
    const { isTaken, isRejected } = progressOf(known, target);
    return !isTaken && !isRejected && !this.#isOld(known);
  }

  #isOld({ atMs }: Known): boolean {
    return this.#parts.nowMs() >= atMs + retryForMs - pauseMsMax;
  }
}

/** What a source asks for, as a receiver goes by it: the newest alert, by log time, counts. */
interface Heard {
  readonly asks: DesiredAction;
  readonly logTimeMs: number;
  readonly targets: readonly string[];
}

function hear(all: Map<string, Heard>, alert: Alert): void {
  const { source, logTimeMs, targets } = alert;
  const known = all.get(source);
  if (known !== undefined && known.logTimeMs > logTimeMs) return;
  all.set(source, { asks: asksOf(alert, known), logTimeMs, targets });
}

/** An empty wallet that only tells changes nothing of what it asked for when it became empty. */
function asksOf(alert: Alert, known: Heard | undefined): DesiredAction {
  if (isOfBudget(alert)) return actionOf(alert.state);
  if (alert.action === 'throttle' || alert.action === 'block') return alert.action;
  return alert.state === 'empty' ? (known?.asks ?? 'none') : 'none';
}

function progressOf({ progress }: Known, target: string): Progress {
  const known = progress.get(target) ?? { isTaken: false, isRejected: false, recorded: undefined };
  progress.set(target, known);
  return known;
}

const namesOf = ({ alert: { tenant, targets } }: Known): string[] => targets.map((name) => `${tenant}.${name}`);

const alertsOf = (body: WebhookBody | GroupedBody): readonly AlertData[] =>
  body.type === 'alerts.grouped' ? (body as GroupedBody).data.alerts : [(body as WebhookBody).data];

const idsOf = (body: WebhookBody | GroupedBody): readonly string[] =>
  body.type === 'alerts.grouped' ? (body as GroupedBody).data.ids : [(body as WebhookBody).data.id];

/** As receivers get it. */
const dataOf = ({ targets: _targets, trace: _trace, ...data }: Alert): string => JSON.stringify(data);
