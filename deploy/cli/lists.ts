import { Option, type Command } from 'commander';
import type { Accounts, Fleet, Prices } from '#core/messages/api.ts';
import { officeOf } from '../officeClient.ts';
import type { EstimateFlags } from '../priceEstimate.ts';
import { dataOption, instant, jsonOption, wholeNumber, type CommonOptions } from './arguments.ts';
import { addBudgets } from './budgets.ts';
import { addCredits } from './credits.ts';
import { addDeliveries } from './deliveries.ts';
import { addCorrections } from './corrections.ts';
import { addPeriods } from './periods.ts';
import type { SetExitCode } from './program.ts';
import { printJson, printLine, printTable } from './report.ts';

/** A noun and its verbs for each thing that an operator handles. */
export function addLists(program: Command, setExitCode: SetExitCode): void {
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

  price('estimate', 'what hypothetical usage would cost on top of what is tallied; changes nothing')
    .requiredOption('--price <key>', 'key of the price; of its versions the one in force is asked')
    .requiredOption('--quantity <decimal>', 'of one event, in the unit of the price')
    .addOption(new Option('--events <n>', 'how many such events').argParser(wholeNumber(1, 10_000)).default(1))
    .option('--account <slug>', "whose (default: the price's own, else the root)")
    .option('--resource <name>', 'where the price counts each resource by itself')
    .option('--dimension <name=value>', 'of the samples; may be repeated', (text, all: string[]) => [...all, text], [])
    .option('--at <instant>', 'a date or an instant with its offset (default: now)')
    .action(async ({ data, json, ...flags }: CommonOptions & EstimateFlags) => {
      await (await import('../priceEstimate.ts')).priceEstimateCommand(data, json, flags);
    });

  addBudgets(noun('budget', 'spending limits'), setExitCode);
  addCredits(noun('credit', 'prepaid and promotional credit'), noun('wallet', 'what watches credit'), setExitCode);
  addDeliveries(noun('delivery', 'what became of alerts'), noun('target', 'where alerts go'), setExitCode);
  addCorrections(noun('correction', 'what was rated wrong, taken back and brought back'), setExitCode);
  addPeriods(noun('period', 'billing periods of a root account and all below it'), setExitCode);

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
  producer('complete <producer>', 'say that all of its usage up to an instant has come, so that a close does not wait')
    .addOption(
      new Option('--until <instant>', 'event time, an instant with its offset, not in the future')
        .argParser(instant)
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'how you know; kept in the audit log')
    .action(async (id: string, { data, json, until: untilMs, reason }: CompleteFlags) => {
      const path = `/producers/${encodeURIComponent(id)}/complete`;
      const answer = await officeOf(data).send<object>('POST', path, { untilMs, reason });
      if (json) return printJson({ ok: true, ...answer });
      printLine(`${id} is complete up to ${new Date(untilMs).toISOString()}; what comes all the same is rated.`);
    });
}

interface CompleteFlags extends ReasonFlags {
  readonly until: number;
}

interface ReasonFlags extends CommonOptions {
  readonly reason: string;
}
