/** `credit …` and `wallet …`: prepaid balances and credits, and what watches them. */
import { Option, type Command } from 'commander';
import type { CreditEntries } from '#core/messages/api.ts';
import type { CreditFigures, GrantDetail } from '#core/messages/creditFigures.ts';
import { officeOf } from '../officeClient.ts';
import { instant, wholeNumber, type CommonOptions } from './arguments.ts';
import type { SetExitCode } from './program.ts';
import { exitCodes, printJson, printLine, printTable } from './report.ts';

type Noun = (verb: string, text: string) => Command;

interface Told {
  readonly auditId: string | null;
  readonly outcome?: 'taken' | 'rejected' | 'pending';
  readonly rejected?: readonly string[];
}

interface GrantFlags extends CommonOptions {
  readonly id?: string;
  readonly account: string;
  readonly amount: string;
  readonly currency?: string;
  readonly kind: string;
  readonly priority?: number;
  readonly from?: number;
  readonly expires?: number;
  readonly graceHours?: number;
  readonly service: string[];
  readonly component: string[];
  readonly meter: string[];
  readonly coversOverage?: true;
  readonly name?: string;
  readonly reason: string;
}

interface WalletFlags extends CommonOptions {
  readonly account: string;
  readonly currency?: string;
  readonly name?: string;
  readonly lowAt: string;
  readonly clearAt?: string;
  readonly topUpBelow?: string;
  readonly topUpAmount?: string;
  readonly action: string;
  readonly target: string[];
  readonly reason: string;
}

const all = (text: string, before: string[]): string[] => [...before, text];
const actions = ['notify', 'throttle', 'block'];

