/** Credits by the log alone (SPEC §14), restarted before each input from a snapshot or from the commits; every commit is audited. */
import { describe, expect, test } from 'vitest';
import type { ControlChange } from '../../messages/control.ts';
import type { CreditGrantRecord, WalletRecord } from '../../messages/credit.ts';
import { splitCommit, type CommitHeader } from '../../messages/rated.ts';
import { verdictOn } from '../../holds/caps.ts';
import { formatAmount, parseAmount } from '../../money/fixed.ts';
import { Auditor } from '../../reference/audit/auditor.ts';
import { Faults, checkNames } from '../../reference/audit/faults.ts';
import { ports } from '../../testing/differentialPorts.ts';
import type { Input } from '../admit.ts';
import { PartitionMachine } from '../machine.ts';
import { applyCommit } from '../replay.ts';
import { decodeState, encodeState } from '../snapshot.ts';
import { emptyState, type PartitionState } from '../state.ts';
import { creditsLeft } from './left.ts';

const at = (text: string): number => Temporal.Instant.from(text.includes('T') ? `${text}:00Z` : `${text}T00:00:00Z`).epochMilliseconds; // prettier-ignore

/** A root account with two below it, all in UTC; each unit that they use costs 1. */
class Log {
  readonly faults = new Faults();
  readonly #auditor = new Auditor(0, ports, this.faults);
  readonly #commits: { readonly header: CommitHeader; readonly hash: string }[] = [];
  #machine = this.#driven(emptyState(0));
  #control = 0;
  #usage = 0;
  #prev = '';
  told = '';

  constructor() {
    const accounts = [[1, 0], [2, 1], [3, 1]].map(([id, parent]) => ({ kind: 'account', id, slug: `a${id}`, name: '', parent, type: 'project', timeZone: 'UTC' }) as ControlChange); // prettier-ignore
    this.publish('2026-01-10',
      { kind: 'tenant', id: 't', name: '', currency: 'EUR', timeZone: 'UTC' }, ...accounts,
      ...[2, 3].map((account): ControlChange => ({ kind: 'ownership', resource: `r${account}`, account, fromMs: 0 })),
      { kind: 'meter', id: 'm', metric: 'x', unit: '1', scale: 0, aggregation: 'sum', filter: {} },
      { kind: 'price', id: 1, key: 'p', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0, tallyScope: 'account', unit: { name: 'u', numerator: '1', denominator: '1' }, allowance: '0', model: { kind: 'perUnit', unitPrice: '1' } },
      { kind: 'producer', id: 'p', type: 'gateway', simulated: false, enabled: true, keys: [{ id: 'key', publicKey: 'public' }] },
    ); // prettier-ignore
  }

