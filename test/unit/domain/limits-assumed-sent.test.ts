/**
 * What is queued again when a classic socket breaks abnormally: up to the real limits of docs/protocol.md, written out here,
 * and past them the oldest is forgotten.
 */
import { expect, test } from "vitest";
import { OutboxNode } from "./outbox-node.ts";
import { rowsOf } from "./stored-inbox.ts";

/** The ids that are in the inbox once a classic socket has taken these messages and broken. */
function queuedAgain(messages: readonly { id: string; chars?: number }[]): string[] {
  const node = new OutboxNode();
  node.outbox.open({ id: "c", mode: "classic", openedAt: 0, send: () => true, heardAt: () => 0 }, undefined, node.now);
  for (const { id, chars = 0 } of messages) node.offer("a", [id], { tail: tailOf(id, chars) });
  expect(node.inbox.count).toBe(0);
  node.outbox.close("c", node.now, false);
  return rowsOf(node.inbox)
    .flat()
    .map(({ tail }) => (JSON.parse(`{${tail}`) as { id: string }).id);
}

/** A message of so many chars, or a short one. */
function tailOf(id: string, chars: number): string {
  const blank = (payload: string) => `"src_id":"a","timestamp":1,"id":"${id}","payload":"${payload}"}`;
  return blank("x".repeat(Math.max(0, chars - blank("").length)));
}

const messages = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `m${i}` }));
const idsOf = (from: number, count: number) => Array.from({ length: count }, (_, i) => `m${from + i}`);

test("1,000 messages are, and of 1,001 the newest 1,000", () => {
  expect(queuedAgain(messages(1_000))).toEqual(idsOf(0, 1_000));
  expect(queuedAgain(messages(1_001))).toEqual(idsOf(1, 1_000));
});

test("1 Mi chars are, and with one more the oldest message is not", () => {
  const half = 524_288;
  expect(
    queuedAgain([
      { id: "a", chars: half },
      { id: "b", chars: half },
    ]),
  ).toEqual(["a", "b"]);
  expect(
    queuedAgain([
      { id: "a", chars: half },
      { id: "b", chars: half + 1 },
    ]),
  ).toEqual(["b"]);
});
