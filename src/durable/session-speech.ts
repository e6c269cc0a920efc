/** What members say in a session, by socket or HTTP: checked, put in order, stamped, fanned out. */
import { answerOf, Fate } from "../domain/fate.ts";
import type { LaneAnswer, LaneBatch, LaneMessage } from "../domain/lane.ts";
import { LaneReceiver } from "../domain/lane-receiver.ts";
import { hintInSession } from "../domain/push/session-wake.ts";
import { RecentIds } from "../domain/recent-ids.ts";
import { isAnonymous, shownName } from "../domain/session/member.ts";
import { route } from "../domain/session/routing.ts";
import { sessionTail } from "../domain/session/session-text.ts";
import { decodeFrame } from "../protocol/codec.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";
import { TYPE } from "../protocol/message-types.ts";
import { sessionMessage } from "./session-message.ts";
import { readJoinRequest } from "./session-request.ts";
import type { Caller, SendOutcome } from "./rpc.ts";
import type { Answer } from "./session-rpc.ts";
import type { SessionMembers } from "./session-members.ts";
import type { SessionState } from "./session-state.ts";

export class SessionSpeech {
  readonly #session: SessionState;
  readonly #members: SessionMembers;
  readonly #receiver = new LaneReceiver(LIMITS.maxSessionMembers);
  /** What became of the messages that were said lately: one that comes twice gets the earlier answer. */
  readonly #recent = new RecentIds<Fate>({
    idsPerSource: LIMITS.dedupIdsPerSource,
    sources: LIMITS.maxSessionMembers,
    ids: LIMITS.dedupIds,
  });
  /**
   * After a restart: the newest messages of the log, by sender and id. Those who were not behind then may lack them all the
   * same, where a call to them was open.
   */
  readonly #logged = new Map<string, number>();
  /** Senders whose request to join, leave or reveal is under way: what they send after it waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(session: SessionState, members: SessionMembers) {
    this.#session = session;
    this.#members = members;
    for (const { seq, except, sent } of session.log.newestSent(LIMITS.dedupIdsPerSource)) {
      this.#logged.set(`${except}\n${sent}`, seq);
    }
  }

  async deliver(batch: LaneBatch): Promise<LaneAnswer> {
    if (!this.#receiver.take(batch)) return { resync: true };
    const { src, messages } = batch;
    const before = this.#turns.get(src);
    if (before === undefined && messages.every(({ toSession }) => toSession?.control === undefined)) {
      return answerOf(messages.map((message) => this.#say(src, message)));
    }
    // One that failed must not hold up those after it: its batch comes again.
    const next = () => this.#inTurn(src, messages);
    const turn = (before ?? Promise.resolve()).then(next, next);
    this.#turns.set(src, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(src) === turn) this.#turns.delete(src);
    }
    return answerOf(await turn);
  }

  async #inTurn(src: string, messages: readonly LaneMessage[]): Promise<Fate[]> {
    const fates: Fate[] = [];
    for (const message of messages) {
      const isRequest = message.toSession?.control !== undefined;
      fates.push(isRequest ? await this.#request(src, message) : this.#say(src, message));
    }
    return fates;
  }

  /** One that was granted and comes again gets the same answer: a node that has left would be refused. */
  async #request(src: string, message: LaneMessage): Promise<Fate> {
    const known = this.#recent.get(src, message.id);
    if (known !== undefined) return known;
    const fate = new Fate();
    const failure = await this.#grant(src, message);
    fate.settle(failure ?? "delivered");
    if (failure === undefined) this.#recent.set(src, message.id, fate);
    return fate;
  }

  /** Over the socket, what the HTTP calls do. Answers why not. */
  async #grant(src: string, { tail, toSession }: LaneMessage): Promise<ErrorCode | undefined> {
    const caller: Caller = { nodeId: src, app: toSession?.app ?? false, issuedAt: 0 };
    // Whatever its payload is: it says nothing that would count.
    if (toSession?.control === TYPE.NODE_REVEAL_ANONYMITY) return refusalOf(this.#members.reveal(caller));
    const request = readJoinRequest(`{${tail}`);
    if (request === undefined) return "BAD_MESSAGE";
    if (toSession?.control === TYPE.NODE_UNJOINED_SESSION) return this.#unjoin(caller, request.nodeId ?? src);
    return refusalOf(await this.#members.join(caller, request));
  }

  /** Who is no member is told so, as by a session that is not there. */
  async #unjoin(caller: Caller, name: string): Promise<ErrorCode | undefined> {
    const answer = await this.#members.unjoin(caller, name);
    return answer.ok && !answer.value.removed ? "SESSION_UNAUTHORIZED" : refusalOf(answer);
  }

  #say(src: string, message: LaneMessage): Fate {
    const known = message.volatile ? undefined : this.#recent.get(src, message.id);
    if (known !== undefined) return known;
    const { roster, facts, sequence, fanOut } = this.#session;
    if (facts.closedAt !== null) return refused("SESSION_UNAUTHORIZED");
    const { clientId, unnamed, ...forSession } = message.toSession ?? {};
    const now = Date.now();
    const sender = roster.get(src);
    const way = route(facts, roster, sender, forSession);
    if (typeof way === "string") return refused(way);
    if (message.expiresAt !== 0 && message.expiresAt <= now) return refused("EXPIRED");
    if (fanOut.isFull) return refused("SLOW_DOWN");
    const shown = sender === undefined ? src : shownName(sender);
    const seq = sequence.next();
    const isNamed = sender === undefined || !isAnonymous(sender);
    const stamp = { srcId: shown, srcClientId: isNamed ? clientId : undefined };
    const fate = fanOut.post(
      {
        seq,
        id: unnamed ? this.#session.unnamed(seq) : `${shown}\n${message.id}`,
        tail: sessionTail(stamp, now, seq, message.tail),
        expiresAt: message.expiresAt,
        collapse: message.collapseKey === undefined ? undefined : `${shown}\n${way.to ?? ""}\n${message.collapseKey}`,
        to: way.to,
        isForMaster: way.isForMaster,
        except: src,
        sent: unnamed ? undefined : message.id,
        push: hintInSession(message.push, isNamed),
      },
      { volatile: message.volatile, loggedAt: unnamed ? undefined : this.#logged.get(`${src}\n${message.id}`) },
    );
    if (!message.volatile) this.#recent.set(src, message.id, fate);
    return fate;
  }

  /** A message over HTTP, which is none of those that ask a session for something; answers when its fate is known. */
  async publish(caller: Caller, text: string): Promise<SendOutcome> {
    const [message] = decodeFrame(text, "classic");
    if (message?.kind !== "send" || message.to !== "session") {
      return { status: "refused", code: message?.kind === "bad" ? message.code : "BAD_MESSAGE" };
    }
    const lane = sessionMessage(
      message,
      { clientId: caller.clientId, app: caller.app },
      crypto.randomUUID(),
      Date.now(),
    );
    return new Promise((resolve) => {
      this.#say(caller.nodeId, lane).onSettled((status) => {
        if (status === "delivered" || status === "stored" || status === "dropped") resolve({ status });
        else resolve({ status: "refused", code: status === "offline" || status === "behind" ? "INTERNAL" : status });
      });
    });
  }
}

function refusalOf(answer: Answer<unknown>): ErrorCode | undefined {
  if (answer.ok) return undefined;
  // Over a socket there is no difference between a session that is not there and one that is not open.
  return answer.code === "SESSION_UNKNOWN" ? "SESSION_UNAUTHORIZED" : answer.code;
}

function refused(code: ErrorCode): Fate {
  const fate = new Fate();
  fate.settle(code);
  return fate;
}
