/** Services ask over NATS: the subject says whose they are, which the broker sees to; one rater takes each request. */
import type { Msg } from '@nats-io/transport-node';
import type { CheckVerb } from '#core/messages/checks.ts';
import { activePartitions, subjects, type Placement } from '#core/messages/names.ts';
import type { NatsConnection } from '#platform/nats/index.ts';
import { problemReply, type Asker, type Checks, type Reply } from './checks.ts';
import { checkError } from './errors.ts';
import { checkLimits } from './limits.ts';
import { readJson } from './read.ts';

/** What a rater hands on to the owner of a partition; the answer is a `Reply`. */
interface HandedOn {
  readonly asker: Asker;
  readonly verb: CheckVerb;
  readonly body: unknown;
}

/** Answers services, and raters that were asked and are not the owner. */
export function answerChecks(connection: NatsConnection, checks: Checks, placement: Placement): void {
  let underWay = 0;
  const respond = async (message: Msg, reply: Promise<object | undefined>): Promise<void> => {
    underWay += 1;
    const said = await reply;
    underWay -= 1;
    if (said !== undefined) message.respond(JSON.stringify(said));
  };
  connection.subscribe(subjects.checksAll, {
    queue: 'checks',
    callback(error, message) {
      if (error !== null) return;
      const [, tenant = '', verb = ''] = message.subject.split('.');
      const isTooMany = underWay >= checkLimits.underWayMax;
      const answered = isTooMany
        ? Promise.resolve(problemReply(checkError('CHECK_OVERLOADED')))
        : answerOf(checks, tenant, verb, message.data);
      void respond(
        message,
        answered.then(({ body }) => body),
      );
    },
  });
  for (const partition of activePartitions(placement))
    connection.subscribe(subjects.raterChecks(partition), {
      callback(error, message) {
        if (error !== null) return;
        const { asker, verb, body } = message.json<HandedOn>();
        void respond(message, checks.answerHere(partition, asker, verb, body));
      },
    });
}

async function answerOf(checks: Checks, tenant: string, verb: string, data: Uint8Array): Promise<Reply> {
  let body: unknown;
  try {
    body = readJson(data);
  } catch (error) {
    return problemReply(error);
  }
  return checks.answer({ tenant, account: 0 }, verb, body);
}

/** Asks whoever owns the partition; throws when no answer came in time. */
export async function askOwner(connection: NatsConnection, partition: number, handedOn: HandedOn): Promise<Reply> {
  const payload = JSON.stringify(handedOn);
  const timeout = checkLimits.ownerMsMax;
  return (await connection.request(subjects.raterChecks(partition), payload, { timeout })).json<Reply>();
}
