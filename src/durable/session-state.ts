/** The parts of a session that is there, tied together: who is in it, its order, its log, and the way out to its members. */
import type { SessionFacts } from "../domain/session/facts.ts";
import { isWatched } from "../domain/session/facts.ts";
import { FanOut } from "../domain/session/fan-out.ts";
import type { PostOptions } from "../domain/session/fan-out-port.ts";
import type { Member } from "../domain/session/member.ts";
import { Roster } from "../domain/session/roster.ts";
import { SessionLog } from "../domain/session/session-log.ts";
import { noticeTail } from "../domain/session/session-text.ts";
import { Sequence } from "../domain/sequence.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../protocol/limits.ts";
import { TYPE } from "../protocol/message-types.ts";
import { Lanes } from "./lanes.ts";
import { SessionWakes } from "./session-wakes.ts";
import { SqlLogStore } from "./sql/session-log-store.ts";
import { type KeptNotice, SqlMemberStore, SqlSessionStore } from "./sql/session-store.ts";
import { Tick } from "./tick.ts";

const LOG_LIMITS = {
  messages: LIMITS.sessionLogMessages,
  bytes: LIMITS.sessionLogBytes,
  ttlMs: LIMITS.sessionLogTtlMs,
  rowMessages: LIMITS.inboxRowMessages,
  rowBytes: LIMITS.inboxRowBytes,
};

const MINUTE_MS = 60_000;

export interface SessionEvents {
  /** The end of a tick; everything that is due has left. */
  ticked(): void;
  untold(member: Member): void;
  isOffline(member: Member): void;
}

/** What a notice may be told beside its type and subject. */
export interface NoticeOptions {
  payload?: unknown;
  /** The node that it is not for. */
  except?: string;
  /** The only node that is woken for it; none by default. */
  wakes?: string;
}

export class SessionState {
  readonly facts: SessionFacts;
  readonly store: SqlSessionStore;
  readonly roster: Roster;
  readonly log: SessionLog;
  readonly sequence: Sequence;
  readonly fanOut: FanOut;
  readonly wakes: SessionWakes;
  readonly env: Env;
  readonly #lanes = new Lanes({ lanes: LIMITS.maxSessionMembers, bytes: Infinity });
  readonly #tick: Tick;
  #hasEnded = false;

  constructor(ctx: DurableObjectState, env: Env, events: SessionEvents) {
    this.env = env;
    this.store = new SqlSessionStore(ctx.storage);
    const { facts, seqReserved } = this.store.load();
    this.facts = facts;
    this.roster = new Roster(new SqlMemberStore(ctx.storage));
    this.sequence = new Sequence(seqReserved, LIMITS.seqBlock, (upTo) => this.store.reserve(upTo));
    const retention = { messages: facts.historyMessages, ms: facts.historyMinutes * MINUTE_MS };
    this.log = new SessionLog(new SqlLogStore(ctx.storage), LOG_LIMITS, retention);
    this.#tick = new Tick(() => {
      this.#lanes.flushAll();
      this.fanOut.flush(Date.now());
      this.wakes.flush();
      events.ticked();
    });
    this.fanOut = new FanOut(this.roster, this.log, retention.messages > 0 || retention.ms > 0, {
      offer: (member, message, settle) =>
        this.#lanes.offer(facts.sessionId, member.nodeId, () => this.#memberLane(member.nodeId), message, settle),
      changed: () => this.#tick.soon(),
      untold: (member) => events.untold(member),
      isOffline: (member) => events.isOffline(member),
      wake: (member, entry) => this.wakes.add(member, entry),
    });
    this.wakes = new SessionWakes(this.roster, {
      wake: (nodeId, wake) => this.node(nodeId).wake(facts.sessionId, wake),
      after: (delayMs, callback) => void setTimeout(callback, delayMs),
      now: () => Date.now(),
      random: () => Math.random(),
    });
  }

  get isWatched(): boolean {
    return isWatched(this.facts);
  }

  /** Calls to members' objects since this object was started. */
  get calls(): number {
    return this.#lanes.calls;
  }

  node(nodeId: string) {
    return this.env.NODE.getByName(nodeId);
  }

  #memberLane(nodeId: string) {
    const node = this.node(nodeId);
    const session = this.facts.sessionId;
    return { deliver: (batch: Parameters<typeof node.deliver>[0]) => node.deliver({ ...batch, session }) };
  }

  /**
   * The id of a message that has none of its own; the numbers of an earlier session of this name were the same. Ids of
   * others begin with a name, so that no member can make this one: names hold no line break.
   */
  unnamed(seq: number): string {
    return `\n${this.facts.createdAt}\n${seq}`;
  }

  /** Sends what waits for this tick to end: a member that is told of its end shall have had that first. */
  flush(): void {
    this.#lanes.flushAll();
  }

  /** The session is no more: nothing is written any more, by what is still under way either. */
  end(): void {
    this.#hasEnded = true;
    this.fanOut.end();
  }

  saveFacts(): void {
    this.store.saveFacts(this.facts);
  }

  /**
   * Tells members something; `subject` is whom it is about, by the name that the others know. Answers its session_seq, 0 for
   * a volatile one. A change of master is kept until all have answered for it.
   */
  notice(type: number, subject: string, { payload, except, wakes, ...options }: PostOptions & NoticeOptions): number {
    // Those who are told are the last ones; who catches up later is held to that, too.
    const { among } = options;
    const since = among === undefined ? undefined : [...this.roster].find(among)?.position;
    const seq = options.volatile ? 0 : this.sequence.next();
    this.#tell(seq, { id: this.unnamed(seq), type, subject, payload, except, since, wakes: wakes ?? null }, options);
    return seq;
  }

  /**
   * After a restart: tells again of changes of master that not everyone may have heard of. `delivered` as of
   * `post`; answers the session_seq of the last.
   */
  retell(delivered: PostOptions["delivered"]): number {
    let last = 0;
    for (const { seq, notice } of this.store.notices()) {
      this.store.dropNotice(seq);
      last = this.sequence.next();
      this.#tell(last, notice, { delivered });
    }
    return last;
  }

  #tell(seq: number, notice: KeptNotice, options: PostOptions): void {
    const { id, type, except, since, wakes } = notice;
    const tail = noticeTail({ ...notice, sessionId: this.facts.sessionId }, Date.now(), seq);
    const isKept = type === TYPE.SESSION_MASTER_CHANGED;
    if (isKept) this.store.keepNotice(seq, notice);
    const fate = this.fanOut.post({ seq, id, tail, expiresAt: 0, except, since, wakes }, options);
    fate.onSettled(() => {
      if (isKept && !this.#hasEnded) this.store.dropNotice(seq);
    });
  }

  /** Who is told of comings and goings. */
  get notified(): ((member: Member) => boolean) | undefined {
    const { notifyLast } = this.facts;
    if (notifyLast === null || this.roster.size <= notifyLast) return undefined;
    const last = new Set([...this.roster].slice(-notifyLast));
    return (member) => last.has(member);
  }
}
