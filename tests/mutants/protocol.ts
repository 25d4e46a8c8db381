/** Errors of the log protocol that lose usage, or count it twice, only when something breaks at the wrong moment. */
import type { Mutant } from './mutant.ts';

const tests = ['loadtest/sim/steps.test.ts'];

export const protocolMutants: readonly Mutant[] = [
  {
    id: 'mark-before-commit',
    bug: 'A producer is told that its batch is done with before the commit is stored, and forgets it.',
    edits: [
      {
        file: 'rater/owner.ts',
        find: 'const committed = await this.#committer.commit(encoded, signal);',
        replace: `for (const { tenant, producer, epoch, mark } of encoded.header.producers) {
      const text = epoch === null ? '' : \`\${epoch.startedAtMs}-\${epoch.nonce}\`;
      this.#deps.tellMark({ tenant, producer, epoch: text, mark, logTimeMs: 0, refusal: null });
    }
    const committed = await this.#committer.commit(encoded, signal);`,
      },
    ],
    tests,
  },
  {
    id: 'pipelined-commits',
    bug: 'Commits are sent one behind the other, each with its expected sequence, and none is waited for.',
    edits: [
      {
        file: 'rater/committer.ts',
        find: 'const result = await this.#log.append(',
        replace: `if (this.#n > 0) {
        void this.#log.append(streams.rated(this.#partition), subjects.rated(this.#partition), data, this.#end.seq);
        return this.#advance(header, data);
      }
      const result = await this.#log.append(`,
      },
    ],
    tests,
  },
  {
    id: 'ack-floor',
    bug: 'An owner goes on behind what its predecessor was delivered, not behind what was committed.',
    edits: [
      {
        file: 'rater/owner.ts',
        find: "await this.#nextSeq('usage')",
        replace: "Math.max(await this.#nextSeq('usage'), (ackFloors.get(this.#partition) ?? 0) + 1)",
      },
      {
        file: 'rater/owner.ts',
        find: 'else this.#machine.takeUsage(input.message);',
        replace: `else {
        this.#machine.takeUsage(input.message);
        ackFloors.set(this.#partition, input.message.seq);
      }`,
      },
      {
        file: 'rater/owner.ts',
        find: 'class Owner {',
        replace: 'const ackFloors = new Map<number, number>();\n\nclass Owner {',
      },
    ],
    tests,
  },
  {
    id: 'snapshot-beyond-the-log',
    bug: 'A snapshot is believed although the log ends before it.',
    edits: [
      {
        file: 'rater/snapshots.ts',
        find: 'return message !== undefined && sha256(message.data) === state.outHash;',
        replace: 'return message === undefined || message.seq > 0;',
      },
    ],
    tests,
  },
  {
    id: 'no-intent',
    bug: 'The loader writes a range before it has recorded what it is about to write.',
    edits: [
      {
        file: 'aggregator/loader/partition.ts',
        find: 'let record = this.#intentFor(chunk);\n      await this.#record(record);',
        replace: 'let record = this.#intentFor(chunk);',
      },
    ],
    tests,
  },
  {
    id: 'read-back-incarnation',
    bug: 'After silence an owner takes the last commit for its own because the number of the take-over is the same.',
    edits: [
      {
        file: 'rater/committer.ts',
        find: 'const { nonce, n } = parseHeader(last.data);\n    if (last.seq === seq + 1 && nonce === this.#nonce && n === this.#n) return true;',
        replace:
          'const { incarnation } = parseHeader(last.data);\n    if (last.seq === seq + 1 && incarnation === this.#incarnation) return true;',
      },
    ],
    tests,
  },
  {
    id: 'high-water-mark',
    bug: 'A batch behind a gap is taken, and the mark jumps over what is missing.',
    edits: [
      {
        file: 'core/rating/admit.ts',
        find: 'if (seq > producer.mark + 1)\n',
        replace: 'if (seq > producer.mark + 1_000_000)\n',
      },
    ],
    tests,
  },
  {
    id: 'hold-before-commit',
    bug: 'A service is told that it may spend before the commit that says so is stored; the next owner lets another one spend it, too.',
    edits: [
      {
        file: 'rater/owner.ts',
        find: 'const masters = this.#mastersOf(encoded.header);',
        replace: 'const masters = this.#mastersOf(encoded.header);\n    tell();',
      },
    ],
    tests,
  },
  {
    id: 'hold-lost-on-take-over',
    bug: 'Who takes over from a snapshot does not know what is held, and grants it again.',
    edits: [
      {
        file: 'core/rating/snapshot.ts',
        find: "yield* listed('holds', holdsOf(tenants));",
        replace: "yield* listed('holds', []);",
      },
    ],
    tests,
  },
  {
    id: 'alert-fired-again',
    bug: 'Who takes over does not know which thresholds are crossed, and tells everybody once more.',
    edits: [{ file: 'core/budgets/entries.ts', find: 'crossed: [...entry.crossed],', replace: 'crossed: [],' }],
    tests,
  },
  {
    id: 'void-forgotten-by-the-next-owner',
    bug: 'What a correction takes off a tally is not in the commit: the next owner goes on from what was there before.',
    edits: [{ file: 'core/rating/corrections/reverse.ts', find: '    changes.tally(tally);\n', replace: '' }],
    tests,
  },
  {
    id: 'position-before-copy',
    bug: 'The notifier notes how far it is before the alerts are in ALERTS: a crash in between, and nobody ever hears of them.',
    edits: [
      {
        file: 'rater/notifier/follower.ts',
        find: 'this.copied = this.copied.then(() => added);',
        replace: 'void added;',
      },
    ],
    tests,
  },
  {
    id: 'void-applied-twice',
    bug: 'An office that stops sends a piece of a correction again, and what was wrong comes off twice.',
    edits: [
      {
        file: 'loadtest/sim/parts/corrections.ts',
        find: "[{ kind: 'correctionRows', id, n: row.pieces + 1, blocks }]",
        replace: "[1, 2].map(() => ({ kind: 'correctionRows', id, n: row.pieces + 1, blocks }))",
      },
      {
        file: 'loadtest/sim/parts/corrections.ts',
        find: 'pieces: row.pieces + piece.length',
        replace: 'pieces: row.pieces + Math.min(1, piece.length)',
      },
      {
        file: 'core/rating/corrections/progress.ts',
        find: 'change.n === pieces + 1',
        replace: 'change.n <= pieces + 1',
      },
    ],
    tests,
  },
];
