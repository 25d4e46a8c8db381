/** Agreements by the log alone (SPEC §9.2–9.5): what is booked when, what changes and closes correct, and that a tampered row is found. */
import { describe, expect, test } from 'vitest';
import type { AgreementRecord, AgreementTerms, BoundTerms, DiscountTerms } from '../../messages/agreement.ts';
import type { ControlChange } from '../../messages/control.ts';
import { splitCommit, type CommitHeader } from '../../messages/rated.ts';
import { formatAmount } from '../../money/fixed.ts';
import { Auditor } from '../../reference/audit/auditor.ts';
import { readBlocks } from '../../reference/audit/blocks.ts';
import { Faults } from '../../reference/audit/faults.ts';
import { ports } from '../../testing/differentialPorts.ts';
import type { Input } from '../admit.ts';
import { PartitionMachine } from '../machine.ts';
import { decodeState, encodeState } from '../snapshot.ts';
import { emptyState, type PartitionState } from '../state.ts';

const at = (text: string): number => Temporal.Instant.from(`${text}T00:00:00Z`).epochMilliseconds;

const cap = (maximum: string, minimum?: string): BoundTerms => ({
  kind: 'bound', scope: { kind: 'subtree' }, maximum, ...(minimum === undefined ? {} : { minimum }), minimumBasis: 'net', prorate: { minimum: true, maximum: false },
}); // prettier-ignore
const percent = (order: number, of: string, more: Partial<DiscountTerms> = {}): DiscountTerms => ({
  kind: 'discount', order, take: { kind: 'percent', percent: of }, base: 'left', duration: { kind: 'forever' }, ...more,
}); // prettier-ignore
const committed = (payment: 'advance' | 'arrears'): AgreementTerms => ({
  kind: 'commitment', segments: [{ fromMs: at('2026-02-01'), toMs: at('2026-04-01'), amount: '100' }], coveredPercent: '90', overagePercent: '120', payment, basis: 'net',
}); // prettier-ignore

/** A root account with two below it, all in UTC, a price of 1 a unit, and a machine that is restarted before each input, or never. */
class Log {
  readonly #restarts: boolean;
  readonly faults = new Faults();
  readonly #auditor = new Auditor(0, ports, this.faults);
  #machine = this.#driven(emptyState(0));
  #control = 0;
  #usage = 0;
  #prev = '';
  #commits = 0;
  #tamper: ((text: string) => string) | undefined;

  constructor(restarts = true) {
    this.#restarts = restarts;
    const accounts = [[1, 0], [2, 1], [3, 1]].map(([id, parent]) => ({ kind: 'account', id, slug: `a${id}`, name: '', parent, type: 'project', timeZone: 'UTC' }) as ControlChange); // prettier-ignore
    this.publish('2026-01-10',
      { kind: 'tenant', id: 't', name: '', currency: 'EUR', timeZone: 'UTC' }, ...accounts,
      ...[2, 3].map((account): ControlChange => ({ kind: 'ownership', resource: `r${account}`, account, fromMs: 0 })),
      { kind: 'meter', id: 'm', metric: 'x', unit: '1', scale: 0, aggregation: 'sum', filter: {} },
      { kind: 'price', id: 1, key: 'p', version: 1, service: 's', component: 'c', meter: 'm', currency: 'EUR', account: 0, effectiveFromMs: 0, tallyScope: 'account', unit: { name: 'u', numerator: '1', denominator: '1' }, allowance: '0', model: { kind: 'perUnit', unitPrice: '1' } },
      { kind: 'producer', id: 'p', type: 'gateway', simulated: false, enabled: true, keys: [{ id: 'key', publicKey: 'public' }] },
      { kind: 'budget', id: 'b', account: 1, name: '', amount: '90', currency: 'EUR', period: 'month', targets: [], enabled: true, thresholds: [{ percent: '100', action: 'notify' }] },
    ); // prettier-ignore
  }

