/** What the outbox remembers across hibernation: who was sent what, what was acked, of which gaps was told. */
import { expect, test } from "vitest";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

/** m1 to m5 in one row, on the wire of one connection that has acked the first two. */
function partlyAcked() {
  const node = new OutboxNode();
  node.offer("a", ["m1", "m2", "m3", "m4", "m5"]);
  const link = new FakeLink("one");
  node.connect(link);
  node.tick();
  expect(link.story()).toEqual(["1 m1", "2 m2", "3 m3", "4 m4", "5 m5"]);
  node.ack(link, 2);
  return { node, link };
}

function fresh(node: OutboxNode, resumedAt?: number): { seq: number; link: FakeLink } {
  const link = new FakeLink(`fresh${node.links.length}`);
  const seq = node.connect(link, resumedAt);
  node.tick();
  return { seq, link };
}

const idsOf = (link: FakeLink) => link.story().map((line) => line.split(" ")[1]!);
const byText = (a: string, b: string) => (a < b ? -1 : 1);

test("what is on the wire stays there: nothing is sent twice, and acks go on", () => {
  const { node, link } = partlyAcked();
  node.sleep();
  node.tick();
  expect([link.story(), node.outbox.unacked(link.id)]).toEqual([[], 3]);
  expect([1, 2, 3, 5, 6].map((seq) => node.outbox.isOpen(seq))).toEqual([false, false, true, true, true]);
  node.ack(link, 4);
  expect(node.outbox.unacked(link.id)).toBe(1);
  node.offer("a", ["m6"]);
  // From a block of its own: what of the last one was used is not known.
  expect(link.story()).toEqual(["65 m6"]);
  node.ack(link, 65);
  expect(node.inbox.count).toBe(0);
});

test("the acked part of a row is not sent again, however often the object slept", () => {
  const { node, link } = partlyAcked();
  node.sleep();
  node.ack(link, 3);
  node.sleep();
  node.ack(link, 4);
  node.sleep();
  expect(link.held).toMatchObject({ runs: [[1, 5]], acked: 4 });
  node.disconnect(link);
  expect(node.inbox.count).toBe(1);
  const { seq, link: next } = fresh(node);
  expect([seq, next.story()]).toEqual([4, ["5 m5"]]);
});

test("a client that resumes after a sleep where it acked gets the rest", () => {
  const { node, link } = partlyAcked();
  node.sleep();
  const { seq, link: next } = fresh(node, 2);
  expect([seq, next.story()]).toEqual([2, ["3 m3", "4 m4", "5 m5"]]);
  node.disconnect(link);
  node.ack(next, 5);
  expect([next.story(), node.inbox.count]).toEqual([[], 0]);
});

test("a client that resumes after a sleep beyond its ack loses nothing, wherever the others are", () => {
  const { node, link } = partlyAcked();
  node.sleep();
  const { seq, link: next } = fresh(node, 4);
  node.disconnect(link);
  node.tick();
  expect(seq).toBe(4);
  // On whose wire 3 and 4 had been before is forgotten: they come once more, under fresh seqs.
  expect(idsOf(next).toSorted(byText)).toEqual(["m3", "m4", "m5"]);
  node.ack(next, node.reserved);
  expect(node.inbox.count).toBe(0);
});

test("a gap is told once on a connection, also across a sleep", () => {
  const node = new OutboxNode();
  node.offer("a", ["m1"], { expiresAt: node.now + 10 });
  node.offer("a", ["m2"]);
  node.advance(10);
  const { link } = fresh(node);
  expect(link.story()).toEqual(["gap 1-1 ttl", "2 m2"]);
  node.sleep();
  node.offer("a", ["m3"]);
  node.sleep();
  node.tick();
  expect(link.story()).toEqual(["65 m3"]);
  expect(node.inbox.gaps).toMatchObject([{ from_seq: 1, to_seq: 1 }]);
  node.ack(link, 2);
  expect(node.inbox.gaps).toEqual([]);
});

