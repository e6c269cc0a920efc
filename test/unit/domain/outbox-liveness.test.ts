/** One connection whose client says nothing any more keeps nothing from the others, and does not fill the memory. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

const GRACE = LIMITS.ackGraceMs;

function deafAndLive() {
  const node = new OutboxNode();
  const [deaf, live] = [new FakeLink("deaf"), new FakeLink("live")] as const;
  node.connect(deaf);
  node.connect(live);
  return { node, deaf, live };
}

/** Reads what has come and acks it, as a client does. */
function readAll(node: OutboxNode, link: FakeLink): (string | undefined)[] {
  const ids: (string | undefined)[] = [];
  for (let messages = link.read(); messages.length > 0; messages = link.read()) {
    ids.push(...messages.map(({ id }) => id));
    node.ack(link, Math.max(...messages.map(({ seq }) => seq!)));
  }
  return ids;
}

test("what a silent connection holds goes to a live one after the grace, in order", () => {
  const { node, deaf, live } = deafAndLive();
  const fates = node.offer("a", ["a1", "a2"]);
  expect(deaf.story()).toEqual(["1 a1", "2 a2"]);
  node.advance(GRACE);
  node.tick();
  expect(fates.map(({ status }) => status)).toEqual(["stored", "stored"]);
  expect(readAll(node, live)).toEqual(["a1", "a2"]);
  expect(node.inbox.count).toBe(0);
});

test("more than a window for a silent connection does not stop the others", () => {
  const { node, live } = deafAndLive();
  const ids = Array.from({ length: 350 }, (_, i) => `a${i}`);
  for (let i = 0; i < ids.length; i += 50) node.offer("a", ids.slice(i, i + 50));
  node.offer("b", ["b1"]);
  const seen = readAll(node, live);
  node.advance(GRACE);
  node.tick();
  seen.push(...readAll(node, live));
  expect(seen.filter((id) => id !== "b1")).toEqual(ids);
  expect(seen).toContain("b1");
  expect(node.inbox.count).toBe(0);
  expect(node.outbox.nextDeadline()).toBeUndefined();
});

test("what was drained to a connection that then fell silent goes to the live one, too", () => {
  const node = new OutboxNode();
  const [deaf, live] = [new FakeLink("deaf"), new FakeLink("live")] as const;
  node.offer("a", ["a1"]);
  node.connect(deaf);
  node.tick();
  node.connect(live);
  node.advance(GRACE);
  node.tick();
  expect(readAll(node, live)).toEqual(["a1"]);
});

test("where all are silent nothing moves, and no timer runs", () => {
  const { node, deaf, live } = deafAndLive();
  node.offer("a", ["a1"]);
  node.offer("b", ["b1"]);
  expect([deaf.story(), live.story()]).toEqual([["1 a1"], ["2 b1"]]);
  node.advance(GRACE);
  node.tick();
  expect([deaf.story(), live.story()]).toEqual([[], []]);
  expect(node.outbox.nextDeadline()).toBeUndefined();
});

test("a silent connection that acks again gets new messages again", () => {
  const { node, deaf, live } = deafAndLive();
  node.offer("a", ["a1"]);
  node.advance(GRACE);
  node.tick();
  expect(readAll(node, live)).toEqual(["a1"]);
  expect(deaf.story()).toEqual(["1 a1"]);
  node.ack(deaf, 1);
  node.offer("b", ["b1", "b2"]);
  node.offer("c", ["c1"]);
  // b goes to the older of two that have nothing to ack, c to the one that has less.
  expect([deaf.story().length, live.story().length]).toEqual([2, 1]);
});

class ClassicLink extends FakeLink {
  override readonly mode = "classic" as never;
  heard = 0;
  override heardAt(): number {
    return this.heard;
  }
}

let flooded = 0;

/** Messages of 1 MiB to a client that gives no sign of life: how many came over its wire. */
function flood(node: OutboxNode, link: FakeLink, count: number, change: { volatile?: boolean } = {}): number {
  const filler = "x".repeat(1024 * 1024 - 100);
  for (let i = 0; i < count; i++) {
    const id = `m${flooded++}`;
    const tail = `"src_id":"a","timestamp":1,"id":"${id}","payload":"${filler}"}`;
    node.outbox.accept("a", [{ id, tail, expiresAt: 0, volatile: false, ...change }], node.now);
    node.tick();
  }
  const frames = link.wire.length;
  link.wire = [];
  return frames;
}

const BUDGET = LIMITS.maxUnprovenBytes / (1024 * 1024);

test("a classic connection that gives no sign of life gets 8 MiB; the rest waits in the inbox", () => {
  const node = new OutboxNode<ClassicLink>();
  const link = new ClassicLink("classic");
  node.connect(link);
  expect(flood(node, link, BUDGET + 3)).toBe(BUDGET);
  node.advance(GRACE);
  expect(node.inbox.count).toBe(3);
  // Any frame of its client, or a heartbeat that the platform has answered, opens it again.
  node.outbox.heard("classic");
  expect(flood(node, link, BUDGET)).toBe(BUDGET);
  link.heard = node.now;
  expect(flood(node, link, BUDGET + 1)).toBe(BUDGET);
});

test("volatile messages to a client that gives no sign of life are dropped past 8 MiB; an ack is one", () => {
  const node = new OutboxNode();
  const link = new FakeLink("v1");
  node.connect(link);
  expect(flood(node, link, BUDGET + 3, { volatile: true })).toBe(BUDGET);
  expect(node.inbox.count).toBe(0);
  node.offer("a", ["a1"]);
  expect(link.story()).toEqual(["1 a1"]);
  node.ack(link, 1);
  expect(flood(node, link, BUDGET + 3, { volatile: true })).toBe(BUDGET);
});
