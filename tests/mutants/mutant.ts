/**
 * Classic billing bugs, each as a replacement of source text: plain data. `find` occurs exactly once in its file. `tests` are the
 * files that are expected to catch it. A bug of another part of the program is one more entry.
 */
export interface Mutant {
  readonly id: string;
  /** The bug, as a customer would find it. */
  readonly bug: string;
  readonly edits: readonly Edit[];
  readonly tests: readonly string[];
}

export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}
