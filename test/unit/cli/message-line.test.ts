import { expect, test } from "vitest";
import { gapLine, historyLine, messageLine, sessionEventLine } from "../../../src/cli/output/message-line.ts";
import type { IncomingMessage } from "../../../src/client/index.ts";

const message = (given: Partial<IncomingMessage>): IncomingMessage => ({
  id: "m1",
  from: "alice",
  fromClient: undefined,
  session: undefined,
  isPrivate: false,
  type: undefined,
  payload: "hi",
  payload1: undefined,
  payload2: undefined,
  isVolatile: false,
  timestamp: new Date(2026, 0, 2, 3, 4, 5).getTime(),
  seq: 1,
  sessionSeq: undefined,
  raw: { src_id: "alice", payload: "hi", own_Field: { keptAs: "it is" } },
  ...given,
});

test("a message names where it comes from, and its type where that says something", () => {
  expect(messageLine(message({})).human).toBe("03:04:05 alice: hi");
  expect(messageLine(message({ type: 1 })).human).toBe("03:04:05 alice: hi");
  expect(messageLine(message({ type: 7 })).human).toBe("03:04:05 alice (type 7): hi");
  const within = message({ session: "lobby", isPrivate: true });
  expect(messageLine(within).human).toBe("03:04:05 [lobby] alice (to you alone): hi");
});

test("as JSON it is what stood on the wire, untouched", () => {
  expect(messageLine(message({})).json).toEqual({
    kind: "message",
    src_id: "alice",
    payload: "hi",
    own_Field: { keptAs: "it is" },
  });
});

test("names of others cannot move the cursor", () => {
  expect(messageLine(message({ from: "a\u001b[2Jb" })).human).toBe("03:04:05 a\\u001b[2Jb: hi");
  expect(sessionEventLine({ session: "s", kind: "joined", name: "\u202e" }).human).toBe("[s] \\u202e has joined");
});

test("gaps and notices", () => {
  const gap = { session: "s", fromSeq: 2, toSeq: 4, reason: "ttl" };
  expect(gapLine(gap)).toEqual({
    human: "(messages 2 to 4 of session s will not come: ttl)",
    json: { kind: "gap", session: "s", from_seq: 2, to_seq: 4, reason: "ttl" },
  });
  expect(sessionEventLine({ session: "s", kind: "master", name: "bob", fencingNumber: 3 })).toEqual({
    human: "[s] bob is the master now (fencing number 3)",
    json: { kind: "session", event: "master", session: "s", name: "bob", fencing_number: 3 },
  });
  expect(sessionEventLine({ session: "s", kind: "removed", reason: "closed" }).human).toBe("[s] the session is closed");
});

test("a history tells who came as people say it, and the wire's words as JSON", () => {
  const raw = { type: 100, src_id: "carol", dest_session_id: "lobby" };
  const joined = historyLine(message({ from: "carol", type: 100, payload: undefined, raw }));
  expect(joined.human).toBe("03:04:05 (carol has joined)");
  expect(joined.json).toEqual({ kind: "message", ...raw });
  expect(historyLine(message({})).human).toBe("03:04:05 alice: hi");
});
