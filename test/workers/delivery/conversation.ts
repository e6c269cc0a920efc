/**
 * A conversation in small steps, each of which ends with what its actor sees. Between any two of them the objects may
 * be taken out of memory. `open` names the messages that their recipient then has on the wire, unacked; `sent` those that
 * may have come so far, or not yet.
 */
import { TYPE } from "../../../src/protocol/message-types.ts";
import type { World } from "./world.ts";

export interface Step {
  name: string;
  run(world: World): Promise<unknown> | void;
  open?: readonly string[];
  sent?: readonly string[];
}

const TTL_MS = 200;

/** The edge's clock, and this one, show a later millisecond than `time`. */
async function clockPast(time: number): Promise<void> {
  while (Date.now() <= time) await scheduler.wait(1);
}

const say = (id: string, dest: string, more: object = {}) => ({ id, dest_id: dest, type: 1, payload: id, ...more });

const got = (role: "A" | "B" | "C" | "D", id: string) => (world: World) =>
  world.the(role).until(() => world.the(role).messages.some((message) => message.id === id), `${role} gets ${id}`);

const told =
  (role: "A" | "B", ...ids: string[]) =>
  (world: World) =>
    world.the(role).settled(...ids);

/** Messages that are acked for the second time have been settled before: count the acks. */
const toldTwice = (id: string) => (world: World) =>
  world.the("A").until(() => world.the("A").acks.filter(([acked]) => acked === id).length === 2, `${id} twice`);

