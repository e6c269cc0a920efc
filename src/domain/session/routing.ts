/** Who may say what to whom in a session (PROTOCOL §6). */
import type { ErrorCode } from "../../protocol/errors.ts";
import type { ForSession } from "../lane.ts";
import { SESSION_TYPE, type SessionFacts } from "./facts.ts";
import type { Member } from "./member.ts";
import type { Roster } from "./roster.ts";

/**
 * The one node that a message is for, or undefined for every member but its sender. `sender` is undefined for an app
 * node that is no member: it may speak to everyone. `isForMaster`: whoever that is. Refused: SESSION_UNAUTHORIZED (also for a private message to no
 * member, so that nothing can be learnt by trying), in games DEPOSED and NO_MASTER.
 */
export function route(
  facts: SessionFacts,
  roster: Roster,
  sender: Member | undefined,
  { member, app, fence }: ForSession,
): { to: string | undefined; isForMaster?: true } | ErrorCode {
  if (sender === undefined && !app) return "SESSION_UNAUTHORIZED";
  const target = member === undefined ? undefined : roster.named(member);
  if (member !== undefined && target === undefined) return "SESSION_UNAUTHORIZED";
  if (facts.type !== SESSION_TYPE.GAME) return { to: target?.nodeId };
  if (sender?.deposed || (fence !== undefined && fence !== facts.fencingNumber)) return "DEPOSED";
  if (sender === undefined || sender.nodeId === facts.masterId) return { to: target?.nodeId };
  const master = facts.masterId === null ? undefined : roster.get(facts.masterId);
  if (master === undefined) return "NO_MASTER";
  return target === undefined || target === master ? { to: master.nodeId, isForMaster: true } : "SESSION_UNAUTHORIZED";
}

/** The next member in the order of joining after the one that was master: one that is online, or where none is, any. */
export function nextMaster(roster: Roster, masterId: string | null, position: number): Member | undefined {
  const others = [...roster].filter(({ nodeId }) => nodeId !== masterId);
  const inOrder = [
    ...others.filter((other) => other.position > position),
    ...others.filter((other) => other.position < position),
  ];
  return inOrder.find(({ online }) => online) ?? inOrder[0];
}
