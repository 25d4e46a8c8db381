/**
 * A broker that is cut off from the others lives on, and its clients stay connected to it and wait. A connection that has
 * heard nothing from a majority for longer than an election takes goes to the next broker of its list.
 */
import type { StreamInfo } from '@nats-io/jetstream';
import { streams } from '#core/messages/names.ts';
import type { NatsConnection } from './connect.ts';
import { isConfirmed } from './jetstreamLog.ts';

export const loneBrokerLimits = {
  checkMs: 1000,
  answerMsMax: 2000,
  /** Elections last up to eight seconds; whoever moves on during one moves for nothing, but loses nothing either. */
  silentMsMax: 8000,
} as const;

/** To be told whether what was asked at `askedAt` (monotonic ms) is answered; a long silence of a cluster makes the connection move on. */
export function moveOnWhenSilent(connection: NatsConnection): (isAnswered: boolean, askedAt: number) => void {
  let silentSince: number | undefined;
  return (isAnswered, askedAt) => {
    if (isAnswered || connection.info?.cluster === undefined) return void (silentSince = undefined);
    silentSince ??= askedAt;
    if (performance.now() - silentSince < loneBrokerLimits.silentMsMax) return;
    silentSince = undefined;
    void moveOn(connection).catch(() => undefined);
  };
}

/** The client comes back to the broker that it began with before it goes on to the next one of its list: hence twice. */
async function moveOn(connection: NatsConnection): Promise<void> {
  const from = connection.getServer();
  for (let times = 0; times < 2 && !connection.isClosed() && connection.getServer() === from; times++) {
    const status = connection.status();
    await connection.reconnect();
    for await (const { type } of status) if (type === 'reconnect') break;
  }
}

/** For roles with the right to ask: asks until the connection closes, as long as it may choose between brokers. */
export function leaveLoneBroker(connection: NatsConnection): void {
  const tell = moveOnWhenSilent(connection);
  const ask = async () => {
    const askedAt = performance.now();
    tell(await isWithMajority(connection), askedAt);
  };
  const timer = setInterval(() => void ask(), loneBrokerLimits.checkMs).unref();
  void connection.closed().then(() => clearInterval(timer));
}

/** Any stream that every instance has would do. */
const question = `$JS.API.STREAM.INFO.${streams.alerts}`;
const clusterUnavailable = 10008;

async function isWithMajority(connection: NatsConnection): Promise<boolean> {
  try {
    const reply = await connection.request(question, '', { timeout: loneBrokerLimits.answerMsMax });
    const answer = reply.json<Partial<StreamInfo> & { error?: { err_code: number } }>();
    if (answer.error !== undefined) return answer.error.err_code !== clusterUnavailable;
    return isConfirmed({ config: answer.config!, cluster: answer.cluster! });
  } catch {
    return false;
  }
}
