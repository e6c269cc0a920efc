/** What a client that connects is told it will get, and what it takes over from the connections before it. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

/** A node with one connection that has been sent m1 to m5 and has acked the first two. */
function midway() {
  const node = new OutboxNode();
  const old = new FakeLink("old");
  node.connect(old, 0);
  const fates = node.offer("a", ["m1", "m2", "m3", "m4", "m5"]);
  expect(old.story()).toEqual(["1 m1", "2 m2", "3 m3", "4 m4", "5 m5"]);
  node.ack(old, 2);
  return { node, old, status: () => fates.map((fate) => fate.status) };
}

function welcome(node: OutboxNode, resumedAt?: number): { seq: number; link: FakeLink } {
  const link = new FakeLink(`new${node.links.length}`);
  const seq = node.connect(link, resumedAt);
  expect(link.wire).toEqual([]);
  node.tick();
  return { seq, link };
}

test("WELCOME names the seq after which everything comes: what is stored lies behind it", () => {
  const node = new OutboxNode();
  expect(welcome(new OutboxNode()).seq).toBe(0);
  node.offer("a", ["m1", "m2"]);
  const { seq, link } = welcome(node);
  expect([seq, link.story()]).toEqual([0, ["1 m1", "2 m2"]]);
});

test("WELCOME of a client that knows nothing: behind what others have acked, before what they have not", () => {
  const { node, old } = midway();
  expect(welcome(node).seq).toBe(2);
  node.ack(old, 5);
  expect(welcome(node).seq).toBe(5);
});

test("WELCOME comes before a gap of which nobody has acked to know", () => {
  const node = new OutboxNode();
  node.offer("a", ["m1"], { expiresAt: node.now + 10 });
  node.offer("a", ["m2"]);
  node.advance(10);
  const first = welcome(node);
  expect([first.seq, first.link.story()]).toEqual([0, ["gap 1-1 ttl", "2 m2"]]);
  const second = welcome(node);
  expect(second.seq).toBe(0);
  node.ack(first.link, 2);
  expect(welcome(node).seq).toBe(2);
});

test("WELCOME after a crash lies beyond every seq that was ever given, unless something is stored", () => {
  const node = new OutboxNode();
  node.connect(new FakeLink("old"), 0);
  node.offer("a", ["m1"]);
  node.crash();
  expect(welcome(node).seq).toBe(node.reserved);
  node.crash();
  node.offer("a", ["m2"]);
  const { seq, link } = welcome(node);
  const [given] = link.story();
  expect(seq).toBeLessThan(Number.parseInt(given!, 10));
  expect(given).toMatch(/^\d+ m2$/);
});

test("a client that resumes is welcomed where it left off, and gets what comes after, once", () => {
  const { node, old, status } = midway();
  const { seq, link } = welcome(node, 4);
  // It says that it has 3 and 4; the last one is put where it is safe until it is acked.
  expect([seq, status()]).toEqual([4, ["delivered", "delivered", "delivered", "delivered", "stored"]]);
  expect([link.story(), old.story()]).toEqual([["5 m5"], []]);
  expect(node.inbox.count).toBe(1);
  node.ack(link, 5);
  expect(node.inbox.count).toBe(0);
  node.disconnect(old);
  expect(link.story()).toEqual([]);
});

test("one that resumes where another client cannot be takes nothing of that one's", () => {
  const { node, old, status } = midway();
  const { seq, link } = welcome(node, 1);
  expect([seq, link.story(), node.outbox.unacked(old.id)]).toEqual([1, [], 3]);
  node.ack(old, 5);
  expect(status()).toEqual(Array.from({ length: 5 }, () => "delivered"));
});

test.each([undefined, 1])("a connection that has been silent for a grace loses what it has, to one at %s", (cursor) => {
  const { node, old, status } = midway();
  node.advance(LIMITS.ackGraceMs);
  const { seq, link } = welcome(node, cursor);
  expect(seq).toBe(cursor ?? 2);
  expect(old.story()).toEqual([]);
  expect(link.story().map((line) => line.split(" ")[1])).toEqual(["m3", "m4", "m5"]);
  expect(status()).toEqual(["delivered", "delivered", "stored", "stored", "stored"]);
  expect(node.outbox.unacked(old.id)).toBe(0);
  node.ack(link, node.reserved);
  expect(node.inbox.count).toBe(0);
});

test("a client that knows nothing takes nothing from one that is not silent", () => {
  const { node, old } = midway();
  const { link } = welcome(node);
  expect([link.story(), node.outbox.unacked(old.id)]).toEqual([[], 3]);
});

test("what moved before may be another client's: a cursor in it acks nothing", () => {
  const { node, old, status } = midway();
  node.disconnect(old);
  const { link: second } = welcome(node);
  expect(second.story()).toEqual(["3 m3", "4 m4", "5 m5"]);
  // The client of the first connection may be the one that comes back at 4, or that of the second one.
  const { seq, link: third } = welcome(node, 4);
  expect([seq, status()[2], status()[3], node.inbox.count]).toEqual([4, "offline", "offline", 3]);
  node.offer("b", ["b1"]);
  expect(third.story().at(-1)).toMatch(/^\d+ b1$/);
  node.disconnect(second);
  const ids = third.story().map((line) => line.split(" ")[1]);
  expect(ids).toEqual(["m3", "m4", "m5"]);
  node.ack(third, node.reserved);
  expect(node.inbox.count).toBe(0);
});

test("a superseded connection is the last to be chosen, until its client is heard there again", () => {
  const { node, old } = midway();
  const { link } = welcome(node, 5);
  expect(node.outbox.unacked(old.id)).toBe(0);
  node.offer("b", ["b1", "b2"]);
  node.offer("c", ["c1"]);
  expect([link.story(), old.story()]).toEqual([["6 b1", "7 b2", "8 c1"], []]);
  node.ack(old, 5);
  node.offer("d", ["d1"]);
  expect([link.story(), old.story()]).toEqual([[], ["9 d1"]]);
});

test("a superseded connection is better than none: it gets what the other leaves, under fresh seqs", () => {
  const { node, old } = midway();
  const { link } = welcome(node, 4);
  expect(link.story()).toEqual(["5 m5"]);
  node.disconnect(link);
  expect(old.story()).toEqual(["6 m5"]);
  node.ack(old, 6);
  expect(node.inbox.count).toBe(0);
});

test("a client that has everything empties the inbox by resuming", () => {
  const node = new OutboxNode();
  node.offer("a", ["m1", "m2", "m3"]);
  const { seq, link } = welcome(node, 3);
  expect([seq, link.story(), node.inbox.count]).toEqual([3, [], 0]);
  node.offer("a", ["m4"]);
  expect(link.story()).toEqual(["4 m4"]);
});
