import { Registry, register } from 'prom-client';
import { expect, test } from 'vitest';
import { createLogger } from '#platform/telemetry.ts';
import { aggregatorEvents } from '../../aggregator/events.ts';
import { billingEvents } from '../../billing/events.ts';
import { collectorEvents } from '../../collector/events.ts';
import { dashboardEvents } from '../../dashboards/events.ts';
import { officeEvents } from '../../deploy/office/events.ts';
import { checkEvents } from '../../rater/checks/events.ts';
import { raterEvents } from '../../rater/events.ts';
import { notifierEvents } from '../../rater/notifier/events.ts';
import { spreadEvents } from '../../rater/spread/events.ts';
import { expectPage, table } from './page.ts';
import { isOfTests, sources, textOf } from './sources.ts';

const logger = createLogger('test', 'silent');

/** Every file that makes metrics, and how it is brought to make them. Some register with the registry of the process. */
const makers: Readonly<Record<string, (registry: Registry) => unknown>> = {
  'aggregator/events.ts': () => aggregatorEvents(logger),
  'billing/events.ts': (registry) => billingEvents(logger, registry),
  'collector/events.ts': (registry) => collectorEvents(registry, logger),
  'dashboards/events.ts': (registry) => dashboardEvents(logger, registry),
  'deploy/office/events.ts': (registry) => officeEvents(logger, registry),
  'rater/checks/events.ts': (registry) => checkEvents(registry, logger),
  'rater/events.ts': (registry) => raterEvents(registry, logger, () => 0),
  'rater/notifier/events.ts': (registry) => notifierEvents(registry, logger),
  'rater/spread/events.ts': (registry) => spreadEvents(registry, logger, () => []),
};

interface Made {
  readonly name: string;
  readonly help: string;
  readonly kind: string;
  readonly labels: readonly string[];
}

async function made(): Promise<Made[]> {
  const registry = new Registry();
  for (const make of Object.values(makers)) make(registry);
  const lists = [registry, register].map(async (each) => {
    const kinds = new Map((await each.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
    // prom-client keeps the label names of a metric in a field that its types leave out.
    return (each.getMetricsAsArray() as unknown as { name: string; help: string; labelNames?: string[] }[]).map(
      ({ name, help, labelNames }) => ({ name, help, kind: kinds.get(name)!, labels: labelNames ?? [] }),
    );
  });
  const ours = (await Promise.all(lists)).flat().filter(({ name }) => name.startsWith('meterline_'));
  return ours.sort((a, b) => (a.name < b.name ? -1 : 1));
}

test('docs/metrics.md lists every metric', async () => {
  const all = await made();
  expect(all.length).toBeGreaterThan(40);
  const rows = all.map(({ name, kind, labels, help }) => [
    `\`${name}\``,
    kind,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  await expectPage('docs/metrics.md', [
    '# Metrics',
    'Every process serves its metrics at `/metrics` in the Prometheus text format. Labels have few values: no account, resource or ' +
      'key is ever one. This page is made from the code by `npm run docs`.',
    table(['Metric', 'Type', 'Labels', 'Meaning'], rows),
  ]);
});

test('No other file makes metrics, and names follow one form', async () => {
  const making = sources.filter(
    (path) => !isOfTests(path) && /\bnew (Counter|Gauge|Histogram|Summary)\(/.test(textOf(path)),
  );
  expect(making).toEqual(Object.keys(makers));
  const all = await made();
  const roles = 'aggregator|billing|collector|dashboards|office|rater|notifier';
  const form = new RegExp(`^meterline_(${roles})_[a-z][a-z_]*[a-z]$`);
  expect(
    all.filter(
      ({ name, kind, help }) =>
        !form.test(name) || (kind === 'counter') !== name.endsWith('_total') || !help.endsWith('.'),
    ),
  ).toEqual([]);
});
