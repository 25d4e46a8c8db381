/** Answers what services ask, whoever was asked and however: here where this process owns the partition, else through its owner. */
import { isChargedIn, type Decided } from '#core/holds/decide.ts';
import { verdictOn } from '#core/holds/caps.ts';
import { holdError } from '#core/holds/errors.ts';
import { MeterlineError } from '#core/errors.ts';
import {
  checkVerbs,
  type CheckVerb,
  type DesiredState,
  type DeskRequest,
  type HoldRequest,
  type Verdict,
} from '#core/messages/checks.ts';
import { placeOf, type Placement } from '#core/messages/names.ts';
import { parseAmount } from '#core/money/fixed.ts';
import type { Account, Master, Tenant } from '#core/rating/state.ts';
import type { Problem } from '#platform/http/index.ts';
import type { Desk } from './desk.ts';
import { desiredOf, desiredTargets } from './desired.ts';
import { checkError } from './errors.ts';
import type { CheckEvents } from './events.ts';
import { checkLimits } from './limits.ts';
import { readRequest, usageOf, type Asked } from './read.ts';

/** For whom it is asked: a tenant, and the account whose subtree the credential is confined to, 0 for all. */
export interface Asker {
  readonly tenant: string;
  readonly account: number;
}

/** An HTTP status and what is said with it; over NATS the body alone. */
export interface Reply {
  readonly status: number;
  readonly body: object;
}

export interface ChecksDeps {
  readonly placement: Placement;
  /** The desk of a partition that is owned here while the lease is valid. */
  readonly deskOf: (partition: number) => Desk | undefined;
  /** Asks the owner elsewhere; undefined where nobody is known to be one. Throws when no answer came. */
  readonly askOwner: (partition: number, asker: Asker, verb: CheckVerb, body: unknown) => Promise<Reply | undefined>;
  readonly events: CheckEvents;
}

export class Checks {
  readonly #deps: ChecksDeps;

  constructor(deps: ChecksDeps) {
    this.#deps = deps;
  }

  /** Never throws: what goes wrong is a problem with its code. */
  async answer(asker: Asker, verb: string, body: unknown): Promise<Reply> {
    return this.#measured(verb, async () => {
      const known = knownVerb(verb);
      const partition = placeOf(asker.tenant, this.#deps.placement);
      if (this.#deps.deskOf(partition) !== undefined) return this.#here(partition, asker, known, body);
      const reply = await this.#deps.askOwner(partition, asker, known, body);
      if (reply === undefined) throw checkError('CHECK_NOT_OWNED', '', { partition });
      return reply;
    });
  }

  /** What another rater was asked and handed on; undefined when this one is not the owner either. */
  async answerHere(partition: number, asker: Asker, verb: CheckVerb, body: unknown): Promise<Reply | undefined> {
    if (this.#deps.deskOf(partition) === undefined) return undefined;
    return this.#here(partition, asker, verb, body).catch(problemReply);
  }

  async #measured(verb: string, answer: () => Promise<Reply>): Promise<Reply> {
    const startedAt = performance.now();
    const reply = await answer().catch(problemReply);
    this.#deps.events.answered(verb, reply, performance.now() - startedAt);
    return reply;
  }

  async #here(partition: number, asker: Asker, verb: CheckVerb, body: unknown): Promise<Reply> {
    const desk = this.#deps.deskOf(partition)!;
    const tenant = desk.books.tenant(asker.tenant);
    switch (verb) {
      case 'check':
        return check(desk, tenant, asker, readRequest(verb, body));
      case 'desired-state':
        return said(desired(desk, tenant, asker, readRequest(verb, body)));
      case 'hold': {
        const asked = readRequest(verb, body);
        const account = accountOf(tenant, asker, asked.account).record.id;
        const { key, expiresInMs, amount, currency, service } = asked;
        const usage = usageOf(asked);
        const room =
          usage === undefined ? { amount, currency, ...(service === undefined ? {} : { service }) } : { usage };
        return this.#ask(desk, { op: 'hold', tenant: asker.tenant, key, account, ...room, expiresInMs } as HoldRequest);
      }
      case 'commit':
      case 'release': {
        const { hold: key, ...asked } = readRequest(verb, body);
        requireOwnHold(tenant, asker, key);
        return this.#ask(desk, { op: verb, tenant: asker.tenant, key, ...asked } as HoldRequest);
      }
    }
  }

  async #ask(desk: Desk, request: HoldRequest): Promise<Reply> {
    return said({ hold: request.key, ...(await decidedBy(desk, request)) });
  }
}

