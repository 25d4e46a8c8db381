import type { Routes } from '#platform/http/index.ts';
import { accessRoutes } from './http/accessRoutes.ts';
import { alertRoutes } from './http/alertRoutes.ts';
import { applyRoutes } from './http/applyRoutes.ts';
import { budgetRoutes } from './http/budgetRoutes.ts';
import { creditRoutes } from './http/creditRoutes.ts';
import { masterRoutes } from './http/masterRoutes.ts';
import { correctionRoutes } from './http/correctionRoutes.ts';
import type { BillingRoutesDeps } from './http/parts.ts';
import { periodRoutes } from './http/periodRoutes.ts';
import { producerRoutes } from './http/producerRoutes.ts';
import { seriesRoutes } from './http/seriesRoutes.ts';
import { targetRoutes } from './http/targetRoutes.ts';

/** The back office's routes under /api/v1. Every one reads and changes the caller's own tenant only. */
export function billingRoutes(deps: BillingRoutesDeps): Routes {
  return (app) => {
    for (const mount of [
      masterRoutes,
      seriesRoutes,
      applyRoutes,
      budgetRoutes,
      alertRoutes,
      creditRoutes,
      periodRoutes,
      correctionRoutes,
      producerRoutes,
      targetRoutes,
      accessRoutes,
    ]) {
      mount(app, deps);
    }
  };
}