  #driven(state: PartitionState): PartitionMachine {
    return new PartitionMachine(state, { hash: ports.sha256, verify: ports.verifySignature, text: ports.readText });
  }

  publish(when: string, ...changes: ControlChange[]): string[] {
    this.#control += 1;
    const message = { v: 1, tenant: 't', seq: this.#control, auditId: '', trace: '', changes };
    const data = ports.bytes(JSON.stringify(message));
    return this.#take({ stream: 'control', subject: 'control.0.t', seq: this.#control, timeMs: at(when), data });
  }

  grant(when: string, id: string, amount: string, more: Partial<CreditGrantRecord> = {}): string[] {
    const grant = { id, account: 1, currency: 'EUR', amount, kind: 'prepaid', priority: 1, effectiveFromMs: 0, name: id, reason: 'paid' } as const; // prettier-ignore
    return this.publish(when, { kind: 'creditGrant', grant: { ...grant, ...more } });
  }

  wallet(when: string, more: Partial<WalletRecord> = {}): string[] {
    const wallet = { id: 'w', name: 'W', account: 1, currency: 'EUR', lowAt: '20', action: 'block', targets: ['t'] } as const; // prettier-ignore
    return this.publish(when, { kind: 'wallet', ...wallet, ...more });
  }

  use(when: string, account: number, ...quantities: number[]): string[] {
    this.#usage += 1;
    const body = {
      v: 1, tenant: 't', producer: 'p', epoch: { startedAtMs: 1, nonce: '00000000000000ab' }, seq: this.#usage, prev: this.#prev, trace: 'why',
      resources: [`r${account}`], metrics: [{ name: 'x', unit: '1', scale: 0, kind: 'delta' }], dims: [], baseMs: at(when), ticks: [[0, 0, 0]],
      series: [[0, 0, -1]], s: quantities.map(() => 0), k: quantities.map(() => 0), q: quantities, raw: quantities.map(() => null),
    }; // prettier-ignore
    const text = JSON.stringify(body);
    this.#prev = ports.sha256(ports.bytes(text));
    const data = ports.bytes(`${'good'.padEnd(86, '-')}\nkey\n${text}`);
    return this.#take({ stream: 'usage', subject: 'usage.0.t.p', seq: this.#usage, timeMs: at(when), data });
  }

  tick(when: string): string[] {
    this.#restart();
    this.#machine.tick(at(when));
    return this.#commit([]);
  }

  left(account: number): string | undefined {
    const left = creditsLeft(this.#machine.state.tenants.get('t')!, account, 'EUR');
    return left === undefined ? undefined : formatAmount(left);
  }

  verdict(account: number, amount: string) {
    const { tenants, logTimeMs } = this.#machine.state;
    const tenant = tenants.get('t')!;
    const asked = { account: tenant.master.accounts.get(account)!, currency: 'EUR', amount: parseAmount(amount)! };
    return verdictOn(tenant, logTimeMs, asked);
  }

  get due(): number | undefined {
    return this.#machine.nextDueMs();
  }

  #take(input: Input & { readonly stream: 'usage' | 'control' }): string[] {
    this.#restart();
    if (input.stream === 'control') this.#machine.takeControl(input);
    else this.#machine.takeUsage(input);
    return this.#commit([input]);
  }

  #restart(): void {
    const text = encodeState(this.#machine.state);
    const replayed = emptyState(0);
    this.#commits.forEach(({ header, hash }, i) => applyCommit(replayed, header, i + 1, hash));
    expect(encodeState(replayed)).toBe(text);
    this.#machine = this.#driven(this.#commits.length % 2 === 0 ? replayed : decodeState(text));
  }

  /** Entries and alerts of the commit, in words. */
  #commit(inputs: readonly (Input & { readonly stream: 'usage' | 'control' })[]): string[] {
    const { state } = this.#machine;
    const n = this.#commits.length;
    const owner = { incarnation: 1, nonce: 'n', n, prev: { seq: n, hash: state.outHash } };
    const base = { incarnation: 0, outSeq: 0, hash: '' };
    const place = n === 0 ? ({ ...owner, kind: 'takeover', base } as const) : ({ ...owner, kind: 'commit' } as const);
    const { bytes } = this.#machine.drain(place);
    const parts = splitCommit(bytes);
    const header = JSON.parse(ports.readText(parts.header)!) as CommitHeader;
    const hash = ports.sha256(bytes);
    Object.assign(state, { outSeq: n + 1, outHash: hash, incarnation: 1 });
    this.#commits.push({ header, hash });
    this.#auditor.check({ seq: n + 1, hash, header, blocks: ports.readText(parts.blocks)! }, inputs);
    this.told = header.refusals.map(({ detail }) => detail).join();
    return [
      ...(header.creditEntries ?? []).map(({ reason, grant, amount }) => [reason, grant, amount].filter((word) => word !== '').join(' ')),
      ...header.alerts.flatMap((alert) => (alert.type.startsWith('credit.') ? [`${alert.id.slice('t:wallet:'.length)} ${alert.action}`] : [])),
    ]; // prettier-ignore
  }

  faulty(): string {
    this.#auditor.finish();
    return checkNames.map((check) => this.faults.tell(check)).join('');
  }
}

const close = (log: Log) => expect(log.faulty()).toBe('');

