/** What a session was created as, and who is the master of a game. */

export const SESSION_TYPE = { NORMAL: 0, GAME: 1 } as const;

export interface SessionFacts {
  sessionId: string;
  ownerId: string;
  /** The owner founded the session anonymously, and has not revealed itself. */
  ownerHidden: boolean;
  type: (typeof SESSION_TYPE)[keyof typeof SESSION_TYPE];
  anyoneCanJoin: boolean;
  /** Only the last so many joiners are told who comes and goes; null: all are. */
  notifyLast: number | null;
  presence: boolean;
  /** Messages and minutes of history kept for those who join later; 0 for none. */
  historyMessages: number;
  historyMinutes: number;
  /** ms. */
  createdAt: number;
  /** Games: the node that is master whether it is there or not. */
  pinnedMasterId: string | null;
  masterId: string | null;
  /** Grows with each change of master. */
  fencingNumber: number;
  /** Since when it is being closed, ms: for its members it is gone. */
  closedAt: number | null;
  /** Its founding failed, and that is why: its members never heard of it, nor do they of its end. */
  neverBegan?: true;
}

/** Does the session want to know which of its members are online? */
export function isWatched({ type, presence }: SessionFacts): boolean {
  return presence || type === SESSION_TYPE.GAME;
}
