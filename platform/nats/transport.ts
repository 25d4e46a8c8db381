import {
  NatsConnectionImpl,
  setTransportFactory,
  type ConnectionOptions,
  type NatsConnection,
} from '@nats-io/transport-node';
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js';
import { Frames } from './frames.ts';

/** The client's own transport, but for messages that it hands on whole. */
class FramedTransport extends NodeTransport {
  override setupHandlers(): void {
    const frames = new Frames();
    // What came with the greeting is in the queue already.
    const take = (chunk: Uint8Array) => this.yields.push(...frames.push(chunk));
    this.yields.splice(0).forEach(take);
    super.setupHandlers();
    this.socket.removeAllListeners('data');
    this.socket.on('data', (chunk: Uint8Array) => {
      take(chunk);
      this.signal.resolve();
    });
  }
}

/** As `connect` of the client. */
export function connectFramed(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new FramedTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