describe('what is charged is paid', () => {
  test('what is charged is paid after its input, by grants in their order, and the rest is owed; the history says by which', () => {
    const log = new Log();
    log.grant('2026-01-11', 'promo', '5', { kind: 'promotional', account: 2 });
    log.grant('2026-01-11', 'paid', '10');
    expect(log.use('2026-01-12', 2, 3, 4)).toEqual(['burned promo 5', 'burned paid 2']);
    expect(log.use('2026-01-12', 3, 9)).toEqual(['burned paid 8', 'overage 1']);
    expect(log.grant('2026-01-13', 'later', '10')).toEqual(['granted later 10']);
    expect(log.grant('2026-01-13', 'debts', '10', { coversOverage: true })).toEqual(['granted debts 10', 'burned debts 1', 'overage -1']); // prettier-ignore
    expect(log.publish('2026-01-14', { kind: 'creditVoid', grant: 'paid', owes: true, reason: 'bounced' })).toEqual(['revoked paid 2', 'overage 2', 'revoked paid 8', 'overage 8']); // prettier-ignore
    close(log);
  });

  test('a discount gives back what it took off, within one input and later, and scopes keep to their services', () => {
    const log = new Log();
    log.grant('2026-01-11', 'other', '100', { scope: { services: ['x'] }, priority: 0 });
    log.grant('2026-01-11', 'paid', '100');
    log.use('2026-01-12', 2, 60);
    const terms = { kind: 'discount', order: 1, take: { kind: 'percent', percent: '10' }, base: 'left', duration: { kind: 'forever' } } as const; // prettier-ignore
    expect(log.publish('2026-01-12', { kind: 'agreement', id: 2, key: 'k', version: 1, service: 's', component: 'a', currency: 'EUR', account: 1, name: '', fromMs: at('2026-01-01'), toMs: null, terms })).toEqual(['refunded paid 6']); // prettier-ignore
    expect(log.use('2026-01-13', 3, 40)).toEqual(['burned paid 40', 'refunded paid 4']);
    expect(log.use('2026-01-13', 3, 20)).toEqual(['burned paid 10', 'overage 8']);
    close(log);
  });

  test('time acts first: an expiry with its grace before the input, a grant that begins as well; ticks bring both', () => {
    const log = new Log();
    log.grant('2026-01-11', 'short', '10', { expiresAtMs: at('2026-01-12'), graceMs: 3_600_000 });
    log.grant('2026-01-11', 'long', '10', { effectiveFromMs: at('2026-01-13') });
    expect(log.due).toBe(at('2026-01-12T01:00'));
    expect(log.use('2026-01-11T12:00', 2, 1)).toEqual(['burned short 1']);
    expect(log.use('2026-01-12T00:30', 2, 1)).toEqual(['overage 1']);
    expect(log.tick('2026-01-12T01:00')).toEqual(['expired short 9']);
    expect(log.use('2026-01-13T01:00', 2, 2)).toEqual(['burned long 2']);
    close(log);
  });
});

describe('wallets', () => {
  test('low, empty, topped up: each once, a top-up is asked for once, what was blocked is let go', () => {
    const log = new Log();
    const topUp = { below: '30', amount: '50' };
    expect(log.wallet('2026-01-11', { topUp })).toEqual(['w:low:0 notify', 'w:empty:0 block', 'w:top_up_requested:0 notify']); // prettier-ignore
    expect([log.left(2), log.left(4)]).toEqual(['0', undefined]);
    expect(log.grant('2026-01-11', 'first', '40')).toEqual(['granted first 40', 'w:topped_up:1 release']);
    expect(log.use('2026-01-12', 2, 15)).toEqual(['burned first 15', 'w:top_up_requested:1 notify']);
    expect(log.use('2026-01-12', 3, 10)).toEqual(['burned first 10', 'w:low:1 notify']);
    expect(log.use('2026-01-12', 3, 20)).toEqual(['burned first 15', 'overage 5', 'w:empty:1 block']);
    expect(log.use('2026-01-12', 3, 1)).toEqual(['overage 1']);
    expect(log.grant('2026-01-13', 'small', '10')).toEqual(['granted small 10', 'w:topped_up:2 release', 'w:top_up_requested:2 notify']); // prettier-ignore
    expect(log.grant('2026-01-13', 'large', '90')).toEqual(['granted large 90', 'w:topped_up:3 notify']);
    expect(log.left(3)).toBe('100');
    expect(log.use('2026-01-14', 3, 100)).toEqual(['burned large 90', 'burned small 10', 'w:low:3 notify', 'w:empty:3 block', 'w:top_up_requested:3 notify']); // prettier-ignore
    close(log);
  });

  test('refunds do not un-fire, but above clearAt they let go; an expiry empties', () => {
    const log = new Log();
    log.wallet('2026-01-11', { clearAt: '25' });
    log.grant('2026-01-11', 'paid', '100', { expiresAtMs: at('2026-02-01') });
    log.use('2026-01-12', 2, 100);
    const terms = (percent: string) => ({ kind: 'discount', order: 1, take: { kind: 'percent', percent }, base: 'left', duration: { kind: 'forever' } }) as const; // prettier-ignore
    const agree = (id: number, percent: string) => log.publish('2026-01-13', { kind: 'agreement', id, key: 'k', version: id, service: 's', component: 'a', currency: 'EUR', account: 1, name: '', fromMs: at('2026-01-01'), toMs: null, terms: terms(percent) }); // prettier-ignore
    expect(agree(2, '25')).toEqual(['refunded paid 25']);
    expect(agree(3, '26')).toEqual(['refunded paid 1', 'w:released:2 release']);
    expect(log.tick('2026-02-01')).toEqual(['expired paid 26', 'w:low:2 notify', 'w:empty:2 block']);
    close(log);
  });

  test('a record that comes anew is acted on: another action takes the place of the first, another limit lets go', () => {
    const log = new Log();
    log.wallet('2026-01-11', { action: 'throttle' });
    expect(log.wallet('2026-01-11', { action: 'throttle', name: 'renamed' })).toEqual([]);
    expect(log.wallet('2026-01-11', { action: 'block' })).toEqual(['w:released:1 release', 'w:empty:1 block']);
    expect(log.wallet('2026-01-11', { action: 'notify' })).toEqual(['w:released:2 release', 'w:empty:2 notify']);
    log.grant('2026-01-11', 'paid', '10');
    expect(log.wallet('2026-01-11', { action: 'notify', lowAt: '5' })).toEqual(['w:released:4 notify']);
    close(log);
  });
});

