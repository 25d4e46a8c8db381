/** The office: aggregator, back office and dashboards in one process, the sole owner of the embedded databases. */
import { register } from 'prom-client';
import { createAggregator } from '#aggregator/main.ts';
import { reconcileRoutes } from '#aggregator/reconcileRoutes.ts';
import { aggregatorRoutes } from '#aggregator/routes.ts';
import { createBilling } from '#billing/main.ts';
import { createDashboards } from '#dashboards/index.ts';
import type { Config } from '#platform/config.ts';
import { aborted, type Life } from '#platform/lifecycle.ts';
import { connectNats, jetstreamLog } from '#platform/nats/index.ts';
import { programVersion } from './instance/version.ts';
import { officeEvents } from './office/events.ts';
import { budgetPorts } from './office/budgetPorts.ts';
import { correctionPorts } from './office/correctionPorts.ts';
import { closePorts } from './office/closePorts.ts';
import { dashboardPorts, masterFacts } from './office/ports.ts';
import { PressureWatch } from './office/pressure.ts';

/**
 * Starts in order of need: databases, loader and outbox, then the port. Drains the other way round: no new request,
 * then no new work, then the databases close. Rejects when a part cannot start or breaks for good.
 */
export async function main(config: Config, life: Life): Promise<void> {
  const logger = life.logger;
  const connection = await connectNats({ ...config.nats, role: 'office' });
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => connection.drain());
  // The parts count in the process's one registry; an office that starts again in the same process starts from zero.
  cleanUp.defer(() => register.clear());
  const aggregator = cleanUp.use(await createAggregator(config, connection, logger));
  const log = await jetstreamLog(connection);
  const closes = closePorts(aggregator, connection);
  const ports = {
    closes,
    budgets: budgetPorts(aggregator, closes),
    corrections: correctionPorts(aggregator, connection, log),
  };
  const billing = cleanUp.use(await createBilling(config, connection, logger, ports));

  const pressure = new PressureWatch({ config, connection, log, aggregator }, officeEvents(logger));

  const work = new AbortController();
  const running = Promise.all([aggregator.start(work.signal), billing.start(work.signal), pressure.run(work.signal)]);
  cleanUp.defer(async () => {
    work.abort();
    await Promise.allSettled([running]);
  });
  const dashboards = await createDashboards({
    host: config.office.host,
    port: config.office.port,
    placement: config,
    version: programVersion,
    connection,
    logger,
    ports: dashboardPorts(aggregator, billing, () => pressure.current),
    routes: [
      billing.routes,
      aggregatorRoutes({ aggregator, master: masterFacts(billing) }),
      reconcileRoutes(aggregator),
    ],
  });
  cleanUp.defer(() => dashboards.close());

  await Promise.race([aborted(life.signal), running]);
}
