/**
 * Who of a watched session is online, as the others know it: a member that comes back within the grace was
 * never away. Changes members; the caller saves them and tells the others.
 */
import { LIMITS } from "../../protocol/limits.ts";
import type { Member } from "./member.ts";

/** Notes that a member is or is not online now. "online": the others are to be told; "changed": it is to be saved. */
export function noteOnline(member: Member, isOnline: boolean, now: number): "online" | "changed" | "same" {
  if (isOnline) {
    const changed = member.offlineSince !== null;
    member.offlineSince = null;
    if (member.online) return changed ? "changed" : "same";
    member.online = true;
    return "online";
  }
  if (!member.online || member.offlineSince !== null) return "same";
  member.offlineSince = now;
  return "changed";
}

/** Those whose grace is over; they are offline from now on. */
export function takeOffline(members: Iterable<Member>, now: number): Member[] {
  const gone: Member[] = [];
  for (const member of members) {
    if (member.offlineSince === null || member.offlineSince + LIMITS.presenceGraceMs > now) continue;
    member.online = false;
    member.offlineSince = null;
    gone.push(member);
  }
  return gone;
}

/** When the next grace is over, ms. */
export function nextOfflineAt(members: Iterable<Member>): number | undefined {
  let next: number | undefined;
  for (const { offlineSince } of members) {
    if (offlineSince !== null && (next === undefined || offlineSince < next)) next = offlineSince;
  }
  return next === undefined ? undefined : next + LIMITS.presenceGraceMs;
}
