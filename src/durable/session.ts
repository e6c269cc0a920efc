/**
 * One object for each session_id: its members, their order, the log of what they lack (DESIGN §3). This class only ties
 * the platform's events to the parts that do the work: the way out to members is domain/session/fan-out.ts, who comes
 * and goes session-members.ts, presence and games session-watch.ts, what members say session-speech.ts.
 */
import { DurableObject } from "cloudflare:workers";
import type { LaneAnswer, LaneBatch } from "../domain/lane.ts";
import { SESSION_TYPE, type SessionFacts } from "../domain/session/facts.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { SessionInfo } from "../protocol/session-info.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { refusalOfNames } from "./chosen-names.ts";
import type { Caller, SendOutcome } from "./rpc.ts";
import { SessionMembers } from "./session-members.ts";
import { catchUpPage, historyPage, sessionInfo } from "./session-answers.ts";
import type {
  Answer,
  CatchUpPage,
  Created,
  CreateRequest,
  HistoryPage,
  HistoryQuery,
  JoinRequest,
  Membership,
  SessionRpc,
  StateAnswer,
} from "./session-rpc.ts";
import { SessionSpeech } from "./session-speech.ts";
import { SessionState } from "./session-state.ts";
import { SessionWatch } from "./session-watch.ts";
import { hasSession, SqlSessionStore } from "./sql/session-store.ts";
import { SESSION_MIGRATIONS } from "./sql/manifest.ts";
import { migrate } from "./sql/migrate.ts";
import { UntoldMembers } from "./untold-members.ts";

/** The parts of a session that exists. */
interface Parts {
  state: SessionState;
  watch: SessionWatch;
  members: SessionMembers;
  speech: SessionSpeech;
}

const UNKNOWN = { ok: false, code: "SESSION_UNKNOWN" } as const;
const UNAUTHORIZED = { ok: false, code: "SESSION_UNAUTHORIZED" } as const;

