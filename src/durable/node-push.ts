/**
 * Wakes a node that is away: notices what it has not acked, and when it is time hands a push to the queue (DESIGN §4). When
 * is domain/push/schedule.ts, what it says domain/push/wording.ts, the push under way push-jobs.ts; calling the services is
 * the business of the queue's consumer, since an object that waits for them could not hibernate.
 */
import { firstUnacked } from "../domain/push/first-unacked.ts";
import type { Inbox } from "../domain/inbox.ts";
import type { Outbox } from "../domain/outbox.ts";
import { type PublicTarget, publicTarget } from "../domain/push/public-target.ts";
import type { SessionWake } from "../domain/push/session-wake.ts";
import { NOTHING_PUSHED, PushSchedule } from "../domain/push/schedule.ts";
import { type PushKind, type PushTarget, targetName } from "../domain/push/target.ts";
import type { PushTask, PushToSend, TargetOutcome } from "../domain/push/task.ts";
import { pushFor, type Waiting, waitingMessage } from "../domain/push/wording.ts";
import type { StoredMessage } from "../domain/inbox-row.ts";
import type { Sequence } from "../domain/sequence.ts";
import type { PushConfig } from "../push/push-config.ts";
import { PushJobs, type PushJobsPort } from "./push-jobs.ts";
import { PushTargets } from "./push-targets.ts";
import type { NodeStore } from "./sql/node-store.ts";
import type { PushJob, PushStore, SessionWaiting, StoredTarget } from "./sql/push-store.ts";

export interface NodePushPort extends PushJobsPort {
  readonly store: Pick<NodeStore, "record" | "update">;
  readonly sequence: Pick<Sequence, "last">;
  readonly inbox: Pick<Inbox, "next">;
  readonly outbox: Pick<Outbox, "isOpen" | "online" | "takeUnackedSince">;
  /** Calls `endOfTick` and sets the alarm, at once: with what was just stored. */
  keep(): void;
  /** Is this session_seq, or something before it, still missing here? */
  lacks(sessionId: string, seq: number): boolean;
  /** A UUID. */
  newId(): string;
}

/** Test pushes of one node come no more often, ms. */
const TEST_EVERY_MS = 5_000;

export class NodePush {
  readonly #store: PushStore;
  readonly #config: PushConfig;
  readonly #port: NodePushPort;
  readonly #targets: PushTargets;
  readonly #schedule: PushSchedule;
  readonly #jobs: PushJobs;
  readonly #sessions: Map<string, SessionWaiting>;
  #connectedAt = 0;
  #testedAt = -Infinity;