export function addCredits(credit: Noun, wallet: Noun, setExitCode: SetExitCode): void {
  const tell = (answer: Told & object, json: boolean, text: string): void => {
    const isRejected = answer.outcome === 'rejected';
    setExitCode(isRejected ? exitCodes.holdsNot : exitCodes.holds);
    if (json) return printJson({ ok: !isRejected, ...answer });
    const pending = answer.outcome === 'pending' ? ' The rater has not come to it yet.' : '';
    if (answer.auditId === null) return printLine('Nothing changed: it is so already.');
    printLine(isRejected ? `Rejected: ${(answer.rejected ?? []).join('; ')}.` : `${text}${pending}`);
  };

  credit('list', 'every grant: given, burned, left')
    .option('--account <slug>', 'of this account alone')
    .action(async ({ data, json, account }: CommonOptions & { account?: string }) => {
      const answer = await officeOf(data).get<CreditFigures>(`/credits${of(account)}`);
      if (json) return printJson({ ok: true, ...answer });
      printTable([
        ['GRANT', 'ACCOUNT', 'KIND', 'AMOUNT', 'BURNED', 'LEFT', 'CURRENCY', 'STATUS', 'EXPIRES'],
        ...answer.grants.map((row) => [
          row.id,
          row.accountSlug,
          row.kind,
          row.amount,
          row.burned ?? '-',
          row.left ?? '-',
          row.currency,
          row.status ?? 'not seen by the rater yet',
          row.expiresAtMs === undefined ? 'never' : new Date(row.expiresAtMs).toISOString(),
        ]),
      ]);
      tellAsOf(answer.asOf);
    });

  credit('show <grant>', 'one grant, and what it paid for').action(
    async (id: string, { data, json }: CommonOptions) => {
      const answer = await officeOf(data).get<GrantDetail>(`/credits/${encodeURIComponent(id)}`);
      if (json) return printJson({ ok: true, ...answer });
      const { amount, currency, accountSlug, kind, status, burned, left, ended, givenBack, voided } = answer;
      printLine(`${id}: ${amount} ${currency} for ${accountSlug}, ${kind}, ${status ?? 'not seen by the rater yet'}`);
      printLine(
        `burned ${burned ?? '-'}, left ${left ?? '-'}, ended ${ended ?? '-'}, given back since ${givenBack ?? '-'}`,
      );
      if (voided !== null) printLine(`voided by ${voided.by}: ${voided.reason}`);
      printTable([
        ['ACCOUNT', 'PERIOD', 'SERVICE', 'COMPONENT', 'METER', 'AMOUNT'],
        ...answer.paid.map((row) => [
          row.accountSlug,
          new Date(row.periodStartMs).toISOString(),
          row.service,
          row.component,
          row.meter,
          row.amount,
        ]),
      ]);
      tellAsOf(answer.asOf);
    },
  );

  credit('grant', 'give credit to an account and all below it')
    .requiredOption('--account <slug>', 'where it lies')
    .requiredOption('--amount <decimal>', 'in the currency')
    .addOption(
      new Option('--kind <kind>', 'promotional credit burns before prepaid')
        .choices(['promotional', 'prepaid'])
        .default('prepaid'),
    ) // prettier-ignore
    .option('--id <id>', 'your name for it: given once, however often it is asked for')
    .option('--currency <code>', "a pricing unit (default: the tenant's currency)")
    .addOption(new Option('--priority <n>', 'the lower burns first').argParser(wholeNumber(0, 1_000_000)))
    .addOption(new Option('--from <instant>', 'usage from then on is paid (default: now)').argParser(instant))
    .addOption(new Option('--expires <instant>', 'usage from then on is not paid').argParser(instant))
    .addOption(new Option('--grace-hours <n>', 'late usage is paid so long after it').argParser(wholeNumber(0, 8784)))
    .option('--service <name>', 'pays only this; may be repeated', all, [])
    .option('--component <name>', 'pays only this; may be repeated', all, [])
    .option('--meter <id>', 'pays only this; may be repeated', all, [])
    .option('--covers-overage', 'pays what is owed already, too')
    .option('--name <text>')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async ({ data, json, ...flags }: GrantFlags) => {
      const answer = await officeOf(data).send<Told & { grant: { id: string } }>('POST', '/credits', grantBody(flags));
      tell(answer, json, `${answer.grant.id} gives ${flags.amount} to ${flags.account}.`);
    });

  credit('void <grant>', 'take away what is left of a grant')
    .option('--owes', 'what it paid is owed again, as when a payment was taken back')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async (id: string, { data, json, owes, reason }: CommonOptions & { owes?: true; reason: string }) => {
      const body = { reason, ...(owes === undefined ? {} : { owes }) };
      const answer = await officeOf(data).send<Told>('POST', `/credits/${encodeURIComponent(id)}/void`, body);
      tell(answer, json, `Nothing is left of ${id}${owes === true ? ', and what it paid is owed again' : ''}.`);
    });

  credit('history', 'what happened to grants, newest first')
    .option('--grant <id>', 'to this one alone')
    .addOption(new Option('--limit <n>').argParser(wholeNumber(1, 500)).default(100))
    .action(async ({ data, json, grant = '', limit }: CommonOptions & { grant?: string; limit: number }) => {
      const query = new URLSearchParams({ limit: String(limit), ...(grant === '' ? {} : { grant }) });
      const answer = await officeOf(data).get<CreditEntries>(`/credit-entries?${query.toString()}`);
      if (json) return printJson({ ok: true, ...answer });
      printTable([
        ['AT', 'WHAT', 'GRANT', 'ACCOUNT', 'AMOUNT', 'FOR', 'BY'],
        ...answer.entries.map(({ atMs, reason, grant: by, account, amount, currency, place, input }) => [
          new Date(atMs).toISOString(),
          reason,
          by,
          String(account),
          `${amount} ${currency}`,
          place === undefined
            ? ''
            : [place.service, place.component, place.meter].filter((text) => text !== '').join('/'),
          input === undefined ? 'time' : `${input.stream} ${input.seq}`,
        ]),
      ]);
    });

  wallet('list', 'what is left and what is owed')
    .option('--account <slug>', 'of this account alone')
    .action(async ({ data, json, account }: CommonOptions & { account?: string }) => {
      const answer = await officeOf(data).get<CreditFigures>(`/credits${of(account)}`);
      const { asOf, wallets } = answer;
      if (json) return printJson({ ok: true, asOf, wallets });
      printTable([
        ['WALLET', 'ACCOUNT', 'STATE', 'LEFT', 'OWED', 'CURRENCY', 'LOW AT', 'WHEN EMPTY', 'TOP-UP'],
        ...wallets.map((row) => [
          row.id,
          row.accountSlug,
          row.state ?? 'not seen by the rater yet',
          row.left ?? '-',
          row.owed ?? '-',
          row.currency,
          row.lowAt,
          row.action,
          row.topUp === undefined ? 'none' : `${row.topUp.amount} below ${row.topUp.below}${row.topUpAsked === true ? ', asked for' : ''}`, // prettier-ignore
        ]),
      ]);
      tellAsOf(asOf);
    });

  wallet('set <wallet>', 'watch the credit of an account, or change how')
    .requiredOption('--account <slug>', 'whose credit')
    .requiredOption('--low-at <decimal>', 'low at so much left, or less')
    .addOption(
      new Option('--action <action>', 'what an empty wallet asks receivers to do').choices(actions).default('notify'),
    ) // prettier-ignore
    .option('--clear-at <decimal>', 'let go above so much left without a new grant (default: --low-at)')
    .option('--top-up-below <decimal>', 'ask for more below so much left')
    .option('--top-up-amount <decimal>', 'how much to ask for')
    .option('--currency <code>', "a pricing unit (default: the tenant's currency)")
    .option('--target <id>', 'who hears of it; may be repeated', all, [])
    .option('--name <text>')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async (id: string, { data, json, topUpBelow, topUpAmount, target, ...flags }: WalletFlags) => {
      const isTopUp = topUpBelow !== undefined || topUpAmount !== undefined;
      const topUp = { below: topUpBelow ?? flags.lowAt, amount: topUpAmount ?? '' };
      const body = { ...flags, targets: target, ...(isTopUp ? { topUp } : {}) };
      const answer = await officeOf(data).send<Told>('PUT', `/wallets/${encodeURIComponent(id)}`, body);
      tell(answer, json, `${id} watches the credit of ${flags.account}.`);
    });
}

function grantBody({
  from,
  expires,
  graceHours,
  service,
  component,
  meter,
  ...flags
}: Omit<GrantFlags, 'data' | 'json'>) {
  // prettier-ignore
  const lists = Object.entries({ services: service, components: component, meters: meter });
  const scope = lists.filter(([, list]) => list.length > 0);
  return {
    ...flags,
    ...(from === undefined ? {} : { effectiveFromMs: from }),
    ...(expires === undefined ? {} : { expiresAtMs: expires }),
    ...(graceHours === undefined ? {} : { graceMs: graceHours * 3_600_000 }),
    ...(scope.length === 0 ? {} : { scope: Object.fromEntries(scope) }),
  };
}

const of = (account?: string): string => (account === undefined ? '' : `?account=${encodeURIComponent(account)}`);

function tellAsOf(asOf: CreditFigures['asOf']): void {
  if (asOf === null) return printLine('No rater answers: there are no figures.');
  printLine(`As of commit ${asOf.outSeq} (${new Date(asOf.logTimeMs).toISOString()}).`);
}