test("a gap at the very end is told once too, and an ack of it ends it", () => {
  const node = new OutboxNode();
  node.offer("a", ["m1"]);
  node.offer("a", ["m2"], { expiresAt: node.now + 10 });
  node.advance(10);
  const { link } = fresh(node);
  expect(link.story()).toEqual(["1 m1", "gap 2-2 ttl"]);
  node.sleep();
  node.tick();
  expect(link.story()).toEqual([]);
  node.ack(link, 2);
  expect([node.inbox.gaps, node.inbox.count]).toEqual([[], 0]);
});

test("another connection is told of a gap again, unless it was acked", () => {
  const node = new OutboxNode();
  node.offer("a", ["m1"], { expiresAt: node.now + 10 });
  node.offer("a", ["m2", "m3"]);
  node.advance(10);
  const { link } = fresh(node);
  node.sleep();
  node.disconnect(link);
  const second = fresh(node);
  expect([second.seq, second.link.story()]).toEqual([0, ["gap 1-1 ttl", "2 m2", "3 m3"]]);
  node.ack(second.link, 2);
  node.sleep();
  node.disconnect(second.link);
  expect(fresh(node).link.story()).toEqual(["3 m3"]);
});

test("the end of the only connection wakes the object: what it acked is not sent again", () => {
  const { node, link } = partlyAcked();
  node.sleepUntilEndOf(link);
  expect(node.inbox.count).toBe(3);
  expect(fresh(node).link.story()).toEqual(["3 m3", "4 m4", "5 m5"]);
});

/** Two connections, each with three messages of a source of its own; each has acked the first. */
function two() {
  const node = new OutboxNode();
  const [one, other] = [new FakeLink("one"), new FakeLink("other")] as const;
  for (const link of [one, other]) node.connect(link);
  node.offer("a", ["a1", "a2", "a3"]);
  node.offer("b", ["b1", "b2", "b3"]);
  expect([one.story(), other.story()]).toEqual([
    ["1 a1", "2 a2", "3 a3"],
    ["4 b1", "5 b2", "6 b3"],
  ]);
  node.advance(1_000);
  node.ack(one, 1);
  node.ack(other, 4);
  return { node, one, other };
}

test("the end of one of two wakes the object: what it left goes to the other, in order, and nothing else does", () => {
  const { node, one, other } = two();
  node.sleepUntilEndOf(one);
  // What it had acked of a row that still stands may come once more.
  expect(idsOf(other).filter((id) => id !== "a1")).toEqual(["a2", "a3"]);
  node.ack(other, node.reserved);
  expect(node.inbox.count).toBe(0);
});

test("a closed connection that had acked all leaves nothing", () => {
  const { node, one, other } = two();
  node.ack(one, 3);
  node.ack(other, 6);
  node.sleepUntilEndOf(one);
  expect(other.story()).toEqual([]);
  expect(node.inbox.count).toBe(0);
});

test("both end while the object sleeps: each leaves what it had not acked, in order", () => {
  const { node, one, other } = two();
  node.sleepUntilEndOf(one);
  node.sleepUntilEndOf(other);
  const ids = idsOf(fresh(node).link);
  expect(ids.filter((id) => id > "a1" && id < "b")).toEqual(["a2", "a3"]);
  expect(ids.filter((id) => id > "b")).toEqual(["b2", "b3"]);
});

test("a cursor from a connection that ended asleep covers nothing that another one held", () => {
  const { node, one, other } = two();
  // The client of the higher seqs leaves; then the other connection breaks, which nobody read.
  node.sleepUntilEndOf(other);
  node.disconnect(one);
  const ids = idsOf(fresh(node, 6).link);
  expect(ids.filter((id) => id > "a1" && id < "b")).toEqual(["a2", "a3"]);
});

test("a cursor from a connection that closed before the sleep covers nothing that another one held", () => {
  const { node, one, other } = two();
  node.ack(other, 6);
  node.disconnect(other);
  node.tick();
  node.sleep();
  node.disconnect(one);
  expect(idsOf(fresh(node, 6).link)).toEqual(["a2", "a3"]);
});
