/** What a producer learns on `mark.<tenant>.<producer>` and in reply to `mark.get…`: how far the rater has taken it. */
export interface MarkMessage {
  readonly tenant: string;
  readonly producer: string;
  /** Where the tenant is placed now: what was told when the producer was enrolled may have been partitioned anew since. */
  readonly partition: number;
  /** `<startedAtMs>-<nonce>` of the highest epoch taken, "" when none was. */
  readonly epoch: string;
  /** Every batch up to here is committed (rated, duplicate or refused for good); trim and send on from the next. */
  readonly mark: number;
  readonly logTimeMs: number;
  /** The newest refusal since the producer's last good batch, so that an agent can say what is wrong. `epoch` "": unknown. */
  readonly refusal: {
    readonly epoch: string;
    readonly seq: number;
    readonly reason: string;
    readonly detail: string;
  } | null;
  /**
   * Present while the rater takes no usage because RATED has no room: what is in the log is taken later, nothing of it is
   * to be sent again, and nothing is lost.
   */
  readonly waits?: 'rated_full';
}
