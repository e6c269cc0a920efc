/**
 * Random talk in sessions whose members' objects are live, slow, behind, offline, failing or restarted, and whose own
 * objects crash: whatever its sender was told is safe reaches every member, or is announced as a gap, in session order,
 * none twice for who knows messages by (src_id, id); who is behind is not called; a log that nobody needs is empty. The
 * fan-out, the log, the lanes, the members' NodeSessions and outboxes are the real ones, over real SQL.
 *
 * A failure prints its seed. SEED=n runs that one alone, RUNS=n that many; with TRACE=1 each step is printed.
 */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test, vi } from "vitest";
import type * as Limits from "../../../src/protocol/limits.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { ModelMember } from "./session-member.ts";
import { ModelSession, type Said } from "./session-object.ts";
import { World } from "./session-world.ts";

// Bounds that random traffic reaches.
vi.mock("../../../src/protocol/limits.ts", async (original) => {
  const { LIMITS } = await original<typeof Limits>();
  return {
    LIMITS: {
      ...LIMITS,
      windowMessages: 4,
      maxWaitingMessages: 4,
      laneMessages: 12,
      laneBatchMessages: 3,
      laneEagerInFlight: 2,
      laneInFlight: 3,
      sessionOpenMessages: 40,
      sessionPageMessages: 5,
      sessionPullsInFlight: 2,
      inboxRowMessages: 4,
      maxUnprovenBytes: 3_000,
    },
  };
});

const TRACE = process.env["TRACE"] === "1";

interface Kind {
  name: string;
  sessions: number;
  history: number;
  /** The log keeps at most so many messages. */
  cap: number;
  droppable: boolean;
  /** Objects lose their memory now and then; those of classic members may only sleep. */
  crashes: boolean;
  /** Members whose clients ack nothing. */
  classic?: readonly string[];
}

class Model {
  readonly random: SeededRandom;
  readonly world: World;
  readonly kind: Kind;
  readonly members = new Map<string, ModelMember>();
  readonly sessions = new Map<string, ModelSession>();
  #said = 0;

  constructor(seed: number, kind: Kind) {
    this.random = new SeededRandom(seed);
    this.world = new World(this.random);
    this.kind = kind;
    const trace = (...what: unknown[]) => TRACE && console.log(this.world.now, ...what);
    for (const nodeId of ["ann", "ben", "cid", "dot"]) {
      const find = (id: string) => this.sessions.get(id)!;
      const mode = kind.classic?.includes(nodeId) ? "classic" : "v1";
      this.members.set(nodeId, new ModelMember(nodeId, mode, this.world, find, trace));
    }
    for (let i = 0; i < kind.sessions; i++) {
      const options = {
        limits: { messages: kind.cap, rowMessages: 4 },
        retention: { messages: kind.history, ms: 0 },
      };
      const find = (id: string) => this.members.get(id)!;
      this.sessions.set(`s${i}`, new ModelSession(`s${i}`, this.world, options, find, trace));
    }
  }

