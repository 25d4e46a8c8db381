/** `npm run chaos -- --seconds N [--seed N] [--json]`: real processes under load, broken at random; then `verify`. */
import { runInside } from './disks.ts';
import { faultsOf } from './faults.ts';
import { helpText, readOptions } from './options.ts';
import { runChaos, type ChaosReport } from './run.ts';

const namesOf = (isCluster: boolean): string[] => Object.keys(faultsOf(isCluster));

/** 0: everything held. 1: something did not. Throws CHAOS_ASKED_WRONGLY. */
export async function chaosCommand(args: readonly string[]): Promise<number> {
  const options = readOptions(args, namesOf);
  if (options.help) {
    process.stdout.write(`${helpText}\nFaults: ${namesOf(options.cluster).join(', ')}\n`);
    return 0;
  }
  const inside = await runInside();
  if (inside !== undefined) return inside;
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new Error(`ended by ${name}`)));
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  let report;
  try {
    report = await runChaos(options, say, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say(`${(stop.signal.reason as Error).message}: nothing was proven`);
    return 1;
  }
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : sentences(report));
  return report.ok ? 0 : 1;
}

function sentences(report: ChaosReport): string {
  const { seed, faults, sent, rated, lost, twice, stale, recoverMs, alertsExpected, alertsFired, holds, verify } =
    report;
  const struck = Object.entries(faults).map(([name, count]) => `${name} ${count}`);
  return [
    `seed ${seed}: ${struck.join(', ')}`,
    `sent ${sent} samples, rated ${rated}, lost ${lost}, twice ${twice}, stale ${stale}`,
    `recovered after ${recoverMs.p50} ms (median), ${recoverMs.max} ms at most`,
    `alerts expected ${alertsExpected}, fired ${alertsFired}, in ${report.deliveries} deliveries`,
    `holds asked for ${holds.asked} times and answered ${holds.answered}: granted ${holds.granted}, refused ${holds.refused}, repeated ${holds.repeated}`,
    `verify: ${verify.ok ? 'everything holds' : 'something does not hold'}${'commits' in verify ? ` in ${verify.commits} commits` : ''}`,
    ...report.problems,
    report.ok ? 'Everything holds.' : `Something does not hold; the instance is kept in ${report.kept}. Again: npm run chaos -- --seed ${seed}${report.brokers > 1 ? ' --cluster' : ''}`,
    '',
  ].join('\n'); // prettier-ignore
}
