import type { Command } from 'commander';
import type { Accounts, Budgets, Fleet, Prices } from '#core/messages/api.ts';
import { officeOf } from '../officeClient.ts';
import { dataOption, jsonOption, type CommonOptions } from './arguments.ts';
import { printJson, printLine, printTable } from './report.ts';

/** A noun and its verbs for each thing that an operator handles. */
export function addLists(program: Command): void {
  const noun = (name: string, description: string) => {
    const group = program.command(name).description(description);
    return (verb: string, text: string) =>
      group.command(verb).description(text).addOption(dataOption()).addOption(jsonOption());
  };

  const account = noun('account', 'the tree that costs roll up');
  account('list', 'every account').action(async ({ data, json }: CommonOptions) => {
    const answer = await officeOf(data).get<Accounts>('/accounts');
    if (json) return printJson(answer);
    const slugs = new Map(answer.accounts.map(({ id, slug }) => [id, slug]));
    printTable([
      ['ID', 'SLUG', 'NAME', 'TYPE', 'PARENT'],
      ...answer.accounts.map((row) => [String(row.id), row.slug, row.name, row.type, slugs.get(row.parent) ?? '']),
    ]);
  });

  const price = noun('price', 'price versions');
  price('list', 'every price version').action(async ({ data, json }: CommonOptions) => {
    const answer = await officeOf(data).get<Prices>('/prices');
    if (json) return printJson(answer);
    printTable([
      ['ID', 'PRICE', 'METER', 'MODEL', 'UNIT', 'CURRENCY', 'FROM'],
      ...answer.prices.map((row) => [
        String(row.id),
        `${row.key} v${row.version}`,
        row.meter,
        row.model.kind,
        row.unit.name,
        row.currency,
        new Date(row.effectiveFromMs).toISOString(),
      ]),
    ]);
  });

  addBudgets(noun('budget', 'spending limits'));

  const producer = noun('producer', 'who sends usage');
  producer('list', 'every producer and how fresh it is').action(async ({ data, json }: CommonOptions) => {
    const answer = await officeOf(data).get<Fleet>('/fleet');
    if (json) return printJson(answer);
    printTable([
      ['PRODUCER', 'TYPE', 'HEALTH', 'MARK', 'RATED', 'REFUSED', 'SIMULATED'],
      ...answer.producers.map((row) => [
        row.producer,
        row.type,
        row.enabled ? row.health : 'disabled',
        String(row.mark),
        String(row.samples.rated),
        String(row.samples.refused),
        row.simulated ? 'yes' : 'no',
      ]),
    ]);
  });
  producer('disable <producer>', 'refuse whatever it sends from now on')
    .requiredOption('--reason <text>', 'kept in the audit log')
    .action(async (id: string, { data, json, reason }: ReasonFlags) => {
      const path = `/producers/${encodeURIComponent(id)}/disable`;
      const answer = await officeOf(data).send<object>('POST', path, { reason });
      if (json) return printJson({ ok: true, ...answer });
      printLine(`${id} is disabled; what it sends from now on is refused and counted.`);
    });
}

interface ReasonFlags extends CommonOptions {
  readonly reason: string;
}

function addBudgets(budget: (verb: string, text: string) => Command): void {
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
        row.thresholds.map(({ percent, action }) => `${percent}% ${action}`).join(', '),
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
}