  constructor(store: PushStore, config: PushConfig, port: NodePushPort, now: number) {
    this.#store = store;
    this.#config = config;
    this.#port = port;
    this.#targets = new PushTargets(store, config, () => port.newId().slice(0, 8));
    this.#sessions = store.sessions();
    this.#jobs = new PushJobs(store, port);
    const memory = store.memory() ?? NOTHING_PUSHED;
    this.#schedule = new PushSchedule(memory, config, port.outbox.online, now, (changed) => {
      if (this.wants) store.saveMemory(changed);
    });
  }

  /** Is there anything to be called for this node? */
  get wants(): boolean {
    return this.#targets.toCall.length > 0;
  }

  get targets(): readonly StoredTarget[] {
    return this.#targets.all;
  }

  /** As they may be told. */
  get listed(): PublicTarget[] {
    return this.#targets.all.map(({ id, target }) => publicTarget(target, id));
  }

  /** undefined where the node has as many as it may have. */
  add(target: PushTarget, now: number): StoredTarget | undefined {
    const added = this.#targets.add(target, now);
    this.#port.changed();
    return added;
  }

  /** The original's way: a node has one registration token, and a new one takes its place. undefined as for `add`. */
  setGcmKey(token: string, now: number): StoredTarget | undefined {
    const { store } = this.#port;
    const { gcmKey } = store.record;
    if (gcmKey !== null && gcmKey !== token) this.#targets.remove("fcm", { name: gcmKey });
    const added = this.add({ kind: "fcm", token }, now);
    store.update({ gcmKey: added === undefined ? null : token });
    return added;
  }

  remove(kind: PushKind, which?: { name?: string; id?: string }): number {
    const removed = this.#targets.remove(kind, which);
    this.#targetsWent();
    return removed;
  }

  /** Whoever had the node's keys may have registered them. */
  removeAll(): void {
    this.#targets.removeAll();
    this.#targetsWent();
  }

  #targetsWent(): void {
    const { store } = this.#port;
    const { gcmKey } = store.record;
    const isThere = this.#targets.all.some(({ target }) => target.kind === "fcm" && targetName(target) === gcmKey);
    if (gcmKey !== null && !isThere) store.update({ gcmKey: null });
    this.#port.changed();
  }

  /** The node has a connection more. */
  connected(now: number): void {
    this.#connectedAt = now;
    this.#schedule.connected();
  }

  /** A connection closed; `isClean`: the node meant to close it. */
  disconnected(isClean: boolean, now: number): void {
    if (!this.#port.outbox.online) this.#schedule.disconnected(isClean, now);
  }

  /** A message of a session did not reach the node, which `wants` pushes. Answers when another could lead to a push, at the earliest, ms. */
  missed(sessionId: string, { seq, ...wake }: SessionWake, now: number): number {
    const waiting: Waiting = { ...wake, sessionId, sessionSeq: seq };
    // The alarm must find the node's name: an object that was never called but by sessions has not written it.
    this.#port.store.update({});
    const noted = this.#sessions.get(sessionId);
    // One that the node has fetched since must not stand for what it lacks now.
    const isOpen = noted !== undefined && !noted.pushed && this.#port.lacks(sessionId, noted.waiting.sessionSeq ?? 0);
    if (!isOpen) this.#noteSession(sessionId, { waiting, pushed: false });
    this.#schedule.waits(waiting.at, undefined);
    const nextAt = this.#schedule.nextAt(now);
    this.#port.keep();
    return nextAt;
  }

  /** When there has to be another tick, even if nothing happens, ms. */
  alarmAt(now: number): number | undefined {
    if (!this.wants) return undefined;
    const { dueAt } = this.#schedule;
    const jobAt = this.#jobs.alarmAt(now);
    if (dueAt === null) return jobAt;
    return jobAt === undefined ? dueAt : Math.min(dueAt, jobAt);
  }

  /** Looks at what came, and pushes if it is time; call it at the end of a tick. */
  endOfTick(now: number): void {
    const since = this.#port.outbox.takeUnackedSince();
    if (!this.wants) return this.#jobs.end();
    if (since !== undefined && this.#schedule.dueAt === null) {
      const first = this.#port.outbox.online ? this.#first(this.#schedule.pushedTo + 1, now)?.seq : undefined;
      this.#schedule.waits(since, first);
    }
    if (this.#schedule.dueAt !== null && this.#schedule.dueAt <= now) this.#push(now);
    this.#jobs.handOver(now);
  }

  #push(now: number): void {
    const first = this.#first(this.#schedule.pushedTo + 1, now);
    const other = this.#waitingSession(false);
    if (!this.#schedule.decide(now, first?.seq, other !== undefined)) return;
    const waiting = first === undefined ? other! : waitingMessage(first.tail, first.push, now);
    this.#jobs.begin({ id: this.#port.newId(), waiting, fromSeq: this.#fromSeq(now) });
    for (const [sessionId, noted] of this.#sessions) {
      if (!noted.pushed) this.#noteSession(sessionId, { ...noted, pushed: true });
    }
    this.#schedule.pushed(now, this.#port.sequence.last);
  }

  /** The oldest unacked message that calls for a push. */
  #first(from: number, now: number): StoredMessage | undefined {
    return this.#oldest(from, ({ push }) => !push?.off, now);
  }

  #fromSeq(now: number): number {
    return this.#oldest(1, () => true, now)?.seq ?? this.#port.sequence.last + 1;
  }

  #oldest(from: number, matches: (message: StoredMessage) => boolean, now: number): StoredMessage | undefined {
    const { inbox, outbox, store } = this.#port;
    // A node that cannot ack has what it fetched.
    const unread = store.record.readSeq + 1;
    const isUnacked = (message: StoredMessage) => outbox.isOpen(message.seq) && matches(message);
    return firstUnacked(inbox, Math.max(from, unread), isUnacked, now);
  }

  /** The first that waits in a session that the node still lacks, among those that a push stood for or not; forgets the rest. */
  #waitingSession(pushed: boolean): Waiting | undefined {
    let found: Waiting | undefined;
    for (const [sessionId, noted] of this.#sessions) {
      if (!this.#port.lacks(sessionId, noted.waiting.sessionSeq ?? 0)) {
        this.#sessions.delete(sessionId);
        this.#store.dropSession(sessionId);
      } else if (noted.pushed === pushed) found ??= noted.waiting;
    }
    return found;
  }

  #noteSession(sessionId: string, noted: SessionWaiting): void {
    this.#sessions.set(sessionId, noted);
    this.#store.saveSession(sessionId, noted);
  }

  /** The queue's consumer asks what to do about a job. What the node has acked meanwhile is not pushed any more. */
  task(jobId: string, now: number): PushTask {
    const job = this.#jobs.take(jobId, now);
    if (job === undefined) return { state: "over" };
    if (job === "busy") return { state: "later", afterMs: this.#config.delayMs };
    const targets = this.#targets.toCall.filter(({ id }) => !job.done.includes(id));
    if (targets.length === 0 || !this.#stillWaits(job, now)) {
      this.#jobs.end();
      return { state: "over" };
    }
    const backFor = now - this.#connectedAt;
    if (this.#port.outbox.online && backFor < this.#config.delayMs) {
      // It has just come back, and may be about to fetch what waits.
      this.#jobs.release();
      return { state: "later", afterMs: this.#config.delayMs - backFor };
    }
    const about = { id: job.id, nodeId: this.#port.store.record.nodeId, fromSeq: this.#fromSeq(now) };
    return { state: "send", push: pushFor(job.waiting, about), targets };
  }

  /** Is there anything left of what the push stands for? What came after it in the same session does not hide that. */
  #stillWaits({ waiting: { sessionId, sessionSeq = 0 }, fromSeq }: PushJob, now: number): boolean {
    if (this.#first(fromSeq, now) !== undefined || this.#waitingSession(true) !== undefined) return true;
    return sessionId !== undefined && this.#port.lacks(sessionId, sessionSeq);
  }

  /**
   * Tells what became of calls: dead targets go, those that a job is done with are not called again. `jobId` is undefined
   * for a test.
   */
  settle(jobId: string | undefined, outcomes: readonly TargetOutcome[]): void {
    for (const { id, result } of outcomes) if (result === "dead") this.#targets.removeDead(id);
    if (jobId !== undefined)
      this.#jobs.settle(jobId, outcomes, (id) => this.#targets.toCall.some((own) => own.id === id));
    this.#targetsWent();
  }

  /** A push that says that it is a test, for all targets; undefined where the last one was a moment ago. */
  test(now: number): PushToSend | undefined {
    if (now - this.#testedAt < TEST_EVERY_MS) return undefined;
    this.#testedAt = now;
    const about = { id: this.#port.newId(), nodeId: this.#port.store.record.nodeId, fromSeq: this.#fromSeq(now) };
    const push = pushFor({ wish: { title: "Test", body: "Pushes reach this target." }, at: now }, about);
    return { state: "send", push, targets: this.#targets.toCall };
  }
}
