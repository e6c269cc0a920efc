/** A session over real SQL, with real lanes to its members, as its object ties them together; and what it owes to whom. */
import assert from "node:assert/strict";
import type { Fate } from "../../../src/domain/fate.ts";
import type { LaneMessage, LaneStatus } from "../../../src/domain/lane.ts";
import { LaneSender } from "../../../src/domain/lane-sender.ts";
import { RecentIds } from "../../../src/domain/recent-ids.ts";
import { Sequence } from "../../../src/domain/sequence.ts";
import { FanOut } from "../../../src/domain/session/fan-out.ts";
import type { Member } from "../../../src/domain/session/member.ts";
import type { Roster } from "../../../src/domain/session/roster.ts";
import type { LogLimits, Retention, SessionLog } from "../../../src/domain/session/session-log.ts";
import { sessionGapTail, sessionTail } from "../../../src/domain/session/session-text.ts";
import type { CatchUpPage } from "../../../src/durable/session-rpc.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import type { ModelMember } from "./session-member.ts";
import type { Life, World } from "./session-world.ts";
import { storedSession } from "./stored-session.ts";

/** A message as its sender holds it, to be sent again until it is told what became of it. */
export interface Said {
  src: string;
  id: string;
  expiresAt: number;
  volatile: boolean;
  collapse: string | undefined;
  to: string | undefined;
}

const LANE_LIMITS = {
  batchMessages: LIMITS.laneBatchMessages,
  batchBytes: LIMITS.laneBatchBytes,
  eagerInFlight: LIMITS.laneEagerInFlight,
  inFlight: LIMITS.laneInFlight,
  messages: LIMITS.laneMessages,
  bytes: LIMITS.laneBytes,
  retryMs: LIMITS.laneRetryMs,
};

export class ModelSession {
  readonly sessionId: string;
  readonly #world: World;
  readonly #stored: ReturnType<typeof storedSession>;
  readonly #keepsAll: boolean;
  #reserved = 0;
  #lives = 0;
  life!: Life;
  roster!: Roster;
  log!: SessionLog;
  fanOut!: FanOut;
  #sequence!: Sequence;
  #lanes = new Map<string, LaneSender>();
  #recent!: RecentIds<Fate>;
  /** Nodes that have not been told that they are members. */
  readonly #joining = new Set<string>();
  #logged = new Map<string, number>();
  readonly #untold = new Set<Member>();
  #isTicking = false;
  /** Members that must not be called. */
  readonly #behind = new Set<Member>();
  /** What nobody was told about yet, oldest first. */
  unsettled: Said[] = [];
  /** By id: under which seqs a message went out, and which members should have it. */
  readonly sent = new Map<string, { said: Said; seqs: number[]; owed: Set<string> }>();
  /** Ids of what its sender was told is safe. */
  readonly safe = new Set<string>();
  readonly #find: (nodeId: string) => ModelMember;
  readonly #trace: (...what: unknown[]) => void;

  constructor(
    sessionId: string,
    world: World,
    { limits, retention }: { limits: Partial<LogLimits>; retention: Retention },
    find: (nodeId: string) => ModelMember,
    trace: (...what: unknown[]) => void,
  ) {
    this.sessionId = sessionId;
    this.#world = world;
    this.#stored = storedSession({ limits, retention });
    this.#keepsAll = retention.messages > 0 || retention.ms > 0;
    this.#find = find;
    this.#trace = trace;
    this.#start();
  }

