/** One member of a session, and the name by which the others know it. */

export interface Member {
  readonly nodeId: string;
  /** The order of joining. */
  readonly position: number;
  /** ms. */
  readonly joinedAt: number;
  /** The name of an anonymous member; kept as another name of it once it has revealed itself. */
  readonly anonymousId: string | null;
  /** Who made it a member, where it did not do so itself: that node knows it by both names. */
  readonly addedBy: string | null;
  revealed: boolean;
  /** It has everything before this session_seq and may lack what follows; null where it lacks nothing. */
  behindFrom: number | null;
  /** Its own object knows that it is behind. */
  told: boolean;
  /** Messages go to it as they come. Memory only: after a restart those are live that are not behind. */
  live: boolean;
  /** Watched sessions only: online as the others know it, and since when it is not while they do not know yet, ms. */
  online: boolean;
  offlineSince: number | null;
  /** It was the master of the game and has not yet acked that it is no longer. */
  deposed: boolean;
  /** Its own object wants to hear of messages that it is not called with, to push for them. */
  wakes: boolean;
  /** And not before this, ms. Memory only. */
  wakeFrom: number;
}

/** The only name of a member that leaves its session. */
export function shownName({ nodeId, anonymousId, revealed }: Member): string {
  return anonymousId === null || revealed ? nodeId : anonymousId;
}

export function isAnonymous({ anonymousId, revealed }: Member): boolean {
  return anonymousId !== null && !revealed;
}
