/** What a node's outbox does with messages of a session: to the wire, into the inbox, or not now. */
import { expect, test } from "vitest";
import type { LaneMessage } from "../../../src/domain/lane.ts";
import { stampPrefix } from "../../../src/domain/stamp.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

const FULL = LIMITS.windowMessages + LIMITS.maxWaitingMessages;

function message(seq: number, change: Partial<LaneMessage> = {}): LaneMessage {
  const tail = `${stampPrefix({ srcId: "x", srcClientId: undefined })}5,"session_seq":${seq},"dest_session_id":"s","id":"m${seq}"}`;
  return { id: `x\nm${seq}`, tail, expiresAt: 0, volatile: false, sessionSeq: seq, ...change };
}

function setup() {
  const node = new OutboxNode();
  const link = new FakeLink("L");
  /** Messages with these session_seqs, in a tick of their own. */
  const come = (seqs: readonly number[], change: Partial<LaneMessage> = {}, sessionId = "s") => {
    const fates = node.outbox.acceptFromSession(
      sessionId,
      seqs.map((seq) => message(seq, change)),
      node.now,
    );
    node.tick();
    return fates;
  };
  const statuses = (seqs: readonly number[], change?: Partial<LaneMessage>) =>
    come(seqs, change).map(({ status }) => status);
  const keep = (...seqs: number[]) =>
    node.outbox.keepFromSession(
      "s",
      seqs.map((seq) => message(seq)),
      node.now,
    );
  return { node, link, come, statuses, keep };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test("without a connection nothing is stored; volatile ones are dropped", () => {
  const { node, statuses } = setup();
  expect(statuses([1, 2])).toEqual(["offline", "offline"]);
  expect(statuses([3], { volatile: true })).toEqual(["dropped"]);
  expect(node.inbox.count).toBe(0);
});

test("with one they go out with a seq of the node's own, and are delivered when they are acked", () => {
  const { node, link, come } = setup();
  node.connect(link);
  const fates = come([7, 8]);
  expect(link.story()).toEqual(["1 m7", "2 m8"]);
  expect(fates.map(({ status }) => status)).toEqual([undefined, undefined]);
  node.ack(link, 1);
  expect(fates.map(({ status }) => status)).toEqual(["delivered", undefined]);
});

test("what does not fit is not stored, and nor is what follows it", () => {
  const { node, link, come } = setup();
  node.connect(link);
  const fates = come(upTo(FULL + 2));
  expect(fates.slice(-3).map(({ status }) => status)).toEqual([undefined, "behind", "behind"]);
  expect(node.inbox.count).toBe(0);
});

test("what ran out is neither, and does not keep others back", () => {
  const { node, link, statuses } = setup();
  node.connect(link);
  expect(statuses([1], { expiresAt: node.now })).toEqual(["EXPIRED"]);
  expect(statuses([2])).toEqual([undefined]);
});

test("while the inbox is ahead they are not taken", () => {
  const { node, link, statuses } = setup();
  node.offer("a", upTo(LIMITS.windowMessages + 1).map(String));
  node.connect(link);
  node.tick();
  expect(statuses([1])).toEqual(["behind"]);
  expect(statuses([2], { volatile: true })).toEqual(["dropped"]);
  expect(node.outbox.hasRoom(0)).toBe(false);
  node.ack(link, LIMITS.windowMessages);
  node.ack(link, LIMITS.windowMessages + 1);
  expect([statuses([1]), node.outbox.hasRoom(0)]).toEqual([[undefined], true]);
});

test("what is on the wire when its grace runs out is stored, what only waits is left to the session", () => {
  const { node, link, come } = setup();
  node.connect(link);
  const fates = come(upTo(LIMITS.windowMessages + 2));
  node.advance(LIMITS.ackGraceMs);
  expect(fates.map(({ status }) => status)).toEqual([
    ...upTo(LIMITS.windowMessages).map(() => "stored"),
    "behind",
    "behind",
  ]);
  expect(node.inbox.count).toBe(LIMITS.windowMessages);
});

test("what is on the wire when the last connection closes is stored, what only waits is not", () => {
  const { node, link, come } = setup();
  node.connect(link);
  const fates = come(upTo(LIMITS.windowMessages + 1));
  node.disconnect(link);
  // "offline" would say that the session has to keep it.
  expect(new Set(fates.slice(0, -1).map(({ status }) => status))).toEqual(new Set(["stored"]));
  expect([fates.at(-1)!.status, node.inbox.count]).toEqual(["offline", LIMITS.windowMessages]);
});

test("a message that comes twice is taken once, and answered as the first time", () => {
  const { node, link, come, statuses } = setup();
  node.connect(link);
  const [first] = come([1]);
  const [second] = come([1]);
  expect(second).toBe(first);
  node.ack(link, 1);
  expect(statuses([1])).toEqual(["delivered"]);
  expect(link.story()).toEqual(["1 m1"]);
});

test("what was not taken is a new attempt when it comes again", () => {
  const { node, link, statuses } = setup();
  expect(statuses([1])).toEqual(["offline"]);
  node.connect(link);
  expect(statuses([1])).toEqual([undefined]);
  expect(link.story()).toEqual(["1 m1"]);
});

test("two sessions and a node may use the same ids", () => {
  const { node, link, come } = setup();
  node.connect(link);
  come([1]);
  come([1], {}, "other");
  node.offer("x", ["m1"]);
  expect(link.story()).toEqual(["1 m1", "2 m1", "3 m1"]);
});

test("kept messages go into the inbox in order, past any connection, once", () => {
  const { node, keep } = setup();
  expect([keep(1, 2), keep(2, 3)]).toEqual([true, true]);
  expect(node.inbox.count).toBe(3);
  const link = new FakeLink("L");
  node.connect(link);
  node.tick();
  expect(link.story().map((line) => line.split(" ")[1])).toEqual(["m1", "m2", "m3"]);
});

test("after a restart the inbox says what was kept", () => {
  const { node, keep } = setup();
  keep(1, 2);
  node.crash();
  expect(keep(2, 3)).toBe(true);
  expect(node.inbox.count).toBe(3);
  const link = new FakeLink("L");
  node.connect(link);
  const [known] = node.outbox.acceptFromSession("s", [message(3)], node.now);
  expect(known!.status).toBe("stored");
});

test("where the inbox has no room for all of them none is kept", () => {
  const { node, keep } = setup();
  const ids = upTo(LIMITS.inboxMessages - 1).map(String);
  node.offer("a", ids);
  expect([keep(1, 2), node.inbox.count]).toEqual([false, LIMITS.inboxMessages - 1]);
  expect([keep(1), node.inbox.count]).toEqual([true, LIMITS.inboxMessages]);
});