async function decidedBy(desk: Desk, request: DeskRequest): Promise<Exclude<Decided, MeterlineError>> {
  const decided = await inTime(desk.ask(request));
  if (decided instanceof MeterlineError) throw decided;
  return decided;
}

/** The commit may wait for room in RATED, or for a broker that is away. */
async function inTime(decided: Promise<Decided>): Promise<Decided> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Decided>((resolve) => {
    timer = setTimeout(() => resolve(checkError('CHECK_UNANSWERED')), checkLimits.answerMsMax);
  });
  return Promise.race([decided, late]).finally(() => clearTimeout(timer));
}

const said = (body: object): Reply => ({ status: 200, body });

function knownVerb(verb: string): CheckVerb {
  const known = checkVerbs.find((each) => each === verb);
  if (known !== undefined) return known;
  throw checkError('CHECK_REQUEST_INVALID', `It asks for ${verb}; known are ${checkVerbs.join(', ')}.`, {
    faults: ['(verb): unknown'],
  });
}

/** An amount is looked at at once, by what is committed; usage with the next commit, for tallies are the machine's alone. */
async function check(desk: Desk, tenant: Tenant | undefined, asker: Asker, asked: Asked<'check'>): Promise<Reply> {
  const account = accountOf(tenant, asker, asked.account);
  const { id, slug } = account.record;
  const usage = usageOf(asked);
  const verdict =
    usage === undefined
      ? checkAmount(desk, tenant!, account, asked)
      : await decidedBy(desk, { op: 'check', tenant: asker.tenant, account: id, usage });
  return said({ account: id, slug, ...verdict, watermark: desk.books.watermark });
}

function checkAmount({ books }: Desk, tenant: Tenant, account: Account, asked: Asked<'check'>): Verdict {
  const { currency = tenant.master.record.currency, service, amount = '0' } = asked;
  if (!isChargedIn(tenant.master, currency))
    throw holdError('CHECK_CURRENCY_UNKNOWN', `It is ${currency}.`, { currency });
  return verdictOn(tenant, books.watermark.logTimeMs, { account, currency, service, amount: parseAmount(amount)! });
}

function desired({ books }: Desk, tenant: Tenant | undefined, asker: Asker, asked: Asked<'desired-state'>): object {
  const name = asked.account ?? (asker.account === 0 ? undefined : asker.account);
  const account = name === undefined ? undefined : accountOf(tenant, asker, name);
  if (tenant === undefined) throw holdError('CHECK_ACCOUNT_UNKNOWN', `There is no tenant ${asker.tenant}.`);
  const { watermark } = books;
  if (account !== undefined && asked.target === undefined) return { ...desiredOf(tenant, account), watermark };
  const targets = desiredTargets(tenant, asked.target, account);
  return asked.target === undefined ? ({ targets, watermark } satisfies DesiredState) : { ...targets[0]!, watermark };
}

/** Throws where it is not there, or, to a key for a part of the tree, is not in that part. */
function accountOf(tenant: Tenant | undefined, asker: Asker, name: number | string): Account {
  const account =
    tenant && (typeof name === 'number' ? tenant.master.accounts.get(name) : accountsBySlug(tenant.master).get(name));
  if (asker.account !== 0 && !isWithin(account, asker)) throw checkError('CHECK_NOT_ALLOWED', '', { account: name });
  if (account === undefined) throw holdError('CHECK_ACCOUNT_UNKNOWN', `It is ${name}.`, { account: name });
  return account;
}

const isWithin = (account: Account | undefined, asker: Asker): boolean =>
  asker.account === 0 || account?.chain.some(({ record }) => record.id === asker.account) === true;

/** A key for a part of the tree ends holds of that part alone, and those of another are unknown to it. */
function requireOwnHold(tenant: Tenant | undefined, asker: Asker, key: string): void {
  if (asker.account !== 0 && !isWithin(tenant?.holds.byKey.get(key)?.account, asker))
    throw holdError('HOLD_UNKNOWN', key, { key });
}

const slugs = new WeakMap<Master, Map<string, Account>>();

/** Found once for each version of the master data. */
function accountsBySlug(master: Master): ReadonlyMap<string, Account> {
  let found = slugs.get(master);
  if (found === undefined) {
    found = new Map([...master.accounts.values()].map((account) => [account.record.slug, account]));
    slugs.set(master, found);
  }
  return found;
}

/** RFC 9457, with the same codes over HTTP and NATS. */
export function problemReply(error: unknown): Reply {
  const known = error instanceof MeterlineError ? error : checkError('CHECK_UNANSWERED', '', {}, error);
  const { code, status, message: title, solve, details } = known;
  return {
    status,
    body: { type: `urn:meterline:error:${code}`, code, title, status, solve, details } satisfies Problem,
  };
}
