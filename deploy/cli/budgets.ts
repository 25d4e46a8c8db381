/** Budgets on the command line. */
import type { Command } from 'commander';
import { parse } from 'yaml';
import type { Accounts, Budgets, LiveState, WrittenBudget } from '#core/messages/api.ts';
import { budgetEntry, thresholdKey } from '#core/messages/budget.ts';
import { deployError } from '../errors.ts';
import { officeOf } from '../officeClient.ts';
import type { CommonOptions } from './arguments.ts';
import { readDocument } from './operations.ts';
import type { SetExitCode } from './program.ts';
import { exitCodes, printJson, printLine, printTable } from './report.ts';

interface ReasonFlags extends CommonOptions {
  readonly reason: string;
}

interface WriteFlags extends ReasonFlags {
  readonly dryRun: boolean;
}

type Verb = (verb: string, text: string) => Command;

export function addBudgets(budget: Verb, setExitCode: SetExitCode): void {
  budget('list', 'every budget').action(async ({ data, json }: CommonOptions) => {
    const answer = await officeOf(data).get<Budgets>('/budgets');
    if (json) return printJson(answer);
    printTable([
      ['ID', 'NAME', 'AMOUNT', 'CURRENCY', 'THRESHOLDS', 'ENABLED'],
      ...answer.budgets.map((row) => [
        row.id,
        row.name,
        row.amount,
        row.currency,
        row.thresholds.map((threshold) => `${levelOf(thresholdKey(threshold))} ${threshold.action}`).join(', '),
        row.enabled ? 'yes' : 'no',
      ]),
    ]);
  });

  budget('raise <budget> <amount>', 'set a new amount; what it released is armed again')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async (id: string, amount: string, { data, json, reason }: ReasonFlags) => {
      const answer = await officeOf(data).send<object>('PATCH', `/budgets/${encodeURIComponent(id)}`, {
        amount,
        reason,
      });
      if (json) return printJson({ ok: true, ...answer });
      printLine(`${id} is now ${amount}.`);
    });

  budget('reset <budget>', 'count from zero again and arm every threshold')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async (id: string, { data, json, reason }: ReasonFlags) => {
      const answer = await officeOf(data).send<object>('POST', `/budgets/${encodeURIComponent(id)}/reset`, { reason });
      if (json) return printJson({ ok: true, ...answer });
      printLine(`${id} counts from zero again.`);
    });

  budget('release <budget>', 'let go of what it holds back; it goes on counting')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async (id: string, { data, json, reason }: ReasonFlags) => {
      const answer = await officeOf(data).send<object>('POST', `/budgets/${encodeURIComponent(id)}/release`, {
        reason,
      });
      if (json) return printJson({ ok: true, ...answer });
      printLine(`${id} lets go.`);
    });

  budget('show <budget>', 'its rule, where it stands and what happened').action(
    async (id: string, { data, json }: CommonOptions) => {
      const office = officeOf(data);
      const { budgets } = await office.get<Budgets>('/budgets');
      const { budgets: live } = await office.get<LiveState>('/live-state');
      const rule = budgets.find((record) => record.id === id);
      const now = live.find((record) => record.id === id);
      if (rule === undefined) throw deployError('USAGE', `There is no budget ${id}.`);
      if (json) return printJson({ rule, now });
      const unit = rule.meter === undefined ? rule.currency : `of ${rule.meter}`;
      printLine(
        `${rule.name}: ${now?.balance ?? '0'} of ${now?.limit ?? rule.amount} ${unit}, ${now?.state ?? 'disabled'}${now?.warming ? ', warming' : ''}`,
      );
      for (const { key, action, crossed } of now?.thresholds ?? [])
        printLine(`  ${levelOf(key)} ${action}${crossed ? ', crossed' : ''}`);
      if (now?.forecast)
        printLine(
          `  expected ${now.forecast.expected} (${now.forecast.low} to ${now.forecast.high}, ${now.forecast.method})`,
        );
      for (const { atMs, state, by } of now?.history ?? [])
        printLine(`  ${new Date(atMs).toISOString()} ${state} by ${by}`);
    },
  );
  addWriting(budget, setExitCode);
}

/** The key of a threshold as people say it: "80 %", "500", "forecast 100 %", "50 in 24h". */
function levelOf(key: string): string {
  const [kind, level, hours] = key.split(':');
  if (level === undefined) return `${key} %`;
  return kind === 'forecast' ? `forecast ${level} %` : kind === 'rate' ? `${level} in ${hours}` : level;
}

/** As an entry of `budgets:` in an organisation file says it; `disable` and `enable` leave the rest as it is. */
function addWriting(budget: Verb, setExitCode: SetExitCode): void {
  const say = ({ json }: CommonOptions, id: string, answer: WrittenBudget): void => {
    setExitCode(answer.outcome === 'rejected' ? exitCodes.holdsNot : exitCodes.holds);
    if (json) return printJson({ ok: answer.outcome !== 'rejected', ...answer });
    const { outlook, status, rejected = [] } = answer;
    printLine(outlook === undefined ? `${id}: ${status}.` : `${id} would be ${status}; nothing was changed.`);
    if (outlook !== undefined) {
      const crossed = outlook.crossed.length === 0 ? 'nothing' : outlook.crossed.map(levelOf).join(', ');
      printLine(`  ${outlook.spent} of ${outlook.limit} is spent: it would cross ${crossed} and be ${outlook.state}.`);
    }
    for (const problem of rejected) printLine(`  ! rejected: ${problem}`);
  };
  const entryIn = (path: string): { readonly id?: string } =>
    parse(readDocument(path), { schema: 'failsafe' }) as { readonly id?: string };
  const writing = (verb: string, text: string) =>
    budget(`${verb} <file>`, text)
      .requiredOption('--reason <text>', 'kept in the audit log')
      .option('--dry-run', 'say what it would do at once, and change nothing', false);

  writing('create', 'add the budget that a file says, as an entry of `budgets:`').action(
    async (file: string, flags: WriteFlags) => {
      const { data, dryRun, reason } = flags;
      const body = { budget: entryIn(file), dryRun, reason };
      const answer = await officeOf(data).send<WrittenBudget>('POST', '/budgets', body);
      say(flags, answer.budget.id, answer);
    },
  );
  writing('change', 'make the budget of that id what a file says').action(async (file: string, flags: WriteFlags) => {
    const entry = entryIn(file);
    if (typeof entry?.id !== 'string') throw deployError('USAGE', `${file} names no budget: it has no id.`);
    say(flags, entry.id, await put(flags, entry.id, { budget: entry, dryRun: flags.dryRun }));
  });
  for (const [verb, enabled] of [
    ['disable', false],
    ['enable', true],
  ] as const)
    budget(`${verb} <budget>`, enabled ? 'let it count and act again' : 'let go of what it holds back, and act no more')
      .requiredOption('--reason <text>', 'kept in the audit log')
      .action(async (id: string, flags: ReasonFlags) => {
        const office = officeOf(flags.data);
        const { budgets } = await office.get<Budgets>('/budgets');
        const record = budgets.find((one) => one.id === id);
        if (record === undefined) throw deployError('USAGE', `There is no budget ${id}.`);
        const { accounts } = await office.get<Accounts>('/accounts');
        const { slug } = accounts.find((account) => account.id === record.account)!;
        say(flags, id, await put(flags, id, { budget: { ...budgetEntry(record, slug), enabled } }));
      });
}

const put = ({ data, reason }: ReasonFlags, id: string, body: object): Promise<WrittenBudget> =>
  officeOf(data).send('PUT', `/budgets/${encodeURIComponent(id)}`, { ...body, reason });
