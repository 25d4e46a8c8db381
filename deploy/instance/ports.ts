import { createServer } from 'node:net';
import { listen } from '#platform/health.ts';

/** The web port when none is asked for. */
export const defaultWebPort = 8480;

/**
 * Ports that are free now, all different: they are held together before any is let go. A wanted port (not 0) that
 * another process holds is PORT_BUSY.
 */
export async function takePorts(host: string, wanted: readonly number[]): Promise<number[]> {
  const servers = wanted.map(() => createServer());
  try {
    for (const [index, server] of servers.entries()) await listen(server, host, wanted[index] ?? 0);
    return servers.map((server) => (server.address() as { port: number }).port);
  } finally {
    for (const server of servers) server.close();
  }
}
