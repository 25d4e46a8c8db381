/** SPEC §1.3: control messages, each taken whole, in the order of the outbox, once. */
import type { ControlMessage } from '../messages/control.ts';
import { settleAll } from './agreements/settle.ts';
import { chargeUnpriced } from './adjustments.ts';
import { isObject, isWhole, readJson } from './body.ts';
import { asCommitted } from './corrections/progress.ts';
import { endShadows, rebuiltBy } from './corrections/rebuild.ts';
import { reversedBy } from './corrections/reverse.ts';
import { changeCredits } from './credits/pay.ts';
import { evaluateMoved } from './budgets/looks.ts';
import { releaseBudget, resetBudget, seedBudget, takeBudget } from './budgets/take.ts';
import { drafted } from './catalogue.ts';
import { beginClosing, continueClosing } from './closing.ts';
import type { Input, Ports } from './engine.ts';
import { areFew, replaceFees } from './fees/book.ts';
import { notePoints, noteVersions } from './repricing.ts';
import type { Outcome, Source, State } from './state.ts';

/** Applies the message; answers with it when it was taken. */
export function takeControl(state: State, ports: Ports, input: Input, outcome: Outcome): ControlMessage | undefined {
  const tenantId = input.subject.split('.')[2] ?? '';
  const value = readJson(ports.readText, input.data);
  const message = isMessage(value) && value.tenant === tenantId ? value : undefined;
  if (message !== undefined && message.seq <= state.controlMark) return undefined;
  const isNext = message?.seq === state.controlMark + 1;
  if (isNext) state.controlMark += 1;
  const tenant = isNext ? drafted(state.tenants.get(tenantId), tenantId, message!.changes, state.logTimeMs) : undefined;
  const before = state.tenants.get(tenantId);
  const changes = tenant === undefined ? [] : message!.changes;
  const fees = new Set(changes.flatMap((change) => (change.kind === 'fee' ? [change.key] : [])));
  const isFew = areFew([before, tenant], fees, state.logTimeMs);
  const reversed = tenant === undefined ? [] : reversedBy(state, tenant, changes);
  const isAlone = changes.length === 1 || changes.every(({ kind }) => kind !== 'correctionShadow' && kind !== 'correctionTally'); // prettier-ignore
  const rebuilt = tenant === undefined || !isAlone ? undefined : rebuiltBy(state, tenant, changes);
  if (message === undefined || tenant === undefined || !isFew || reversed === undefined || rebuilt === undefined) {
    outcome.refusals.push(rejected(state, tenantId, input.seq));
    return undefined;
  }
  state.tenants.set(tenantId, tenant);
  for (const change of message.changes) if (change.kind === 'seriesPoints') notePoints(state, tenantId, change);
  const source: Source = {
    producer: '',
    epoch: '',
    seq: 0,
    inputSeq: 0,
    logTimeMs: state.logTimeMs,
    trace: message.trace,
  };
  const newPrices = new Set(message.changes.flatMap((change) => (change.kind === 'price' ? [change.id] : [])));
  outcome.because = { tenant: tenantId, cause: null, trace: message.trace };
  changeCredits(state, tenant, before, message.changes, outcome);
  if (newPrices.size > 0) noteVersions(state, tenant);
  outcome.rows.push(...reversed, ...rebuilt);
  if (changes.some(({ kind }) => kind === 'correctionEnd')) endShadows(state, tenantId);
  outcome.rows.push(...chargeUnpriced(state, tenant, newPrices, source));
  outcome.rows.push(...replaceFees(state, before, tenant, fees, source));
  settleAll(state, tenant, before, outcome, source);
  const named = new Set<string>();
  for (const change of message.changes) {
    const looking = { state, tenant, source, outcome };
    if (change.kind === 'budget') named.add(takeBudget(looking, change.id, before));
    if (change.kind === 'budgetReset') named.add(resetBudget(looking, change.budget));
    if (change.kind === 'budgetRelease') releaseBudget(looking, change.budget);
    if (change.kind === 'budgetSeed' && seedBudget(looking, change)) named.add(change.budget);
  }
  evaluateMoved(state, tenant, source, outcome, named);
  const closed = new Map(before?.closes);
  for (const change of message.changes) {
    if (change.kind === 'close') beginClosing(state, tenant, change, closed.get(change.account) ?? 0);
    if (change.kind === 'close') closed.set(change.account, change.untilMs);
    if (change.kind === 'reopen') closed.set(change.account, change.fromMs);
  }
  if (message.changes.some(({ kind }) => kind === 'close')) continueClosing(state, outcome);
  return asCommitted(message);
}

function isMessage(value: unknown): value is ControlMessage {
  return isObject(value) && value['v'] === 1 && isWhole(value['seq']) && Array.isArray(value['changes']);
}

function rejected(state: State, tenant: string, inputSeq: number): Outcome['refusals'][number] {
  return {
    tenant,
    producer: '',
    epoch: '',
    seq: 0,
    index: -1,
    reason: 'control_rejected',
    samples: 0,
    stream: 'control',
    inputSeq,
    logTimeMs: state.logTimeMs,
  };
}