  #start(): void {
    this.life = this.#world.start(this.sessionId);
    this.#lives++;
    this.#lanes = new Map();
    this.#isTicking = false;
    this.#untold.clear();
    this.#behind.clear();
    this.roster = this.#stored.restartRoster();
    this.log = this.#stored.restartLog();
    this.#sequence = new Sequence(this.#reserved, 64, (upTo) => (this.#reserved = upTo));
    this.fanOut = new FanOut(this.roster, this.log, this.#keepsAll, {
      offer: (member, message, settle) => this.#offer(member, message, settle),
      changed: () => this.#changed(),
      untold: (member) => void this.#untold.add(member),
      isOffline: () => {},
      wake: () => {},
    });
    this.#recent = new RecentIds<Fate>({ idsPerSource: 1_000, sources: 100, ids: 10_000 });
    this.#logged = new Map(this.log.newestSent(1_000).map(({ sent, seq }) => [sent!, seq]));
    for (const member of this.roster) if (!member.told) this.#untold.add(member);
    if (this.#untold.size > 0) this.#world.after(this.life, LIMITS.sessionRetellMs, () => this.#tellUntold());
  }

  crash(): void {
    this.#trace(this.sessionId, "crashes");
    this.#world.end(this.life);
    this.#start();
    const again = this.unsettled;
    this.unsettled = [];
    for (const said of again) this.say(said);
    for (const nodeId of this.#joining) this.join(nodeId);
  }

  #offer(member: Member, message: LaneMessage, settle: (status: LaneStatus) => void): boolean {
    assert.ok(!this.#behind.has(member), `${member.nodeId} is behind and called with ${message.sessionSeq}`);
    const { nodeId } = member;
    let lane = this.#lanes.get(nodeId);
    if (lane === undefined) {
      const { life, sessionId } = this;
      const node = this.#find(nodeId);
      lane = new LaneSender(
        `${this.#lives} ${sessionId}>${nodeId}`,
        sessionId,
        {
          deliver: (batch) =>
            this.#world.call(
              life,
              `${this.#lives} ${sessionId}>${nodeId}`,
              () => node.life,
              () => {
                if (!life.alive)
                  for (const message of batch.messages) node.fromTheDead.add(`${sessionId} ${message.sessionSeq}`);
                return node.deliver(sessionId, { ...batch, session: sessionId });
              },
            ),
          now: () => this.#world.now,
          random: this.#world.random.next,
          after: (delayMs, callback) => this.#world.after(life, delayMs, callback),
        },
        LANE_LIMITS,
      );
      this.#lanes.set(nodeId, lane);
    }
    const taken = lane.offer(message, (status) => {
      this.#trace("  ", this.sessionId, "hears of", message.sessionSeq, nodeId, status);
      const isBad = !["delivered", "stored", "dropped", "EXPIRED"].includes(status);
      settle(status);
      if (isBad && !message.volatile && !member.live) this.#behind.add(member);
    });
    if (!taken && !message.volatile) this.#behind.add(member);
    return taken;
  }

  #changed(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#world.soon(this.life, () => this.#tick());
  }

  #tick(): void {
    this.#isTicking = false;
    for (const lane of this.#lanes.values()) lane.flushAll();
    this.fanOut.flush(this.#world.now);
    if (this.#untold.size > 0) this.#tellUntold();
  }

  #tellUntold(): void {
    const { life, sessionId } = this;
    for (const member of this.#untold) {
      this.#untold.delete(member);
      if (this.roster.get(member.nodeId) !== member || member.told || member.behindFrom === null) continue;
      const node = this.#find(member.nodeId);
      const from = member.behindFrom;
      this.#world
        .call(
          life,
          `untold ${member.nodeId}`,
          () => node.life,
          () => node.sessions.join(sessionId, { watched: false, lacksFrom: from, from }),
        )
        .then(
          () => {
            // Meanwhile it may have been found to lack more.
            if ((member.behindFrom ?? from) >= from) this.fanOut.isTold(member);
            else this.fanOut.mustBeTold(member);
          },
          () => this.#world.after(life, LIMITS.sessionRetellMs, () => (this.#untold.add(member), this.#changed())),
        );
    }
  }

  /** As SessionSpeech, for members and for app nodes. */
  say(said: Said): void {
    if (this.fanOut.isFull) return;
    const { src, id, volatile, to } = said;
    const known = volatile ? undefined : this.#recent.get(src, id);
    this.#trace(src, "says", id, "to", this.sessionId, to ?? "", volatile ? "volatile" : "", known?.status ?? "");
    if (!volatile) this.unsettled.push(said);
    const fate = known ?? this.#post(said);
    if (!volatile) this.#recent.set(src, id, fate);
    fate.onSettled((status) => {
      this.#trace("  ", this.sessionId, "tells", src, id, status);
      this.unsettled = this.unsettled.filter((other) => other !== said);
      if (!volatile && (status === "delivered" || status === "stored")) this.safe.add(id);
    });
  }

  #post(said: Said): Fate {
    const { src, id, expiresAt, volatile, collapse, to } = said;
    const seq = this.#sequence.next();
    this.#trace("  ", this.sessionId, "gives it", seq);
    const record = this.sent.get(id) ?? { said, seqs: [], owed: new Set() };
    this.sent.set(id, record);
    record.seqs.push(seq);
    for (const member of this.roster) {
      if (member.nodeId !== src && (to === undefined || to === member.nodeId)) record.owed.add(member.nodeId);
    }
    // Volatile ones may come late beside what a member catches up with.
    const droppable = expiresAt !== 0 || collapse !== undefined || volatile;
    const text = JSON.stringify({ dest_session_id: this.sessionId, id, droppable }).slice(1);
    return this.fanOut.post(
      {
        seq,
        id: `${src}\n${id}`,
        tail: sessionTail({ srcId: src, srcClientId: undefined }, this.#world.now, seq, text),
        expiresAt,
        collapse,
        to,
        except: src,
        sent: id,
      },
      { volatile, loggedAt: this.#logged.get(id) },
    );
  }

  /** As SessionMembers; asked for again after a crash. */
  join(nodeId: string): void {
    const { roster } = this;
    const known = roster.get(nodeId);
    if (known !== undefined) return this.#enrol(known, undefined);
    const historyFrom = Math.min(this.log.historyFrom(this.#world.now), this.#sequence.last + 1);
    const member = roster.add({ nodeId, anonymousId: null, behindFrom: historyFrom }, this.#world.now);
    if (typeof member === "string") throw new Error(member);
    this.#trace(nodeId, "joins", this.sessionId, historyFrom);
    this.#find(nodeId).joinedAt.set(this.sessionId, historyFrom);
    this.#enrol(member, historyFrom <= this.#sequence.last ? historyFrom : undefined);
  }

  #enrol(member: Member, lacksFrom: number | undefined): void {
    const { life, sessionId, roster, fanOut } = this;
    const isNew = !member.live && member.behindFrom !== null && member.told;
    const from = member.behindFrom ?? this.#sequence.last + 1;
    const node = this.#find(member.nodeId);
    this.#joining.add(member.nodeId);
    this.#world
      .call(
        life,
        `join ${member.nodeId}`,
        () => node.life,
        () => node.sessions.join(sessionId, { watched: false, lacksFrom, from }),
      )
      .then(
        (answer) => {
          this.#joining.delete(member.nodeId);
          if (roster.get(member.nodeId) !== member) return;
          assert.ok(answer.ok);
          if (!isNew || answer.isBehind) return;
          if (this.#sequence.last < from) fanOut.startsLive(member);
          else fanOut.mustBeTold(member);
        },
        () => this.leave(member.nodeId),
      );
  }

  leave(nodeId: string): void {
    const member = this.roster.get(nodeId);
    if (member === undefined) return;
    this.#joining.delete(nodeId);
    this.#trace(nodeId, "leaves", this.sessionId);
    this.roster.remove(member);
    for (const { owed } of this.sent.values()) owed.delete(nodeId);
    this.fanOut.memberLeft();
    this.#find(nodeId).sessions.leave(this.sessionId);
  }

  /** As SessionObject.catchUp. */
  catchUp(nodeId: string, from: number, goesLive: boolean): Promise<CatchUpPage> {
    const member = this.roster.get(nodeId);
    if (member === undefined) return Promise.resolve({ gone: true });
    this.#untold.delete(member);
    const { from: start, items, next, live } = this.fanOut.catchUp(member, from, goesLive, this.#world.now);
    if (live) this.#behind.delete(member);
    else this.#behind.add(member);
    this.#trace("  ", nodeId, "asks from", from, start, "gets", items.length, "next", next, live ? "live" : "");
    const messages = items.map((item): LaneMessage => {
      if (!("gapTo" in item)) {
        return { id: item.id, tail: item.tail, expiresAt: item.expiresAt, volatile: false, sessionSeq: item.seq };
      }
      const { gapFrom, gapTo, reason } = item;
      const tail = sessionGapTail(this.sessionId, { from: gapFrom, to: gapTo, reason }, this.#world.now);
      return { id: `\ngap\n${gapFrom}\n${gapTo}`, tail, expiresAt: 0, volatile: false, sessionSeq: gapTo };
    });
    return Promise.resolve({ gone: false, from: start, messages, next, live });
  }

  caughtUp(nodeId: string, from: number): Promise<boolean> {
    const member = this.roster.get(nodeId);
    return Promise.resolve(member === undefined || this.fanOut.caughtUp(member, from));
  }

  /** Everything that was promised, and whom it has not reached. */
  *missing(): Generator<string> {
    for (const id of this.safe) {
      const { said, seqs, owed } = this.sent.get(id)!;
      for (const member of this.roster) {
        if (!owed.has(member.nodeId)) continue;
        const node = this.#find(member.nodeId);
        if (node.seen.get(this.sessionId)?.has(`${said.src} ${id}`)) continue;
        // What runs out where it waits for a connection is dropped there.
        if (said.expiresAt !== 0) continue;
        const gaps = node.gaps.get(this.sessionId) ?? [];
        if (gaps.some(({ from, to }) => seqs.some((seq) => from <= seq && seq <= to))) continue;
        yield `${id} (${seqs.join(", ")}) for ${member.nodeId}`;
      }
    }
  }
}
