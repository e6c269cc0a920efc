/** Who comes into a session, leaves it, and says who it is (PROTOCOL §6). */
import { isAnonymous, type Member, shownName } from "../domain/session/member.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";
import { TYPE } from "../protocol/message-types.ts";
import { noticeTail } from "../domain/session/session-text.ts";
import { refusalOfNames } from "./chosen-names.ts";
import { inParallel } from "../domain/in-parallel.ts";
import type { Caller, SessionJoined } from "./rpc.ts";
import type { Answer, CreateRequest, JoinRequest, Membership, Refusal } from "./session-rpc.ts";
import type { SessionState } from "./session-state.ts";
import type { SessionWatch } from "./session-watch.ts";

export class SessionMembers {
  readonly #session: SessionState;
  readonly #watch: SessionWatch;
  /** What is under way with a node: its object hears of joining and leaving one after the other, in the order that counts. */
  readonly #turns = new Map<string, Promise<unknown>>();

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
      const addedBy = first.nodeId === caller.nodeId ? null : caller.nodeId;
      const member = roster.add({ ...first, behindFrom: sequence.last + 1, told: false, addedBy }, Date.now());
      if (typeof member === "string") return member;
      added.push(member);
    }
    this.#watch.startLease();
    const failures = await inParallel(added, LIMITS.sessionJoinsInFlight, (member) =>
      this.#inTurn(member.nodeId, () => this.#enrol(member, { isNew: true, by: wishOf(caller, member.nodeId) })),
    );
    return failures.find((failure) => failure !== undefined);
  }

  join(caller: Caller, request: JoinRequest): Promise<Answer<Membership>> {
    const nodeId = request.nodeId ?? caller.nodeId;
    return this.#inTurn(nodeId, () => this.#join(caller, nodeId, request));
  }

  async #join(caller: Caller, nodeId: string, request: JoinRequest): Promise<Answer<Membership>> {
    const { facts, roster } = this.#session;
    if (facts.closedAt !== null) return { ok: false, code: "SESSION_UNKNOWN" };
    const isSelf = nodeId === caller.nodeId;
    const known = roster.get(nodeId);
    const mayJoin = caller.app || caller.nodeId === facts.ownerId || (isSelf && facts.anyoneCanJoin);
    if (!mayJoin && !(isSelf && known !== undefined)) return { ok: false, code: "SESSION_UNAUTHORIZED" };
    if (request.anonymousId === nodeId) {
      return { ok: false, code: "BAD_REQUEST", detail: "anonymous_id would be the node's own id" };
    }
    const answer = await (known === undefined
      ? this.#add(caller, nodeId, request)
      : this.#mend(caller, known, isSelf || knows(caller, known) ? undefined : request));
    if (!answer.ok) return answer;
    const { value: member } = answer;
    return { ok: true, value: [nodeId, isSelf || knows(caller, member) ? member.anonymousId : null] };
  }

  /**
   * Joining again makes up for what a crash in the middle of the first time may have left undone. `stranger`: what is asked by
   * one that must not learn whether this node is an anonymous member; it is refused what it would be if the node were none.
   */
  async #mend(caller: Caller, member: Member, stranger: JoinRequest | undefined): Promise<Answer<Member>> {
    if (stranger !== undefined && isAnonymous(member)) {
      const refusal = await this.#refusalToAdd(member.nodeId, stranger);
      if (refusal !== undefined) return refusal;
    }
    const failure = await this.#enrol(member, { by: wishOf(caller, member.nodeId) });
    return failure === undefined ? { ok: true, value: member } : { ok: false, code: failure };
  }

  async #add(caller: Caller, nodeId: string, request: JoinRequest): Promise<Answer<Member>> {
    const { roster, log, sequence } = this.#session;
    const refusal = await this.#refusalToAdd(nodeId, request);
    if (refusal !== undefined) return refusal;
    const now = Date.now();
    const anonymousId = request.anonymousId ?? (request.isAnonymous ? newAnonymousId() : null);
    const historyFrom = Math.min(log.historyFrom(now), sequence.last + 1);
    const addedBy = nodeId === caller.nodeId ? null : caller.nodeId;
    const member = roster.add({ nodeId, anonymousId, behindFrom: historyFrom, told: false, addedBy }, now);
    if (typeof member === "string") return { ok: false, code: member };
    const lacksFrom = historyFrom <= sequence.last ? historyFrom : undefined;
    this.#watch.expect(member);
    const failure = await this.#enrol(member, {
      isNew: true,
      by: wishOf(caller, nodeId),
      lacksFrom,
      tellsOthers: () => this.#announce(member),
    });
    if (failure === undefined) return { ok: true, value: member };
    this.#drop(member);
    return { ok: false, code: failure };
  }

  /** Why a node that is no member may not come in under the name that is asked for. */
  async #refusalToAdd(nodeId: string, request: JoinRequest): Promise<Refusal | undefined> {
    const { facts, roster, env } = this.#session;
    const chosen = request.anonymousId;
    if (chosen !== undefined && roster.named(chosen) === undefined) {
      const refusal = await refusalOfNames(env.NODE, [chosen]);
      if (refusal !== undefined) return refusal;
      if (facts.closedAt !== null) return { ok: false, code: "SESSION_UNKNOWN" };
    }
    const code = roster.refusal(chosen ?? (request.isAnonymous ? undefined : nodeId));
    return code === undefined ? undefined : { ok: false, code };
  }

  #announce(member: Member): void {
    this.#session.notice(TYPE.NEW_NODE_JOINED_SESSION, shownName(member), {
      except: member.addedBy === null ? member.nodeId : undefined,
      // Others may come and go without a phone ringing for it.
      wakes: member.nodeId,
      among: this.#session.notified,
    });
  }

  /**
   * Tells a member's object of its membership, and from where on it has something to catch up with; from then on messages
   * go to it as they come. Answers what went wrong. `tellsOthers` comes before anything else that they hear of it.
   */
  async #enrol(
    member: Member,
    { tellsOthers, ...joined }: Omit<SessionJoined, "watched" | "from"> & { tellsOthers?: () => void },
  ): Promise<ErrorCode | undefined> {
    const { facts, sequence, fanOut } = this.#session;
    const from = member.behindFrom ?? sequence.last + 1;
    const noteWakes = this.#session.wakes.asking(member);
    let answer;
    try {
      answer = await this.#session
        .node(member.nodeId)
        .sessionJoined(facts.sessionId, { ...joined, watched: this.#session.isWatched, from });
    } catch (error) {
      this.#unreached(error);
      return "UNAVAILABLE";
    }
    if (!answer.ok) return answer.code;
    if (facts.closedAt !== null) return "SESSION_UNKNOWN";
    noteWakes(answer.wakes);
    // A member's object that has noted a place catches up by itself; else it lacks only what was said while it was asked.
    if (answer.isBehind && (member.behindFrom ?? from) >= from) fanOut.isTold(member);
    else if (!member.live) {
      if (sequence.last < from) fanOut.startsLive(member);
      else fanOut.mustBeTold(member);
    }
    tellsOthers?.();
    this.#watch.isIn(member, answer.isOnline);
    return undefined;
  }

  /** Tells a member's object once more where the member stands; false where it could not be reached. */
  tellAgain(member: Member): Promise<boolean> {
    return this.#inTurn(member.nodeId, async () => {
      if (this.#session.roster.get(member.nodeId) !== member || member.told || member.behindFrom === null) return true;
      const failure = await this.#enrol(member, { lacksFrom: member.behindFrom });
      // A crash had come before its object heard of it the first time, and now its object does not take it any more.
      if (failure === "TOO_MANY_SESSIONS") this.#gone(member);
      return failure !== "UNAVAILABLE";
    });
  }

  async #inTurn<T>(nodeId: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(nodeId) ?? Promise.resolve()).then(task, task);
    this.#turns.set(nodeId, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(nodeId) === turn) this.#turns.delete(nodeId);
    }
  }

  #unreached(error: unknown): void {
    console.error("a member's object could not be reached:", (error as Error).message);
  }

  /** `name`: one of the caller's own, or what the session shows of another, or the node_id of one whom the caller knows. */
  async unjoin(caller: Caller, name: string): Promise<Answer<{ removed: boolean }>> {
    const { facts, roster } = this.#session;
    const own = roster.get(caller.nodeId);
    const isSelf = name === caller.nodeId || (own !== undefined && roster.named(name) === own);
    if (!isSelf && !caller.app && caller.nodeId !== facts.ownerId) return { ok: false, code: "SESSION_UNAUTHORIZED" };
    const member = isSelf ? own : (roster.named(name) ?? this.#knownTo(caller, name));
    if (member === undefined) {
      if (isSelf) return { ok: true, value: { removed: false } };
      return { ok: false, code: "MEMBER_UNKNOWN" };
    }
    return this.#inTurn(member.nodeId, () => this.#remove(member, member.nodeId !== caller.nodeId));
  }

  #knownTo(caller: Caller, nodeId: string): Member | undefined {
    const member = this.#session.roster.get(nodeId);
    return member !== undefined && knows(caller, member) ? member : undefined;
  }

  async #remove(member: Member, tellsIt: boolean): Promise<Answer<{ removed: boolean }>> {
    const { facts, roster, sequence, fanOut } = this.#session;
    if (facts.closedAt !== null) return { ok: false, code: "SESSION_UNKNOWN" };
    if (roster.get(member.nodeId) !== member) return { ok: true, value: { removed: false } };
    // It gets nothing from here on; should that fail half-way, it is told that it is a member still.
    fanOut.holdBack(member, sequence.last + 1);
    try {
      await this.#dismiss(member.nodeId, tellsIt ? shownName(member) : undefined, "removed");
    } catch (error) {
      this.#unreached(error);
      fanOut.mustBeTold(member);
      return { ok: false, code: "UNAVAILABLE" };
    }
    this.#gone(member);
    return { ok: true, value: { removed: true } };
  }

  #gone(member: Member): void {
    this.#drop(member, () => {
      this.#session.notice(TYPE.NODE_UNJOINED_SESSION, shownName(member), { among: this.#session.notified });
    });
  }

  /** `tellsOthers` comes before anything that follows from it, such as a change of master. */
  #drop(member: Member, tellsOthers?: () => void): void {
    if (this.#session.facts.closedAt !== null) return;
    this.#session.roster.remove(member);
    this.#session.fanOut.memberLeft();
    tellsOthers?.();
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

  /** Takes every member out, and tells it that the session is no more if it ever began; false where one was not reached. */
  async dissolve(): Promise<boolean> {
    const { roster, facts } = this.#session;
    await inParallel([...roster], LIMITS.sessionJoinsInFlight, (member) =>
      this.#inTurn(member.nodeId, async () => {
        try {
          await this.#dismiss(member.nodeId, facts.neverBegan ? undefined : shownName(member), "closed");
          roster.remove(member);
        } catch (error) {
          this.#unreached(error);
        }
      }),
    );
    return roster.size === 0;
  }

  reveal(caller: Caller): Answer<Membership> {
    const { roster, facts } = this.#session;
    if (facts.closedAt !== null) return { ok: false, code: "SESSION_UNKNOWN" };
    const member = roster.get(caller.nodeId);
    if (member === undefined) return { ok: false, code: "SESSION_UNAUTHORIZED" };
    if (isAnonymous(member)) {
      const subject = shownName(member);
      const failure = roster.reveal(member);
      if (failure !== undefined) return { ok: false, code: failure };
      const { nodeId } = member;
      if (nodeId === facts.ownerId) {
        facts.ownerHidden = false;
        this.#session.saveFacts();
      }
      this.#session.notice(TYPE.NODE_REVEAL_ANONYMITY, subject, {
        payload: nodeId,
        except: nodeId,
        among: this.#session.notified,
      });
    }
    return { ok: true, value: [member.nodeId, member.anonymousId] };
  }
}

/** Who stands behind an anonymous name is for the app to know, and for whoever named the node when it added it. */
function knows(caller: Caller, member: Member): boolean {
  return caller.app || member.addedBy === caller.nodeId;
}

/** At whose wish the caller makes a node a member. */
function wishOf(caller: Caller, nodeId: string): SessionJoined["by"] {
  if (nodeId === caller.nodeId) return "itself";
  return caller.app ? undefined : "another";
}

/** 80 random bits: a name that nobody can guess, and nobody else has. */
function newAnonymousId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return `anon-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