export const CONVERSATION: readonly Step[] = [
  { name: "A connects", run: (w) => w.connect("A", { clientId: w.clientId }) },
  { name: "B connects", run: (w) => w.connect("B", { clientId: w.clientId }) },

  { name: "A sends m1", run: (w) => w.the("A").send(say("m1", w.nodes.B)), sent: ["m1"] },
  { name: "B receives m1", run: got("B", "m1"), open: ["m1"] },
  { name: "B acks m1", run: (w) => w.the("B").ack() },
  { name: "A is told of m1", run: told("A", "m1") },
  { name: "B answers r1", run: (w) => w.the("B").send(say("r1", w.nodes.A)), sent: ["r1"] },
  { name: "A receives r1", run: got("A", "r1"), open: ["r1"] },
  { name: "A acks r1", run: (w) => w.the("A").ack() },
  { name: "B is told of r1", run: told("B", "r1") },

  {
    name: "A sends three in a frame",
    run: (w) => w.the("A").send(...["m2", "m3", "m4"].map((id) => say(id, w.nodes.B))),
  },
  { name: "B receives them", run: got("B", "m4") },
  { name: "B stays silent, A is told stored", run: told("A", "m2", "m3", "m4") },
  { name: "the inbox holds all three", run: (w) => w.readInbox("B") },
  { name: "B acks two of them", run: (w) => w.the("B").ack(w.the("B").messages[2]!.seq) },
  { name: "the inbox holds the third", run: (w) => w.readInbox("B") },
  { name: "A sends m4 again", run: (w) => w.the("A").send(say("m4", w.nodes.B)) },
  { name: "A is told again", run: toldTwice("m4") },
  { name: "B acks late", run: (w) => w.the("B").ack() },
  { name: "the inbox is empty", run: (w) => w.readInbox("B") },

  { name: "B closes", run: (w) => w.the("B").close() },
  { name: "A sends m5", run: (w) => w.the("A").send(say("m5", w.nodes.B)) },
  { name: "A is told of m5", run: told("A", "m5") },
  {
    name: "A sends what replaces, runs out, is volatile",
    run: (w) =>
      w
        .the("A")
        .send(
          say("s1", w.nodes.B, { collapse_key: "score" }),
          say("x1", w.nodes.B),
          say("s2", w.nodes.B, { collapse_key: "score" }),
          say("t1", w.nodes.B, { ttl_ms: TTL_MS }),
          say("v1", w.nodes.B, { volatile: true }),
          say("x2", w.nodes.B),
        ),
  },
  {
    name: "A is told of them",
    run: async (w) => {
      await told("A", "s1", "x1", "s2", "t1", "x2")(w);
      w.ttlStartedBy = Date.now();
    },
  },
  { name: "A sends s3", run: (w) => w.the("A").send(say("s3", w.nodes.B, { collapse_key: "score" })) },
  { name: "A is told of s3", run: told("A", "s3") },
  { name: "A sends m5 again", run: (w) => w.the("A").send(say("m5", w.nodes.B)) },
  { name: "A is told of m5 again", run: toldTwice("m5") },
  { name: "t1 runs out", run: (w) => clockPast(w.ttlStartedBy + TTL_MS) },
  { name: "B resumes", run: (w) => w.connect("B", { clientId: w.clientId, resume: w.the("B").resume }) },
  { name: "B receives what waited", run: got("B", "s3") },
  { name: "A sends m6 behind it", run: (w) => w.the("A").send(say("m6", w.nodes.B)), sent: ["m6"] },
  { name: "B receives m6", run: got("B", "m6"), open: ["m6"] },
  { name: "B acks all", run: (w) => w.the("B").ack() },
  { name: "A is told of m6", run: told("A", "m6") },
  { name: "A sends v2, volatile", run: (w) => w.the("A").send(say("v2", w.nodes.B, { volatile: true })) },
  { name: "B receives v2", run: got("B", "v2") },

  { name: "C connects, classic", run: (w) => w.connect("C", { mode: "classic" }) },
  { name: "C sends to E, who never came", run: (w) => w.the("C").send(say("c1", w.nodes.E)) },
  {
    name: "C is told that E is offline",
    run: (w) => w.the("C").until(() => w.the("C").seen.some(({ type }) => type === TYPE.USER_OFFLINE), "USER_OFFLINE"),
  },
  { name: "C sends c2 to A", run: (w) => w.the("C").send(say("c2", w.nodes.A)) },
  { name: "A receives c2", run: got("A", "c2") },
  { name: "A acks c2", run: (w) => w.the("A").ack() },
  { name: "A sends n1 to C", run: (w) => w.the("A").send(say("n1", w.nodes.C)) },
  { name: "C receives n1", run: got("C", "n1") },
  { name: "A is told of n1", run: told("A", "n1") },
  { name: "C closes", run: (w) => w.the("C").close() },
  { name: "A sends n2 to C", run: (w) => w.the("A").send(say("n2", w.nodes.C)) },
  { name: "A is told of n2", run: told("A", "n2") },
  { name: "time passes", run: () => clockPast(Date.now()) },
  { name: "A sends n3 to C", run: (w) => w.the("A").send(say("n3", w.nodes.C)) },
  { name: "A is told of n3", run: told("A", "n3") },
  { name: "C connects again", run: (w) => w.connect("C", { mode: "classic" }) },
  { name: "C fetches its inbox", run: (w) => w.the("C").config({ fetch_inbox_messages: true }) },
  {
    name: "C fetches by seq",
    run: (w) => {
      const newest = stored(w, 0);
      return w.the("C").config({ fetch_inbox_messages: true, fetch_inbox_messages_from_seq: newest.seq });
    },
  },
  {
    name: "C fetches by time",
    run: (w) => {
      const oldest = stored(w, 1);
      const bounds = {
        fetch_inbox_messages_from_time_stamp: oldest.timestamp,
        fetch_inbox_messages_to_time_stamp: oldest.timestamp,
      };
      return w.the("C").config({ fetch_inbox_messages: true, ...bounds });
    },
  },
  { name: "A sends n4 to C", run: (w) => w.the("A").send(say("n4", w.nodes.C)) },
  { name: "C receives n4", run: got("C", "n4") },
  { name: "A is told of n4", run: told("A", "n4") },
  { name: "C's inbox is acked by HTTP", run: (w) => w.ackInbox("C", stored(w, 0).seq!) },
  { name: "C's inbox is empty", run: (w) => w.readInbox("C") },

  { name: "D connects", run: (w) => w.connect("D", { clientId: w.clientId }) },
  { name: "A sends k1 to its client", run: (w) => w.the("A").send(toClient("k1", w.clientId)), sent: ["k1"] },
  { name: "B receives k1", run: got("B", "k1"), open: ["k1"] },
  { name: "D receives k1", run: got("D", "k1"), open: ["k1"] },
  { name: "B acks k1", run: (w) => w.the("B").ack(), open: ["k1"] },
  { name: "D acks k1", run: (w) => w.the("D").ack() },
  { name: "A is told of k1", run: told("A", "k1") },
  { name: "A sends k2 to its client", run: (w) => w.the("A").send(toClient("k2", w.clientId)) },
  { name: "B receives and acks k2", run: async (w) => (await got("B", "k2")(w), w.the("B").ack()) },
  { name: "D receives k2", run: got("D", "k2") },
  { name: "D breaks off", run: (w) => w.the("D").close(4_999) },
  { name: "A is told of k2", run: told("A", "k2") },
  { name: "D comes back without its memory", run: (w) => w.connect("D", { clientId: w.clientId }) },
  { name: "D receives k2 again", run: got("D", "k2") },
  { name: "D acks k2", run: (w) => w.the("D").ack() },
  { name: "A sends to a client nobody is of", run: (w) => w.the("A").send(toClient("k3", w.nodes.E)) },
  { name: "A is told that there is none", run: told("A", "k3") },

  {
    name: "an app pushes p1 to B, who receives it",
    run: async (w) => {
      await w.push("p1", "B");
      await got("B", "p1")(w);
    },
    open: ["p1"],
  },
  { name: "B acks p1", run: (w) => w.the("B").ack() },
  { name: "the app is answered", run: (w) => w.pushAnswered("p1") },

  { name: "nothing is left for A", run: (w) => w.readInbox("A") },
  { name: "nothing is left for B", run: (w) => w.readInbox("B") },
  { name: "nothing is left for D", run: (w) => w.readInbox("D") },
];

function toClient(id: string, clientId: string) {
  return { id, dest_client_id: clientId, type: 1, payload: id };
}

/** A message of C's first fetch, newest first. */
function stored(world: World, index: number): { seq: number; timestamp: number } {
  return JSON.parse(world.the("C").configs[0]!.messages![index]!) as { seq: number; timestamp: number };
}
