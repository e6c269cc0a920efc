/** Who comes into a session, leaves it, and says who it is (PROTOCOL §6). */
import { isAnonymous, type Member, shownName } from "../domain/session/member.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";
import { TYPE } from "../protocol/message-types.ts";
import { noticeTail } from "../domain/session/session-text.ts";
import { inParallel } from "./in-parallel.ts";
import type { Caller } from "./rpc.ts";
import type { Answer, CreateRequest, JoinRequest, Membership } from "./session-rpc.ts";
import type { SessionState } from "./session-state.ts";
import type { SessionWatch } from "./session-watch.ts";

export class SessionMembers {
  readonly #session: SessionState;
  readonly #watch: SessionWatch;

  constructor(session: SessionState, watch: SessionWatch) {
    this.#session = session;
    this.#watch = watch;
  }

  /** The members that a session begins with. Nobody is told: there was nobody before. */
  async found(caller: Caller, { members, isAnonymous: anonymously }: CreateRequest): Promise<ErrorCode | undefined> {
    const { roster, sequence } = this.#session;
    const anonymousId = anonymously ? newAnonymousId() : null;
    const added: Member[] = [];
    for (const first of members ?? [{ nodeId: caller.nodeId, anonymousId }]) {
      const member = roster.add({ ...first, behindFrom: sequence.last + 1 }, Date.now());
      if (typeof member === "string") return member;
      added.push(member);
    }
    const failures = await inParallel(added, LIMITS.sessionJoinsInFlight, (member) => this.#enrol(member, undefined));
    return failures.find((failure) => failure !== undefined);
  }

  async join(caller: Caller, request: JoinRequest): Promise<Answer<Membership>> {
    const { facts, roster } = this.#session;
    const nodeId = request.nodeId ?? caller.nodeId;
    const isSelf = nodeId === caller.nodeId;
    const known = roster.get(nodeId);
    const mayJoin = caller.app || caller.nodeId === facts.ownerId || (isSelf && facts.anyoneCanJoin);
    if (!mayJoin && !(isSelf && known !== undefined)) return { ok: false, code: "SESSION_UNAUTHORIZED" };
    if (request.anonymousId === nodeId) {
      return { ok: false, code: "BAD_REQUEST", detail: "anonymous_id would be the node's own id" };
    }
    const member = known ?? (await this.#add(nodeId, request, isSelf));
    if (typeof member === "string") return { ok: false, code: member };
    // Joining again mends what a crash in the middle of the first time may have left undone.
    if (known !== undefined) {
      const failure = await this.#enrol(known, undefined);
      if (failure !== undefined) return { ok: false, code: failure };
    }
    // Who stands behind an anonymous name is for the member itself and for the app to know.
    const anonymousId = isSelf || caller.app ? member.anonymousId : null;
    return { ok: true, value: [nodeId, anonymousId] };
  }

  async #add(nodeId: string, request: JoinRequest, isSelf: boolean): Promise<Member | ErrorCode> {
    const { roster, log, sequence } = this.#session;
    const now = Date.now();
    const anonymousId = request.anonymousId ?? (request.isAnonymous ? newAnonymousId() : null);
    const historyFrom = Math.min(log.historyFrom(now), sequence.last + 1);
    const member = roster.add({ nodeId, anonymousId, behindFrom: historyFrom }, now);
    if (typeof member === "string") return member;
    const failure = await this.#enrol(member, historyFrom <= sequence.last ? historyFrom : undefined);
    if (failure !== undefined) {
      this.#drop(member);
      return failure;
    }
    this.#session.notice(TYPE.NEW_NODE_JOINED_SESSION, shownName(member), {
      except: isSelf ? nodeId : undefined,
      among: this.#session.notified,
    });
    return member;
  }

  /**
   * Tells a member's object of its membership, and of the history that it has to catch up with; from then on messages go
   * to it as they come. Answers what went wrong.
   */
  async #enrol(member: Member, historyFrom: number | undefined): Promise<ErrorCode | undefined> {
    const { facts, roster, sequence, fanOut } = this.#session;
    const isNew = !member.live && member.behindFrom !== null && member.told;
    const from = member.behindFrom ?? sequence.last + 1;
    let answer;
    try {
      answer = await this.#session
        .node(member.nodeId)
        .sessionJoined(facts.sessionId, { watched: this.#session.isWatched, lacksFrom: historyFrom, from });
    } catch (error) {
      console.error("a member's object could not be reached:", (error as Error).message);
      return "UNAVAILABLE";
    }
    if (!answer.ok) return answer.code;
    if (roster.get(member.nodeId) !== member) return undefined;
    if (this.#session.isWatched) this.#watch.isNow(member, answer.isOnline);
    // A member's object that has noted a place catches up by itself; else it lacks only what was said while it was asked.
    if (!isNew || answer.isBehind) return undefined;
    if (sequence.last < from) fanOut.startsLive(member);
    else fanOut.mustBeTold(member);
    return undefined;
  }

  /** `name`: the caller's own node_id, or what the session shows of another; app nodes may use any node_id. */
  async unjoin(caller: Caller, name: string): Promise<Answer<{ removed: boolean }>> {
    const { facts, roster } = this.#session;
    const isSelf = name === caller.nodeId;
    if (!isSelf && !caller.app && caller.nodeId !== facts.ownerId) return { ok: false, code: "SESSION_UNAUTHORIZED" };
    const member = isSelf ? roster.get(name) : (roster.named(name) ?? (caller.app ? roster.get(name) : undefined));
    if (member === undefined) {
      if (isSelf) return { ok: true, value: { removed: false } };
      return { ok: false, code: "MEMBER_UNKNOWN" };
    }
    this.#drop(member);
    const subject = shownName(member);
    const toldItself = member.nodeId === caller.nodeId ? undefined : subject;
    await this.#dismiss(member.nodeId, toldItself, "removed");
    this.#session.notice(TYPE.NODE_UNJOINED_SESSION, subject, { among: this.#session.notified });
    return { ok: true, value: { removed: true } };
  }

  #drop(member: Member): void {
    this.#session.roster.remove(member);
    this.#session.fanOut.memberLeft();
    this.#watch.left(member);
  }

  /** Takes the session out of a node's object, and tells the node where somebody else removed it. */
  async #dismiss(nodeId: string, subject: string | undefined, reason: string): Promise<void> {
    const { sessionId } = this.#session.facts;
    const now = Date.now();
    const type = TYPE.NODE_UNJOINED_SESSION;
    const tail =
      subject === undefined ? undefined : noticeTail({ type, subject, sessionId, payload: { reason } }, now, 0);
    this.#session.flush();
    await this.#session.node(nodeId).sessionLeft(sessionId, tail);
  }

  /** Takes every member out, and tells it that the session is no more if it is to be told. Throws where one failed. */
  async dissolve(tells: boolean): Promise<number> {
    const members = [...this.#session.roster];
    await inParallel(members, LIMITS.sessionJoinsInFlight, async (member) => {
      await this.#dismiss(member.nodeId, tells ? shownName(member) : undefined, "closed");
      this.#session.roster.remove(member);
    });
    return members.length;
  }

  reveal(caller: Caller): Answer<Membership> {
    const { roster } = this.#session;
    const member = roster.get(caller.nodeId);
    if (member === undefined) return { ok: false, code: "SESSION_UNAUTHORIZED" };
    if (isAnonymous(member)) {
      const subject = shownName(member);
      const failure = roster.reveal(member);
      if (failure !== undefined) return { ok: false, code: failure };
      const { nodeId } = member;
      this.#session.notice(TYPE.NODE_REVEAL_ANONYMITY, subject, {
        payload: nodeId,
        except: nodeId,
        among: this.#session.notified,
      });
    }
    return { ok: true, value: [member.nodeId, member.anonymousId] };
  }
}

/** 80 random bits: a name that nobody can guess, and nobody else has. */
function newAnonymousId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return `anon-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