export class SessionObject extends DurableObject<Env> implements SessionRpc {
  #parts: Parts | undefined;
  readonly #alarm: AlarmClock;
  #untold = new UntoldMembers();
  /** It is being closed; and when that is tried again, ms. */
  #dissolving: Promise<number> | undefined;
  #dissolveAt: number | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new AlarmClock(ctx.storage);
    // Anyone may ask for any id: an object without a session must not write.
    if (!hasSession(ctx.storage.sql)) return;
    migrate(ctx.storage, SESSION_MIGRATIONS, Date.now());
    this.#parts = this.#open();
    const { roster, facts } = this.#parts.state;
    for (const member of roster) if (!member.told) this.#untold.addUnreached(member);
    // Setting the alarm takes the place of the one that an earlier life of this object has set.
    if (facts.closedAt === null) this.#parts.watch.retell();
    else this.#dissolveAt = Date.now() + LIMITS.sessionRetellMs;
    this.#armAlarm();
  }

  #open(): Parts {
    const state = new SessionState(this.ctx, this.env, {
      ticked: () => this.#ticked(),
      untold: (member) => this.#untold.add(member),
      isOffline: (member) => this.#parts?.watch.isNow(member, false),
    });
    const watch = new SessionWatch(state);
    const members = new SessionMembers(state, watch);
    return { state, watch, members, speech: new SessionSpeech(state, members) };
  }

  /** What there is for members; a session that is being closed is there no more. */
  get #live(): Parts | undefined {
    return this.#parts?.state.facts.closedAt === null ? this.#parts : undefined;
  }

  async create(caller: Caller, request: CreateRequest): Promise<Answer<Created>> {
    const refusal = this.#parts === undefined ? await refusalOfNames(this.env.NODE, chosenNames(request)) : undefined;
    // It may have been created meanwhile.
    const known = this.#parts;
    if (known !== undefined) {
      if (known.state.facts.ownerId !== caller.nodeId) return { ok: false, code: "SESSION_EXISTS" };
      if (this.#live === undefined) return { ok: false, code: "SESSION_EXISTS", detail: "it is being closed" };
      return { ok: true, value: { isNew: false, info: sessionInfo(known.state, caller) } };
    }
    if (refusal !== undefined) return refusal;
    const sessionId = this.ctx.id.name!;
    migrate(this.ctx.storage, SESSION_MIGRATIONS, Date.now());
    new SqlSessionStore(this.ctx.storage).create(newFacts(sessionId, caller, request));
    const parts = (this.#parts = this.#open());
    const failure = await parts.members.found(caller, request);
    this.#armAlarm();
    if (failure === undefined) return { ok: true, value: { isNew: true, info: sessionInfo(parts.state, caller) } };
    parts.state.facts.neverBegan = true;
    await this.#dissolve(parts);
    return { ok: false, code: failure };
  }

  async join(caller: Caller, request: JoinRequest): Promise<Answer<Membership>> {
    return (await this.#live?.members.join(caller, request)) ?? UNKNOWN;
  }

  async unjoin(caller: Caller, name: string): Promise<Answer<{ removed: boolean }>> {
    return (await this.#live?.members.unjoin(caller, name)) ?? UNKNOWN;
  }

  async reveal(caller: Caller): Promise<Answer<Membership>> {
    return this.#live?.members.reveal(caller) ?? UNKNOWN;
  }

  async info(caller: Caller): Promise<Answer<SessionInfo>> {
    const parts = this.#live;
    if (parts === undefined) return UNKNOWN;
    if (!mayRead(parts, caller)) return UNAUTHORIZED;
    await parts.watch.check();
    this.#armAlarm();
    return { ok: true, value: sessionInfo(parts.state, caller) };
  }

  async close(caller: Caller): Promise<Answer<{ members: number }>> {
    const parts = this.#live;
    if (parts === undefined) return UNKNOWN;
    if (!caller.app && caller.nodeId !== parts.state.facts.ownerId) return UNAUTHORIZED;
    return { ok: true, value: { members: await this.#dissolve(parts) } };
  }

  /**
   * From the first step on the session is gone for its members; where a step fails, the alarm goes on with it. Answers how
   * many members there were.
   */
  #dissolve(parts: Parts): Promise<number> {
    return (this.#dissolving ??= this.#dissolveOnce(parts).finally(() => (this.#dissolving = undefined)));
  }

  async #dissolveOnce({ state, members }: Parts): Promise<number> {
    const count = state.roster.size;
    state.facts.closedAt ??= Date.now();
    state.saveFacts();
    this.#dissolveAt = Date.now() + LIMITS.sessionRetellMs;
    this.#armAlarm();
    if (!(await members.dissolve())) return count;
    state.end();
    this.#parts = undefined;
    this.#untold = new UntoldMembers();
    this.#dissolveAt = undefined;
    this.#alarm.done();
    await this.ctx.storage.deleteAll();
    return count;
  }

  async history(caller: Caller, query: HistoryQuery): Promise<Answer<HistoryPage>> {
    const parts = this.#live;
    if (parts === undefined) return UNKNOWN;
    if (!mayRead(parts, caller)) return UNAUTHORIZED;
    const page = historyPage(parts.state, caller, query);
    return page === undefined ? { ok: false, code: "NO_HISTORY" } : { ok: true, value: page };
  }

  async readState(caller: Caller): Promise<Answer<StateAnswer>> {
    const parts = this.#live;
    if (parts === undefined) return UNKNOWN;
    if (!mayRead(parts, caller)) return UNAUTHORIZED;
    const { facts, store } = parts.state;
    const kept = store.state;
    return {
      ok: true,
      value: {
        state: kept?.state,
        version: kept?.version ?? 0,
        fencingNumber: facts.fencingNumber,
        writtenAt: kept?.writtenAt ?? null,
      },
    };
  }

  async writeState(caller: Caller, fencingNumber: number, state: string): Promise<Answer<StateAnswer>> {
    const parts = this.#live;
    if (parts === undefined) return UNKNOWN;
    const { facts, roster, store } = parts.state;
    const member = roster.get(caller.nodeId);
    if (member === undefined) return UNAUTHORIZED;
    if (facts.type !== SESSION_TYPE.GAME) {
      return { ok: false, code: "BAD_REQUEST", detail: "only a game (session_type 1) has a state" };
    }
    if (fencingNumber !== facts.fencingNumber) return { ok: false, code: "DEPOSED" };
    if (facts.masterId !== caller.nodeId) return { ok: false, code: "NOT_MASTER" };
    const version = (store.state?.version ?? 0) + 1;
    const writtenAt = Date.now();
    store.putState({ version, fencingNumber, writtenAt, state });
    return { ok: true, value: { state: undefined, version, fencingNumber, writtenAt } };
  }

  async publish(caller: Caller, message: string): Promise<SendOutcome> {
    return (await this.#live?.speech.publish(caller, message)) ?? { status: "refused", code: "SESSION_UNKNOWN" };
  }

  async deliver(batch: LaneBatch): Promise<LaneAnswer> {
    return (await this.#live?.speech.deliver(batch)) ?? { statuses: "SESSION_UNAUTHORIZED" };
  }

  async catchUp(nodeId: string, from: number, goesLive: boolean): Promise<CatchUpPage> {
    const parts = this.#live;
    const member = parts?.state.roster.get(nodeId);
    if (parts === undefined || member === undefined) return { gone: true };
    const page = catchUpPage(parts.state, member, from, goesLive);
    // What it was woken for it has: the next that it lacks wakes it again.
    member.wakeFrom = 0;
    // Away, it fetches into its inbox and confirms nothing; but who asks where there is no more has all there is.
    if (page.from === from && page.messages.length === 0) parts.watch.hasAcked(member, Infinity);
    return page;
  }

  async caughtUp(nodeId: string, from: number): Promise<boolean> {
    const parts = this.#live;
    const member = parts?.state.roster.get(nodeId);
    if (parts === undefined || member === undefined) return true;
    if (!parts.state.fanOut.caughtUp(member, from)) return false;
    parts.watch.hasAcked(member, from - 1);
    return true;
  }

  async presence(nodeId: string, isOnline: boolean): Promise<void> {
    const parts = this.#live;
    const member = parts?.state.roster.get(nodeId);
    if (parts === undefined || member === undefined) return;
    parts.watch.isNow(member, isOnline);
    this.#armAlarm();
  }

  async wakes(nodeId: string, wakes: boolean): Promise<void> {
    const state = this.#live?.state;
    const member = state?.roster.get(nodeId);
    if (member !== undefined) state?.wakes.told(member, wakes);
  }

  #ticked(): void {
    void this.#tellUntold();
    this.#armAlarm();
  }

  async #tellUntold(): Promise<void> {
    const members = this.#live?.members;
    if (members === undefined) return;
    await this.#untold.tell((member) => members.tellAgain(member));
    this.#live?.state.wakes.retry();
    this.#armAlarm();
  }

  #armAlarm(): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    this.#alarm.arm(parts.watch.nextAt, parts.state.log.nextExpiry, this.#untold.retryAt, this.#dissolveAt);
  }

  override async alarm(): Promise<void> {
    this.#alarm.done();
    const parts = this.#parts;
    if (parts === undefined) return;
    if (this.#live === undefined) return void (await this.#dissolve(parts));
    const now = Date.now();
    parts.watch.sweep(now);
    parts.state.fanOut.trim(now);
    this.#untold.retry(now);
    await this.#tellUntold();
    this.#armAlarm();
  }
}

function mayRead({ state }: Parts, caller: Caller): boolean {
  return caller.app || state.roster.get(caller.nodeId) !== undefined;
}

function chosenNames({ members = [] }: CreateRequest): string[] {
  return members.flatMap(({ anonymousId }) => anonymousId ?? []);
}

function newFacts(sessionId: string, caller: Caller, request: CreateRequest): SessionFacts {
  const { type, anyoneCanJoin, notifyLast, presence, historyMessages, historyMinutes } = request;
  const pinnedMasterId = (type === SESSION_TYPE.GAME ? request.pinnedMasterId : undefined) ?? null;
  const own = request.members?.find(({ nodeId }) => nodeId === caller.nodeId);
  const first = request.members === undefined ? caller.nodeId : (request.members[0]?.nodeId ?? null);
  return {
    sessionId,
    ownerId: caller.nodeId,
    ownerHidden: own === undefined ? request.isAnonymous : own.anonymousId !== null,
    type,
    anyoneCanJoin,
    notifyLast,
    presence,
    historyMessages,
    historyMinutes,
    createdAt: Date.now(),
    pinnedMasterId,
    masterId: type === SESSION_TYPE.GAME ? (pinnedMasterId ?? first) : null,
    fencingNumber: type === SESSION_TYPE.GAME ? 1 : 0,
    closedAt: null,
  };
}
