/** Which faults a run has, and how often: drawn from its seed, so that some runs are rough in one way and calm in another. */
import type { Random } from './random.ts';

/** Probabilities, each per occasion. */
export interface FaultRates {
  /** A request never arrives. */
  readonly requestLost: number;
  /** It takes effect, and nobody hears of it. */
  readonly replyLost: number;
  /** An answer takes seconds. */
  readonly slow: number;
  /** A commit takes seconds to arrive: meanwhile another may take over. */
  readonly commitSlow: number;
  /** The broker refuses for space. */
  readonly full: number;
  /** The broker refuses usage for space, and takes what comes right behind it. */
  readonly usageFull: number;
  /** Accepted behind others in flight, then lost with the leader. */
  readonly proposalLost: number;
  /** A read is answered by a replica that is behind. */
  readonly stale: number;
  /** A lease is given although another holds it. */
  readonly leaseForgotten: number;
  /** The bucket of take-overs' numbers answers as if none had been given out. */
  readonly numbersForgotten: number;
  /** A rater does not hear another one. */
  readonly unheard: number;
  /** A pushed mark gets lost, or comes twice and late. */
  readonly markLost: number;
  readonly markTwice: number;
  /** A delivery to a follower waits for long. */
  readonly deliverySlow: number;
  /** ClickHouse refuses; or it takes the insert after we gave up on it. */
  readonly storeRefuses: number;
  readonly insertLate: number;
  /** Of one that is sent alerts: it is down for a while, does not answer, answers 5xx or 429, rejects what it is sent, wants no more. */
  readonly receiverDown: number;
  readonly receiverHangs: number;
  readonly receiverFails: number;
  readonly receiverRejects: number;
  readonly receiverGone: number;
  /** Per write or sync of the spool's disk. */
  readonly diskFails: number;
  /** Per event: its process is killed before it, is stopped for a while, has its clock set. */
  readonly crash: number;
  readonly pause: number;
  /** Per event: all raters are killed, and start again at the same moment. */
  readonly blackout: number;
  readonly clockJump: number;
  /** Per event: the broker loses the newest messages of a stream (a power failure without sync). */
  readonly tailLost: number;
}

const most: FaultRates = {
  requestLost: 0.08,
  replyLost: 0.08,
  slow: 0.05,
  commitSlow: 0.05,
  full: 0.05,
  usageFull: 0.1,
  proposalLost: 0.06,
  stale: 0.05,
  leaseForgotten: 0.05,
  numbersForgotten: 0,
  unheard: 0.3,
  markLost: 0.3,
  markTwice: 0.3,
  deliverySlow: 0.05,
  storeRefuses: 0.08,
  insertLate: 0.15,
  receiverDown: 0.1,
  receiverHangs: 0.1,
  receiverFails: 0.3,
  receiverRejects: 0.15,
  receiverGone: 0.08,
  diskFails: 0.05,
  crash: 0.004,
  pause: 0.006,
  blackout: 0.001,
  clockJump: 0.001,
  tailLost: 0.0015,
};

/** What some worlds have more of, so that a run of several meets each kind of trouble that takes several faults together. */
const weathers = {
  mixed: {},
  rewinds: {
    usageFull: 0.08,
    tailLost: 0.014,
    crash: 0.004,
    requestLost: 0.02,
    replyLost: 0.01,
    slow: 0.005,
    proposalLost: 0.02,
  },
  /** Little fails, so that much is asked, corrected and delivered while owners change. */
  busy: {
    requestLost: 0.01,
    replyLost: 0.03,
    slow: 0.003,
    commitSlow: 0.01,
    full: 0.003,
    usageFull: 0.01,
    proposalLost: 0.01,
    stale: 0.01,
    leaseForgotten: 0.05,
    deliverySlow: 0.005,
    storeRefuses: 0.01,
    insertLate: 0.02,
    diskFails: 0,
    unheard: 0,
    markLost: 0.05,
    markTwice: 0.05,
    clockJump: 0.0003,
    tailLost: 0,
    crash: 0.007,
    blackout: 0.001,
    pause: 0.002,
  },
  contested: {
    leaseForgotten: 1,
    blackout: 0.007,
    // Together with a lost tail a number would be given out twice, which nothing tells from a late insert.
    numbersForgotten: 0.9,
    tailLost: 0,
    unheard: 1,
    requestLost: 0.01,
    slow: 0.005,
    commitSlow: 0.1,
    pause: 0.006,
    crash: 0.004,
    replyLost: 0.01,
    proposalLost: 0.01,
    full: 0.01,
    usageFull: 0.08,
    insertLate: 0.3,
    storeRefuses: 0.04,
  },
} as const satisfies Record<string, Partial<FaultRates>>;

export type Weather = keyof typeof weathers;

export class Faults {
  readonly rates: FaultRates;
  readonly counts: Record<string, number> = {};
  readonly #random: Random;
  #isOver = false;

  constructor(random: Random, weather: Weather = 'mixed') {
    this.#random = random;
    const draw = (rate: number) => (random.chance(0.35) ? 0 : rate * random.next());
    const rates = Object.fromEntries(
      Object.entries(most).map(([name, rate]) => [name, draw(rate)]),
    ) as unknown as FaultRates;
    // What loses acknowledged messages is an event of its own: most runs keep what was acknowledged.
    const tailLost = random.chance(0.65) ? 0 : most.tailLost * random.next();
    this.rates = { ...rates, tailLost, ...weathers[weather] };
  }

  /** From here on nothing fails any more. */
  heal(): void {
    this.#isOver = true;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the fault happens on this occasion. */
  strikes(fault: keyof FaultRates): boolean {
    if (this.#isOver || this.rates[fault] === 0 || !this.#random.chance(this.rates[fault])) return false;
    this.counts[fault] = (this.counts[fault] ?? 0) + 1;
    return true;
  }
}