test('a wallet that blocks is a cap: a hold fits only what credit is left after all that is held', () => {
  const log = new Log();
  log.wallet('2026-01-11', { lowAt: '1' });
  const held = (amount: string) => {
    const { allowed, left, why } = log.verdict(2, amount);
    return [allowed, left, ...why.map(({ kind, id, state }) => `${kind} ${id} ${state}`)];
  };
  expect(held('1')).toEqual([false, '0', 'wallet w block']);
  log.grant('2026-01-11', 'paid', '10');
  expect(held('10')).toEqual([true, '10']);
  expect(held('10.1')).toEqual([false, '10', 'wallet w none']);
  log.use('2026-01-12', 3, 4);
  expect(held('6.1')).toEqual([false, '6', 'wallet w none']);
  log.use('2026-01-12', 3, 6);
  expect(held('0')).toEqual([false, '0', 'wallet w block']);
  log.wallet('2026-01-12', { lowAt: '1', action: 'throttle' });
  expect(log.verdict(2, '99')).toMatchObject({ allowed: true, state: 'throttle', left: null });
  close(log);
});

test('both engines take and reject the same credits, and say which field is wrong', () => {
  const log = new Log();
  log.grant('2026-01-11', 'g', '5');
  /** Of what was done just now. */
  const told = (_: readonly string[]): string => log.told;
  expect(told(log.grant('2026-01-11', 'g', '5'))).toBe('grant g is given and does not change');
  expect(told(log.grant('2026-01-11', 'h', '0'))).toMatch(/amount is 0, not a decimal number above 0/);
  expect(told(log.grant('2026-01-11', 'h', '1e3', { account: 0 }))).toMatch(/account is 0/);
  expect(told(log.grant('2026-01-11', 'h', '1', { account: 9 }))).toBe('account 9 of grant h is not known');
  expect(told(log.grant('2026-01-11', 'h', '1', { currency: 'TOKENS' }))).toMatch(/a pricing unit that is published/);
  expect(told(log.grant('2026-01-11', 'h', '1', { expiresAtMs: at('2026-01-11') }))).toMatch(/not after log time/);
  expect(told(log.grant('2026-01-11', 'h', '1', { graceMs: 5 }))).toMatch(/graceMs is 5, not/);
  expect(told(log.grant('2026-01-11', 'h', '1', { scope: { services: [] } }))).toMatch(/scope.services is \[\]/);
  expect(told(log.publish('2026-01-11', { kind: 'creditVoid', grant: 'x', owes: false, reason: 'r' }))).toBe('grant x is not known'); // prettier-ignore
  expect(told(log.wallet('2026-01-11', { lowAt: '-1', clearAt: '0' }))).toMatch(/lowAt is -1/);
  expect(told(log.wallet('2026-01-11', { clearAt: '1' }))).toMatch(/clearAt is 1, not at least lowAt, 20/);
  log.wallet('2026-01-11');
  expect(told(log.wallet('2026-01-11', { account: 2 }))).toBe('wallet w cannot change its account or currency');
  close(log);
});
