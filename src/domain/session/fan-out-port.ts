/** What fan-out.ts needs of its surroundings, and what it may be told of a message. */
import type { LaneMessage, LaneStatus } from "../lane.ts";
import type { Member } from "./member.ts";
import type { LogEntry } from "./session-log.ts";

export interface FanOutPort {
  /** Calls a member's object with this message, some time in this tick; false where too much is waiting for it. */
  offer(member: Member, message: LaneMessage, settle: (status: LaneStatus) => void): boolean;
  /** Something is to be written or told at the end of this tick. */
  changed(): void;
  /** A member's object could not be told that the member is behind. */
  untold(member: Member): void;
  /** A member's object says that the member has no connection. */
  isOffline(member: Member): void;
  /** A member that wants to be woken lacks this message, and its object has not seen it. */
  wake(member: Member, entry: LogEntry): void;
}

/** What `post` may be told beside the message itself. */
export interface PostOptions {
  volatile?: boolean;
  /** Only these of the members. */
  among?: (member: Member) => boolean;
  /** A member has acked the message of this seq, or has it in its inbox. */
  delivered?: (member: Member, seq: number) => void;
  /** The log has it already under this seq, from an earlier life of the session that did not tell the sender. */
  loggedAt?: number;
}
