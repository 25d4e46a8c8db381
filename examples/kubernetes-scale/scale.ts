/** One deployment, scaled as the budgets want: fewer replicas while throttled, none while blocked, then as many as before. */
import type { Act } from '../enforce/wanted.ts';

export interface Cluster {
  /** Base URL of the API server. */
  readonly url: string;
  readonly token: string;
  readonly namespace: string;
  readonly deployment: string;
}

/** How many replicas there were before it was scaled down; kept on the deployment, so that a restart knows. */
const annotation = 'meterline.dev/replicas';

interface Deployment {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly replicas?: number };
}

/** What to change of the deployment; undefined for nothing. Whoever else scales it while it is free is left alone. */
export function patchFor(deployment: Deployment, act: Act, throttledReplicas: number): object | undefined {
  const { replicas = 1 } = deployment.spec;
  const kept = deployment.metadata.annotations?.[annotation];
  if (act === 'none') {
    if (kept === undefined) return undefined;
    return { metadata: { annotations: { [annotation]: null } }, spec: { replicas: Number(kept) } };
  }
  const before = kept === undefined ? replicas : Number(kept);
  const wanted = act === 'block' ? 0 : Math.min(before, throttledReplicas);
  if (kept !== undefined && replicas === wanted) return undefined;
  return { metadata: { annotations: { [annotation]: String(before) } }, spec: { replicas: wanted } };
}

/** Reads the deployment and patches it where it is not as wanted. Rejects when the API server does not do it. */
export async function scale(cluster: Cluster, act: Act, throttledReplicas: number): Promise<boolean> {
  const deployment = (await call(cluster, 'GET')) as Deployment;
  const patch = patchFor(deployment, act, throttledReplicas);
  if (patch !== undefined) await call(cluster, 'PATCH', patch);
  return patch !== undefined;
}

async function call(
  { url, token, namespace, deployment }: Cluster,
  method: 'GET' | 'PATCH',
  body?: object,
): Promise<unknown> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`;
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/merge-patch+json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok)
    throw new Error(`${method} ${path}: HTTP ${response.status} ${(await response.text()).slice(0, 300)}`);
  return response.json();
}
