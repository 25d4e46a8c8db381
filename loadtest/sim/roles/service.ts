/** A service that asks before it spends: holds under keys of its own, repeated until they are answered, then committed or released. */
import type { CheckVerb } from '#core/messages/checks.ts';
import { sleep } from '#platform/lifecycle.ts';
import { apart } from '../decisions.ts';
import { Process } from '../schedule.ts';
import type { World } from '../world.ts';

const timeoutMs = 3000;
/** Keys that one service has in use at a time. */
const keysMax = 8;

interface Held {
  readonly key: string;
  /** What is asked, the same each time. */
  readonly asked: Partial<Record<CheckVerb, object>>;
  readonly answered: Set<CheckVerb>;
}

/** Asks until the world has healed and everything is answered. */
export function startService(world: World, tenant: string, pauseMs: number): void {
  const process = new Process(`service of ${tenant}`);
  world.schedule.after(pauseMs, process, () => void run(world, process, tenant, pauseMs));
}

async function run(world: World, process: Process, tenant: string, pauseMs: number): Promise<void> {
  const { random, questions, watch, faults } = world;
  const holds: Held[] = [];
  let keys = 0;
  for (;;) {
    await sleep(pauseMs * (0.5 + random.next()));
    if (holds.length < keysMax && !faults.isOver) holds.push(held(world, `k${(keys += 1)}`));
    if (holds.length === 0) return;
    const hold = random.pick(holds);
    const verb = nextOf(world, hold);
    // Now and then what was answered is asked again.
    const reply = await questions
      .ask(process, timeoutMs, { tenant, account: 0 }, verb, hold.asked[verb]!)
      .catch(() => undefined);
    if (reply === undefined || reply.status >= 500) {
      // In the end it gives up what is not answered: that is its right.
      if (faults.isOver && random.chance(0.5)) holds.splice(holds.indexOf(hold), 1);
      continue;
    }
    watch.holds.answered(tenant, verb, hold.key, reply);
    hold.answered.add(verb);
    if (verb === 'release' || reply.status >= 400 || (faults.isOver && random.chance(0.5)))
      holds.splice(holds.indexOf(hold), 1);
  }
}

function held({ random }: World, key: string): Held {
  const amount = random.pick(['0.5', '2', '7.25', '30']);
  const hold = {
    key,
    account: random.chance(0.7) ? apart : random.between(1, 3),
    amount,
    currency: 'EUR',
    expiresInMs: random.pick([400, 4000, 60_000, 60_000]),
    ...(random.chance(0.3) ? { service: 'Compute' } : {}),
  };
  const commit = {
    hold: key,
    ...(random.chance(0.5) ? { amount: '0.25' } : {}),
    keepForMs: random.pick([0, 1000, 60_000]),
  };
  return { key, asked: { hold, commit, release: { hold: key } }, answered: new Set() };
}

function nextOf({ random }: World, { answered }: Held): CheckVerb {
  if (!answered.has('hold') || random.chance(0.2)) return 'hold';
  if (!answered.has('commit') && random.chance(0.4)) return 'commit';
  return random.chance(0.7) ? 'hold' : 'release';
}