  #driven(state: PartitionState): PartitionMachine {
    return new PartitionMachine(state, { hash: ports.sha256, verify: ports.verifySignature, text: ports.readText });
  }

  publish(when: string, ...changes: ControlChange[]): string[] {
    this.#control += 1;
    const data = ports.bytes(
      JSON.stringify({ v: 1, tenant: 't', seq: this.#control, auditId: '', trace: '', changes }),
    );
    return this.#take({ stream: 'control', subject: 'control.0.t', seq: this.#control, timeMs: at(when), data });
  }

  agree(
    when: string,
    id: number,
    account: number,
    terms: AgreementTerms,
    more: Partial<AgreementRecord> = {},
  ): string[] {
    const dated = { fromMs: at('2026-01-01'), toMs: null, name: '', ...more };
    return this.publish(when, { kind: 'agreement', id, key: `k${id}`, version: id, service: 's', component: 'a', currency: 'EUR', account, ...dated, terms }); // prettier-ignore
  }

  /** Units used by an account on a day that has begun. */
  use(when: string, account: number, quantity: number, on = when): string[] {
    this.#usage += 1;
    const body = {
      v: 1, tenant: 't', producer: 'p', epoch: { startedAtMs: 1, nonce: '00000000000000ab' }, seq: this.#usage, prev: this.#prev, trace: '',
      resources: [`r${account}`], metrics: [{ name: 'x', unit: '1', scale: 0, kind: 'delta' }], dims: [], baseMs: at(on), ticks: [[0, 0, 0]],
      series: [[0, 0, -1]], s: [0], k: [0], q: [quantity], raw: [null],
    }; // prettier-ignore
    const text = JSON.stringify(body);
    this.#prev = ports.sha256(ports.bytes(text));
    const data = ports.bytes(`${'good'.padEnd(86, '-')}\nkey\n${text}`);
    return this.#take({ stream: 'usage', subject: 'usage.0.t.p', seq: this.#usage, timeMs: at(when), data });
  }

  tampered(tamper: (text: string) => string): this {
    this.#tamper = tamper;
    return this;
  }

  balance(account: number, month: string): string {
    const balances = [...this.#machine.state.tenants.get('t')!.balancesByKey.values()];
    const found = balances.find((one) => one.account.record.id === account && one.period.startMs === at(`${month}-01`));
    return formatAmount(found?.total ?? 0n);
  }

  get due(): number | undefined {
    return this.#machine.nextDueMs();
  }

  told = '';
  alerts = 0;

  /** Rows of agreements that the input led to: account, reason, amount, month. */
  #take(input: Input & { readonly stream: 'usage' | 'control' }): string[] {
    if (this.#restarts) this.#machine = this.#driven(decodeState(encodeState(this.#machine.state)));
    if (input.stream === 'control') this.#machine.takeControl(input);
    else this.#machine.takeUsage(input);
    const { state } = this.#machine;
    const n = this.#commits++;
    const owner = { incarnation: 1, nonce: 'n', n, prev: { seq: n, hash: state.outHash } };
    const base = { incarnation: 0, outSeq: 0, hash: '' };
    const { bytes } = this.#machine.drain(
      n === 0 ? { ...owner, kind: 'takeover', base } : { ...owner, kind: 'commit' },
    );
    const text = this.#tamper?.(ports.readText(bytes)!) ?? ports.readText(bytes)!;
    this.#tamper = undefined;
    const parts = splitCommit(ports.bytes(text));
    const header = JSON.parse(ports.readText(parts.header)!) as CommitHeader;
    const blocks = ports.readText(parts.blocks)!;
    Object.assign(state, { outSeq: n + 1, outHash: ports.sha256(bytes), incarnation: 1 });
    this.#auditor.check({ seq: n + 1, hash: '', header, blocks }, [input]);
    this.told = header.refusals.map(({ detail }) => detail).join();
    this.alerts = header.totals.alerts;
    return readBlocks(blocks)
      .filter((block) => block!.scalar('kind') === 'agreement')
      .map((block) => ['account', 'cell', 'amount'].map((column) => block!.scalar(column as 'cell')).join(' '));
  }

  finish(): string {
    this.#auditor.finish();
    return ['RERATE', 'TELESCOPE', 'TREE', 'BALANCES', 'TRACE', 'ONCE', 'BLOCKS', 'CAP']
      .map((check) => this.faults.tell(check as 'RERATE'))
      .join('');
  }
}

describe('SETTLE', () => {
  test('what was charged before an agreement is settled with it, by difference; budgets see what is left', () => {
    const log = new Log();
    log.use('2026-01-11', 2, 60);
    log.use('2026-01-11', 3, 20);
    expect(log.agree('2026-01-12', 2, 1, percent(1, '10'))).toEqual(['1 discount -8']);
    expect(log.agree('2026-01-12', 3, 2, cap('50'))).toEqual(['2 cap -4']);
    expect(log.use('2026-01-13', 2, 10)).toEqual(['1 discount -1', '2 cap -9']);
    expect(log.agree('2026-01-14', 4, 1, percent(1, '50'), { key: 'k2' })).toEqual(['1 discount -36', '2 cap 13']);
    expect([log.balance(1, '2026-01'), log.balance(2, '2026-01')]).toEqual(['45', '70']);
    expect(log.use('2026-01-15', 3, 60)).toEqual(['1 discount -30']);
    expect(log.alerts).toBe(0);
    expect(log.finish()).toBe('');
  });

  test('what is over for one account leaves the others alone, and a discount lasts for its periods, open ones included', () => {
    const log = new Log();
    log.agree('2026-01-11', 2, 1, percent(1, '10', { duration: { kind: 'once' } }));
    expect(log.use('2026-01-12', 2, 10)).toEqual(['1 discount -1']);
    expect(log.use('2026-02-02', 2, 10)).toEqual([]);
    // January takes nothing any more, so that February does.
    expect(log.use('2026-02-03', 2, 0, '2026-01-20')).toEqual([]);
    expect(log.agree('2026-02-03', 3, 1, percent(1, '10', { duration: { kind: 'once' } }), { key: 'k2', fromMs: at('2026-02-01') })).toEqual(['1 discount 1', '1 discount -1']); // prettier-ignore
    expect(log.finish()).toBe('');
  });

  test('a minimum is owed by the close of the period, also without usage; opened again, it is taken back until the next close', () => {
    const log = new Log();
    log.agree('2026-01-12', 2, 1, cap('100', '31'), { fromMs: at('2026-01-11') });
    log.use('2026-01-12', 2, 10);
    const close = (when: string, until: string) => log.publish(when, { kind: 'close', account: 1, untilMs: at(until), reason: '' }); // prettier-ignore
    expect(close('2026-02-01', '2026-02-01')).toEqual(['1 minimum 11']);
    expect(log.use('2026-02-02', 2, 5, '2026-01-13')).toEqual([]);
    expect(log.balance(1, '2026-01')).toBe('21');
    expect(log.publish('2026-02-03', { kind: 'reopen', account: 1, fromMs: at('2026-01-01'), reason: '', approvedBy: 'x' })).toEqual(['1 minimum -11']); // prettier-ignore
    expect(close('2026-03-02', '2026-03-01')).toEqual(['1 minimum 11', '1 minimum 26']);
    expect(close('2026-04-02', '2026-04-01')).toEqual(['1 minimum 31']);
    expect(log.finish()).toBe('');
  });

  test('an advance is paid when log time reaches it and drawn down over the periods; what arrears miss is owed at the end', () => {
    const log = new Log();
    log.agree('2026-01-12', 2, 1, committed('advance'));
    expect(log.due).toBe(at('2026-02-01'));
    expect(log.use('2026-02-02', 2, 50)).toEqual(['1 prepayment 100', '1 commitmentRate -5', '1 drawdown -45']);
    expect(log.use('2026-03-02', 3, 100)).toEqual(['1 commitmentRate -6.111111111111', '1 overage 7.777777777778', '1 drawdown -55']); // prettier-ignore
    const late = new Log();
    late.use('2026-02-02', 2, 50);
    late.agree('2026-03-12', 2, 1, committed('arrears'));
    expect(late.publish('2026-04-01', { kind: 'close', account: 1, untilMs: at('2026-04-01'), reason: '' })).toEqual(['1 trueUp 55']); // prettier-ignore
    expect(log.finish() + late.finish()).toBe('');
  });
});

test('what an account uses that came after the agreement is settled as well, also where nothing was restarted meanwhile', () => {
  const log = new Log(false);
  log.agree('2026-01-11', 2, 1, cap('50'));
  expect(log.use('2026-01-11', 2, 40)).toEqual([]);
  log.publish('2026-01-12',
    { kind: 'account', id: 4, slug: 'a4', name: '', parent: 1, type: 'project', timeZone: 'UTC' },
    { kind: 'ownership', resource: 'r4', account: 4, fromMs: 0 },
  ); // prettier-ignore
  expect(log.use('2026-01-12', 4, 20)).toEqual(['1 cap -10']);
  expect(log.balance(1, '2026-01')).toBe('50');
  expect(log.finish()).toBe('');
});

test('agreements are refused together, each fault with its path, its value and what would be right', () => {
  const log = new Log();
  log.agree('2026-01-11', 2, 1, percent(1, '10'));
  log.agree('2026-01-11', 3, 2, percent(1, '101', { notWith: ['nothing'] }));
  expect(log.told).toBe('agreement k3: terms.take.percent is 101, not a decimal number from 0 to 100, as text, below 10^15, with at most 12 decimals'); // prettier-ignore
  log.agree('2026-01-11', 4, 2, percent(1, '10', { notWith: ['nothing'] }));
  expect(log.told).toBe('agreement k4: terms.notWith is nothing, not the id of another discount; terms.order is 1, not a number that k2 has not'); // prettier-ignore
  log.agree('2026-01-11', 5, 1, cap('1', '2'));
  expect(log.told).toBe('agreement k5: terms.maximum is 1, not at least the minimum, 2');
  log.agree('2026-01-11', 6, 1, { ...committed('arrears'), segments: [{ fromMs: at('2026-02-02'), toMs: at('2026-03-01'), amount: '1' }] } as AgreementTerms); // prettier-ignore
  expect(log.told).toBe(`agreement k6: terms.segments[0].fromMs is ${at('2026-02-02')}, not an instant at which a billing period begins, such as ${at('2026-02-01')}`); // prettier-ignore
  log.agree('2026-01-11', 1, 1, cap('1'));
  expect(log.told).toBe('1 is published and immutable');
  log.agree('2026-01-11', 7, 2, percent(9, '1'), { key: 'k2' });
  expect(log.told).toBe('agreement k2 cannot change its account, currency or kind');
  expect(log.finish()).toBe('');
});

test.each([
  ['a row', /\tdiscount\tEUR(.*)-8\t/, '\tdiscount\tEUR$1-7\t'],
  ['who carries it', /\t1\t(\[1\]\ts\ta\t\t2\tdiscount)/, '\t2\t$1'],
  ['a line', /"80000000000000"/, '"70000000000000"'],
  ['what is booked', /"-8000000000000"/, '"-7000000000000"'],
])('tampered: %s', (_, from, to) => {
  const log = new Log();
  log.agree('2026-01-11', 2, 1, percent(1, '10'));
  log.tampered((text) => text.replace(from, to)).use('2026-01-11', 2, 80);
  expect(log.finish()).not.toBe('');
});
