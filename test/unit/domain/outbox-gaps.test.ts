/** A gap is known to the node only when the client of a connection that was told of it acks beyond it. */
import { expect, test } from "vitest";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

/** Three connections, one of which breaks while it holds c1, which has run out since, and c2. */
function toldAfterBreak() {
  const node = new OutboxNode();
  const [told, other, broken] = [new FakeLink("told"), new FakeLink("other"), new FakeLink("broken")] as const;
  for (const link of [told, other, broken]) node.connect(link);
  node.offer("a", ["a1"]);
  node.offer("b", ["b1"]);
  node.offer("c", ["c1"], { expiresAt: node.now + 500 });
  node.offer("c", ["c2"]);
  expect([told, other, broken].map((link) => link.story())).toEqual([["1 a1"], ["2 b1"], ["3 c1", "4 c2"]]);
  node.ack(told, 1);
  node.ack(other, 2);
  node.advance(500);
  node.disconnect(broken);
  node.tick();
  expect([told.story(), other.story()]).toEqual([["gap 3-3 ttl", "4 c2"], []]);
  return { node, told, other };
}

test("an ack on the connection that was told of a gap ends it", () => {
  const { node, told, other } = toldAfterBreak();
  node.ack(told, 3);
  expect(node.inbox.gaps).toEqual([]);
  node.disconnect(told);
  expect(other.story()).toEqual(["5 c2"]);
});

test("an ack on another connection does not", () => {
  const { node, told, other } = toldAfterBreak();
  node.offer("b", ["b2"]);
  expect(other.story()).toEqual(["5 b2"]);
  node.ack(other, 5);
  // The one that was told breaks before its client has read it.
  node.disconnect(told);
  expect(other.story()).toEqual(["gap 3-3 ttl", "6 c2"]);
});