  get #member(): ModelMember {
    return this.random.pick([...this.members.values()]);
  }

  get #session(): ModelSession {
    return this.random.pick([...this.sessions.values()]);
  }

  #say(): void {
    const session = this.#session;
    const members = [...session.roster].map(({ nodeId }) => nodeId);
    const src = this.random.pick(["app", ...members]);
    for (let i = this.random.int(1, 4); i > 0; i--) {
      const dice = this.random.next();
      const isDroppable = this.kind.droppable && dice < 0.2;
      this.#sayTo(session, src, {
        expiresAt: isDroppable && dice < 0.1 ? this.world.now + this.random.int(1, 3_000) : 0,
        volatile: dice > 0.97,
        collapse: isDroppable && dice >= 0.1 ? `${src} k` : undefined,
        to: dice > 0.9 && members.length > 0 ? this.random.pick(members) : undefined,
      });
    }
  }

  #sayTo(session: ModelSession, src: string, change: Partial<Said>): void {
    session.say({
      src,
      id: `m${++this.#said}`,
      expiresAt: 0,
      volatile: false,
      collapse: undefined,
      to: undefined,
      ...change,
    });
  }

  async step(): Promise<void> {
    const { random, world } = this;
    const member = this.#member;
    const dice = random.next();
    if (dice < 0.5) {
      for (let i = random.int(1, 6); i > 0; i--) if (!(await world.run())) break;
    } else if (dice < 0.66) {
      this.#say();
    } else if (dice < 0.78) {
      member.read(random.int(1, 3));
      if (random.chance(0.8)) member.ack(random.chance(0.8) ? 0 : random.int(1, 3));
      const sign = random.next();
      if (sign < 0.1) member.heartbeat();
      else if (sign < 0.2) member.speak();
    } else if (dice < 0.84) {
      if (!member.isOnline) member.connect();
    } else if (dice < 0.87) {
      member.close();
    } else if (dice < 0.92) {
      await this.pass(random.int(0, 1_300));
    } else if (dice < 0.94) {
      this.#session.join(member.nodeId);
    } else if (dice < 0.945) {
      this.#session.leave(member.nodeId);
    } else if (dice < 0.96) {
      if (member.mode === "classic") void member.fetch();
      else if (!member.isOnline) void member.sessions.pullIntoInbox();
    } else if (dice < 0.97) {
      world.failing = random.chance(0.5) ? 0 : 0.1;
    } else if (dice < 0.975) {
      if (random.chance(0.5)) world.down.add(member.nodeId);
      else world.down.clear();
    } else if (this.kind.crashes) {
      this.#end(member);
    }
  }

  #end(member: ModelMember): void {
    const dice = this.random.next();
    if (dice < 0.4 && member.mode === "v1") member.crash();
    else if (dice < 0.8) this.#session.crash();
    else member.hibernate();
  }

  async pass(ms: number): Promise<void> {
    await this.world.advance(ms);
    for (const member of this.members.values()) {
      // What its socket took is remembered for 10 s only.
      if (member.mode === "classic") member.read(Infinity);
      member.look();
    }
  }

  /** Nothing fails any more, everyone comes online and reads. */
  async finish(): Promise<void> {
    const { world } = this;
    world.failing = 0;
    world.down.clear();
    await this.#calm();
    if (this.kind.crashes) for (const session of this.sessions.values()) session.crash();
    for (const member of this.members.values()) if (!member.isOnline) member.connect();
    await this.#calm();
    for (const { nodeId, sessions } of this.members.values()) assert.equal(sessions.unread, 0, `${nodeId} is deaf`);
    for (const member of this.members.values()) if (member.mode === "classic") void member.fetch();
    await this.#calm();
    this.assertNothingMissing();
    // It goes to everyone as it comes.
    for (const session of this.sessions.values()) this.#sayTo(session, "app", {});
    await this.#calm();
  }

  assertNothingMissing(): void {
    for (const session of this.sessions.values()) {
      assert.equal([...session.missing()].join(), "", "promised and never received");
    }
  }

  async #calm(): Promise<void> {
    for (let i = 0; i < 2_000; i++) {
      while (await this.world.run());
      for (const member of this.members.values()) {
        member.read(Infinity);
        member.ack(0);
        member.heartbeat();
      }
      const isWaiting = [...this.members.values()].some(
        ({ alarmAt, box }) => alarmAt !== undefined || !box.mayHibernate,
      );
      if (this.world.isQuiet && this.world.nextTimer === undefined && !isWaiting) return;
      await this.pass(this.world.isQuiet ? 5_000 : 10);
    }
    assert.fail("it never becomes quiet");
  }
}

async function run(seed: number, kind: Kind): Promise<void> {
  const model = new Model(seed, kind);
  for (const session of model.sessions.values()) for (const nodeId of ["ann", "ben", "cid"]) session.join(nodeId);
  for (let i = 0; i < 400; i++) await model.step();
  await model.finish();
  model.assertNothingMissing();
  for (const session of model.sessions.values()) {
    assert.deepEqual(session.unsettled, [], "every message has an outcome");
    const behind = [...session.roster].filter(({ behindFrom, live }) => behindFrom !== null || !live);
    assert.equal(behind.map(({ nodeId }) => nodeId).join(), "", "everyone has caught up");
    if (kind.history === 0) assert.equal(session.log.count, 0, "nobody needs the log");
    else assert.ok(session.log.count < kind.history + 4, "history alone is kept");
  }
  for (const { nodeId, mode, sessions, box, doubles } of model.members.values()) {
    assert.equal(sessions.unread, 0, `${nodeId} knows that it lacks nothing`);
    if (mode === "v1") assert.equal(box.inbox.count, 0, `${nodeId} has read its inbox`);
    if (!kind.crashes) assert.equal(doubles, 0, `nothing comes twice to ${nodeId}`);
  }
}

/** A failure names its seed. */
async function assertHolds(seed: number, kind: Kind): Promise<void> {
  try {
    await run(seed, kind);
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
}

const only = process.env["SEED"];
const RUNS = Number(process.env["RUNS"] ?? 20);
const SEEDS = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  // Calls that fail are logged.
  vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test.each<Kind>([
  { name: "one session", sessions: 1, history: 0, cap: 1_000, droppable: false, crashes: true },
  { name: "what may be dropped", sessions: 1, history: 0, cap: 1_000, droppable: true, crashes: true },
  { name: "a small log", sessions: 1, history: 0, cap: 16, droppable: true, crashes: true },
  { name: "history", sessions: 1, history: 10, cap: 1_000, droppable: false, crashes: true },
  { name: "three sessions", sessions: 3, history: 0, cap: 1_000, droppable: false, crashes: true },
  {
    name: "classic members",
    sessions: 2,
    history: 0,
    cap: 1_000,
    droppable: true,
    crashes: true,
    classic: ["cid", "dot"],
  },
  { name: "no crashes", sessions: 2, history: 0, cap: 1_000, droppable: true, crashes: false },
])("nothing promised is lost, doubled or out of order: $name", { timeout: 10_000 + 2_000 * RUNS }, async (kind) => {
  for (const seed of SEEDS) await assertHolds(seed, kind);
});
