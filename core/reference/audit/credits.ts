/** RERATE of what commits say of credits: grants, who paid for what, wallets, and what happened, per commit and at the end. */
import type { CommitHeader } from '../../messages/rated.ts';
import type { CreditEntry } from '../../messages/credit.ts';
import { bookOf } from '../credits/pay.ts';
import { leftOf } from '../credits/book.ts';
import { text } from '../number.ts';
import type { Outcome, State } from '../state.ts';
import type { Faults } from './faults.ts';

export class CreditFold {
  /** By tenant and name, as text. */
  readonly #said = new Map<string, string>();

  take(header: CommitHeader): void {
    for (const { tenant, grant, status, left, ended, givenBack } of header.creditGrants ?? [])
      this.#said.set(`${tenant} grant ${grant}`, told([status, left, ended, givenBack]));
    for (const { tenant, owed, owedSince, chargedAt, paid, ...place } of header.creditLines ?? [])
      this.#said.set(`${tenant} place ${nameOf(place)}`, told([owed, owedSince, chargedAt, paid]));
    for (const { tenant, wallet, state, arming, isAsked } of header.wallets ?? [])
      this.#said.set(`${tenant} wallet ${wallet}`, told([state, arming, isAsked]));
  }

  compareTouched(header: CommitHeader, outcome: Outcome, state: State, where: string, faults: Faults): void {
    const touched = [
      ...(header.creditGrants ?? []).map(({ tenant, grant }) => [tenant, `grant ${grant}`]),
      ...(header.creditLines ?? []).map(({ tenant, ...line }) => [tenant, `place ${nameOf(line)}`]),
      ...(header.wallets ?? []).map(({ tenant, wallet }) => [tenant, `wallet ${wallet}`]),
    ] as [string, string][];
    const wanted = new Map([...new Set(touched.map(([tenant]) => tenant))].map((tenant) => [tenant, wantedOf(state, tenant)])); // prettier-ignore
    for (const [tenant, name] of touched)
      faults.same('RERATE', `${where}: credits, ${tenant} ${name}`, this.#said.get(`${tenant} ${name}`), wanted.get(tenant)!.get(name)); // prettier-ignore
    const listed = (entries: readonly CreditEntry[]) => entries.map((entry) => told(fieldsOf(entry))).toSorted();
    faults.same(
      'RERATE',
      `${where}: entries of credits`,
      listed(header.creditEntries ?? []),
      listed(outcome.entries ?? []),
    );
  }

  compareAll(state: State, where: string, faults: Faults): void {
    const wanted = new Map<string, string>(
      [...state.tenants.keys()].flatMap((tenant) =>
        [...wantedOf(state, tenant)].map(([name, value]) => [`${tenant} ${name}`, value] as const),
      ),
    );
    for (const key of new Set([...this.#said.keys(), ...wanted.keys()]))
      faults.same('RERATE', `${where}: credits, ${key}`, this.#said.get(key), wanted.get(key));
  }
}

function wantedOf(state: State, tenant: string): Map<string, string> {
  const { given, debts, wallets } = bookOf(state, tenant);
  return new Map([
    ...[...given.values()].map((one): [string, string] => [`grant ${one.record.id}`, told([one.status, text(leftOf(one)), text(one.ended), text(one.givenBack)])]),
    ...[...debts.values()].map(({ name, owed, owedSince, chargedAt, payments }): [string, string] => [`place ${name}`, told([text(owed), owedSince, chargedAt, payments.map(({ by, amount }) => [by, text(amount)])])]),
    ...[...wallets].map(([id, track]): [string, string] => [`wallet ${id}`, told([track.state, track.arming, track.isAsked])]),
  ]); // prettier-ignore
}

const told = (value: unknown): string => JSON.stringify(value);
const nameOf = (place: NonNullable<CreditEntry['place']>): string =>
  told([place.account, place.periodStartMs, place.currency, place.service, place.component, place.meter]);

function fieldsOf({ tenant, atMs, reason, grant, account, currency, amount, place, input }: CreditEntry): unknown[] {
  return [tenant, atMs, reason, grant, account, currency, amount, place && nameOf(place), input?.stream, input?.seq];
}
