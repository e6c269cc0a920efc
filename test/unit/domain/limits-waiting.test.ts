/**
 * What waits in memory for the window of a client that does not ack: up to the real limits of docs/protocol.md, written out
 * here, and past them it goes to the inbox.
 */
import { expect, test } from "vitest";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

const WINDOW_CHARS = 1_048_576;
const ids = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}`);

/** A node with one connection whose window is full. */
function behindFullWindow() {
  const node = new OutboxNode();
  node.connect(new FakeLink("l"));
  const inFlight = node.offer("a", ["first"], { tail: tailOf(WINDOW_CHARS) });
  return { node, inFlight };
}

function tailOf(chars: number): string {
  const [before, after] = ['"src_id":"a","timestamp":1,"payload":"', '"}'];
  return `${before}${"x".repeat(chars - before.length - after.length)}${after}`;
}

test("1,024 messages wait; the next sends all of them to the inbox, and itself behind them", () => {
  const { node, inFlight } = behindFullWindow();
  const waiting = node.offer("a", ids("m", 1_024));
  expect(node.inbox.count).toBe(0);
  const [past] = node.offer("a", ["past"]);
  expect(node.inbox.count).toBe(1_025);
  expect([...waiting, past!].map(({ status }) => status)).toEqual(Array<string>(1_025).fill("stored"));
  expect(inFlight[0]!.status).toBeUndefined();
});

test("another is taken while fewer than 4 Mi chars wait, and sends them to the inbox from there on", () => {
  const { node } = behindFullWindow();
  for (let i = 0; i < 3; i++) node.offer("a", [`m${i}`], { tail: tailOf(1_048_576) });
  node.offer("a", ["almost"], { tail: tailOf(1_048_575) });
  const [fits] = node.offer("a", ["fits"]);
  expect([node.inbox.count, fits!.status]).toEqual([0, undefined]);
  const [past] = node.offer("a", ["past"]);
  expect([node.inbox.count, fits!.status, past!.status]).toEqual([6, "stored", "stored"]);
});

test("exactly 4 Mi chars are full", () => {
  const { node } = behindFullWindow();
  for (let i = 0; i < 4; i++) node.offer("a", [`m${i}`], { tail: tailOf(1_048_576) });
  expect(node.inbox.count).toBe(0);
  node.offer("a", ["past"]);
  expect(node.inbox.count).toBe(5);
});
