/**
 * A session's conversation in small steps, each of which ends with what its actor sees. Between any two of them every
 * object may be taken out of memory.
 */
import type { SessionWorld } from "./world.ts";

export interface Step {
  name: string;
  run(world: SessionWorld): Promise<unknown> | void;
  /** The message that is said. */
  says?: string;
  /** The messages whose fate is known from now on. */
  tells?: readonly string[];
}

type Role = "A" | "B" | "C" | "D";

const say = (role: Role, id: string, more: (w: SessionWorld) => object = () => ({})) => ({
  name: `${role} says ${id}`,
  run: (w: SessionWorld) => w.say(role, id, more(w)),
  says: id,
});

const got = (role: Role, id: string) => ({
  name: `${role} gets ${id}`,
  run: (w: SessionWorld) => w.got(role, id),
});

const acks = (role: Role) => ({ name: `${role} acks`, run: (w: SessionWorld) => w.the(role).ack() });

const told = (role: Role, ...ids: string[]) => ({
  name: `${role} is told of ${ids.join(", ")}`,
  run: (w: SessionWorld) => w.the(role).settled(...ids),
  tells: ids,
});

/** Notices have no id: the newest one's type and subject stand for it. */
const noticed = (role: Role, type: number, subject: string) => ({
  name: `${role} sees ${type} of ${subject}`,
  run: (w: SessionWorld) => w.noticed(role, type, subject),
});

const connects = (role: Role, mode: "v1" | "classic" = "v1") => ({
  name: `${role} connects, ${mode}`,
  run: (w: SessionWorld) => w.connect(role, { mode }),
});

const leaves = (role: Role, code?: number) => ({
  name: `${role} ${code === undefined ? "closes" : "breaks off"}`,
  run: (w: SessionWorld) => w.the(role).close(code),
});

const asks = (role: Role, id: string, type: 100 | 103 | 104, payload?: object) => ({
  name: `${role} asks ${type}`,
  run: (w: SessionWorld) => w.the(role).send({ id, type, dest_session_id: w.sessionId, payload }),
});

export const CONVERSATION: readonly Step[] = [
  { name: "A creates it", run: (w) => w.create() },
  connects("A"),
  connects("B"),
  asks("B", "join", 100),
  told("B", "join"),
  noticed("A", 100, "B"),
  acks("A"),
  { name: "A takes C in, who is away", run: (w) => w.take("C") },
  noticed("A", 100, "C"),
  acks("A"),
  noticed("B", 100, "C"),
  acks("B"),

  // C is behind from the start, so everything is logged.
  say("A", "a1"),
  got("B", "a1"),
  acks("B"),
  told("A", "a1"),
  say("B", "b1"),
  got("A", "b1"),
  acks("A"),
  told("B", "b1"),
  { name: "C reads its inbox by HTTP", run: (w) => w.readInbox("C") },
  connects("C", "classic"),
  { name: "C fetches what it missed", run: (w) => w.fetch("C") },
  say("A", "a2"),
  got("C", "a2"),
  got("B", "a2"),
  acks("B"),
  told("A", "a2"),

  // D comes under another name.
  connects("D"),
  { name: "D joins as mask", run: (w) => w.join("D", { anonymous_id: "mask" }) },
  noticed("A", 100, "mask"),
  acks("A"),
  noticed("B", 100, "mask"),
  acks("B"),
  noticed("C", 100, "mask"),
  say("D", "d1"),
  got("A", "d1"),
  acks("A"),
  got("B", "d1"),
  acks("B"),
  got("C", "d1"),
  told("D", "d1"),
  say("A", "p1", () => ({ dest_id: "mask" })),
  got("D", "p1"),
  acks("D"),
  told("A", "p1"),
  say("D", "p2", (w) => ({ dest_id: w.nodes.A })),
  got("A", "p2"),
  acks("A"),
  told("D", "p2"),
  { name: "the info, as B sees it", run: (w) => w.info("B") },
  { name: "the info, as D sees it", run: (w) => w.info("D") },

  // B goes for a while; D, too, without a word.
  leaves("B"),
  say("A", "a3"),
  got("D", "a3"),
  acks("D"),
  got("C", "a3"),
  told("A", "a3"),
  leaves("D", 4_999),
  say("A", "a4"),
  got("C", "a4"),
  told("A", "a4"),
  say("A", "p3", () => ({ dest_id: "mask" })),
  told("A", "p3"),
  { name: "B resumes", run: (w) => w.resume("B") },
  got("B", "a4"),
  say("A", "a5"),
  got("B", "a5"),
  acks("B"),
  told("A", "a5"),
  { name: "D resumes", run: (w) => w.resume("D") },
  got("D", "a5"),
  acks("D"),

  // Nobody lacks anything now.
  say("B", "b2"),
  got("A", "b2"),
  acks("A"),
  got("D", "b2"),
  acks("D"),
  got("C", "b2"),
  told("B", "b2"),

  asks("D", "reveal", 104),
  told("D", "reveal"),
  noticed("A", 104, "mask"),
  acks("A"),
  noticed("B", 104, "mask"),
  acks("B"),
  noticed("C", 104, "mask"),
  say("D", "d2"),
  got("B", "d2"),
  acks("B"),
  got("A", "d2"),
  acks("A"),
  told("D", "d2"),

  asks("B", "leave", 103),
  told("B", "leave"),
  noticed("A", 103, "B"),
  acks("A"),
  noticed("D", 103, "B"),
  acks("D"),
  say("B", "b3"),
  { name: "B is refused", run: (w) => w.refused("B", "b3") },
  { name: "A removes D", run: (w) => w.remove("D") },
  noticed("D", 103, "D"),
  acks("D"),
  noticed("A", 103, "D"),
  acks("A"),
  { name: "the info, as C sees it", run: (w) => w.info("C") },
  { name: "A closes the session", run: (w) => w.close() },
  noticed("A", 103, "A"),
  acks("A"),
  noticed("C", 103, "C"),
  { name: "nothing is left for A", run: (w) => w.readInbox("A") },
  { name: "nothing is left for D", run: (w) => w.readInbox("D") },
];
