/** What nats-server's configuration says about the other brokers of a cluster. */

export interface ClusterOptions {
  /** This broker among the others; never changed, for its replicas are kept under this name. */
  readonly serverName: string;
  /** Where the others reach it, `host:port`. */
  readonly listen: string;
  /** Where the others reach it when that is another address than the one it listens on, `host:port`. */
  readonly advertise?: string;
  /** `host:port` of the others. */
  readonly routes: readonly string[];
  /** What brokers show one another. It stands in the file in clear. */
  readonly secret: string;
  /** Paths of PEM files. With them routes are encrypted, and every broker must show a certificate of that authority. */
  readonly tls?: TlsFiles;
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Name of every cluster: an instance has one. */
const clusterName = 'meterline';
const routeUser = 'broker';

/** The `cluster` section. */
export function clusterSection({ listen, advertise, routes, secret, tls }: ClusterOptions): string {
  const urls = routes.map((address) => JSON.stringify(`nats-route://${routeUser}:${secret}@${address}`));
  return `cluster {
  name: ${clusterName}
  listen: ${JSON.stringify(listen)}
  authorization { user: ${routeUser}, password: ${JSON.stringify(secret)}, timeout: 5 }
  # Clients use the addresses that their own configuration names.
  no_advertise: true
${advertise === undefined ? '' : `  advertise: ${JSON.stringify(advertise)}\n`}${tls === undefined ? '' : `  ${tlsSection(tls, true)}\n`}  routes: [${urls.join(', ')}]
}
`;
}

/** `verify`: who connects must show a certificate of the same authority. */
export const tlsSection = ({ cert, key, ca }: TlsFiles, verify: boolean): string =>
  `tls { cert_file: ${JSON.stringify(cert)}, key_file: ${JSON.stringify(key)}, ca_file: ${JSON.stringify(ca)}, verify: ${verify} }`;
