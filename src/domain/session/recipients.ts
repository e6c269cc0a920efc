/** Which members a message of a session is for, and who of those that are away is woken for it. */
import type { PushHint } from "../../protocol/push-hint.ts";
import type { Member } from "./member.ts";
import type { Roster } from "./roster.ts";
import type { LogEntry } from "./session-log.ts";

/** Those whom it goes to when it is said; `since` holds for who catches up later, these are chosen by the caller. */
export function recipients(roster: Roster, { to, except }: LogEntry): Iterable<Member> {
  if (to === undefined) return [...roster].filter(({ nodeId }) => nodeId !== except);
  const member = roster.get(to);
  return member === undefined || to === except ? [] : [member];
}

/** May a member read it in the log? */
export function isFor({ to, except, since = 0 }: LogEntry, { nodeId, position }: Member): boolean {
  return except !== nodeId && (to === undefined || to === nodeId) && position >= since;
}

/** Is the object of a member that was not called with it to hear of it all the same? */
export function wakes(entry: LogEntry, member: Member): boolean {
  return member.wakes && !hintFor(entry, member)?.off && isFor(entry, member);
}

/** What a member's object is told of the push that a message may lead to. */
export function hintFor({ push, wakes: only }: LogEntry, { nodeId }: Member): PushHint | undefined {
  return only === undefined || only === nodeId ? push : { off: true };
}
