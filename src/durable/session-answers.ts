/** What a session answers to those who read it. Anonymous members appear under their anonymous names only. */
import type { LaneMessage } from "../domain/lane.ts";
import { isAnonymous, type Member, shownName } from "../domain/session/member.ts";
import { hintFor } from "../domain/session/recipients.ts";
import { sessionGapTail } from "../domain/session/session-text.ts";
import { withoutSeq } from "../protocol/frames.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { SessionInfo } from "../protocol/session-info.ts";
import type { Caller } from "./rpc.ts";
import type { CatchUpPage, HistoryPage, HistoryQuery } from "./session-rpc.ts";
import type { SessionState } from "./session-state.ts";

export function sessionInfo(session: SessionState, caller: Caller): SessionInfo {
  const { facts, roster, sequence, log } = session;
  const members = [...roster];
  const showsWho = facts.presence && members.length <= LIMITS.presenceListMembers;
  const own = roster.get(caller.nodeId);
  return {
    session_id: facts.sessionId,
    session_type: facts.type,
    owner_id: ownerName(session, caller),
    anyone_can_join: facts.anyoneCanJoin,
    notify_only_last_few_users: facts.notifyLast,
    presence: facts.presence,
    history:
      facts.historyMessages + facts.historyMinutes === 0
        ? null
        : { messages: facts.historyMessages, minutes: facts.historyMinutes },
    created_at: facts.createdAt,
    master_id: facts.masterId === null ? null : nameOf(session, facts.masterId),
    fencing_number: facts.fencingNumber,
    last_session_seq: sequence.last,
    member_count: members.length,
    online_count: session.isWatched ? members.filter(({ online }) => online).length : null,
    members: members.map((member) => ({
      node_id: shownName(member),
      anonymous: isAnonymous(member),
      joined_at: member.joinedAt,
      ...(showsWho && { online: member.online }),
    })),
    me: own === undefined ? null : { node_id: own.nodeId, anonymous_id: own.anonymousId },
    ...(caller.app && {
      log: { messages: log.count, bytes: log.bytes, rows_written: log.rowsWritten, calls: session.calls },
    }),
  };
}

function nameOf({ roster }: SessionState, nodeId: string): string | null {
  const member = roster.get(nodeId);
  return member === undefined ? null : shownName(member);
}

/**
 * A hidden owner goes by the name that it has as an anonymous member. Where it has none, only it and the app may know who it
 * is: as a known member, it would be known for who it was before.
 */
function ownerName({ facts, roster }: SessionState, caller: Caller): string | null {
  const { ownerId, ownerHidden } = facts;
  if (!ownerHidden) return ownerId;
  const owner = roster.get(ownerId);
  if (owner !== undefined && isAnonymous(owner)) return shownName(owner);
  return caller.app || caller.nodeId === ownerId ? ownerId : null;
}

type Page = Exclude<CatchUpPage, { gone: true }>;

export function catchUpPage(session: SessionState, member: Member, from: number, goesLive: boolean): Page {
  const now = Date.now();
  const { from: start, items, next, live } = session.fanOut.catchUp(member, from, goesLive, now);
  const messages = items.map((item): LaneMessage => {
    if (!("gapTo" in item)) {
      const { id, tail, expiresAt, seq } = item;
      return { id, tail, expiresAt, volatile: false, push: hintFor(item, member), sessionSeq: seq };
    }
    const { gapFrom, gapTo, reason } = item;
    const tail = sessionGapTail(session.facts.sessionId, { from: gapFrom, to: gapTo, reason }, now);
    const id = `\ngap\n${gapFrom}\n${gapTo}`;
    return { id, tail, expiresAt: 0, volatile: false, push: { off: true }, sessionSeq: gapTo };
  });
  return { gone: false, from: start, messages, next, live };
}

/** undefined where the session keeps no history. */
export function historyPage(session: SessionState, caller: Caller, query: HistoryQuery): HistoryPage | undefined {
  const { facts, log } = session;
  if (facts.historyMessages + facts.historyMinutes === 0) return undefined;
  const { fromSeq: from = 0, toSeq: to = Number.MAX_SAFE_INTEGER, limit, order } = query;
  const { nodeId } = caller;
  const { entries, more } = log.page(
    { from, to, limit, bytes: LIMITS.sessionPageBytes, order },
    (entry) => entry.to === undefined || entry.to === nodeId || entry.except === nodeId,
    Date.now(),
  );
  const seqs = entries.map(({ seq }) => seq);
  return {
    messages: entries.map(({ tail }) => withoutSeq(tail)),
    from: seqs.length === 0 ? null : Math.min(...seqs),
    to: seqs.length === 0 ? null : Math.max(...seqs),
    more,
  };
}
