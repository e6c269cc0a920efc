/** The text of what members of a session get. */
import { expect, test } from "vitest";
import { noticeTail, sessionGapTail, sessionTail, withSessionSeq } from "../../../src/domain/session/session-text.ts";
import { orderOf, SESSIONS, stampedSource, stampedTimestamp } from "../../../src/domain/stamp.ts";
import { withoutSeq, withSeq } from "../../../src/protocol/frames.ts";

const AT = 1_700_000_000_123;
const parse = (tail: string) => JSON.parse(withoutSeq(tail)) as unknown;

test("a sender's message is passed on as it was, behind the stamp and the session_seq", () => {
  const tail = sessionTail({ srcId: 'a"', srcClientId: "c" }, AT, 7, '"id":"m","big":12345678901234567890}');
  expect(tail).toBe(
    `"src_id":"a\\"","src_client_id":"c","timestamp":${AT},"session_seq":7,"id":"m","big":12345678901234567890}`,
  );
  expect(JSON.parse(withSeq(3, tail))).toMatchObject({ seq: 3, src_id: 'a"', session_seq: 7 });
  expect([orderOf(tail), stampedSource(tail), stampedTimestamp(tail)]).toEqual([SESSIONS, 'a"', AT]);
});

test("the client_id of a sender that must not be known is not there", () => {
  const tail = sessionTail({ srcId: "anon", srcClientId: undefined }, AT, 7, '"id":"m"}');
  expect(parse(tail)).toEqual({ src_id: "anon", timestamp: AT, session_seq: 7, id: "m" });
});

test("a notice names whom it is about, the session, and what there is to say", () => {
  const notice = { type: 104, subject: "anon", sessionId: "s", payload: "a" };
  expect(parse(noticeTail(notice, AT, 9))).toEqual({
    src_id: "anon",
    timestamp: AT,
    session_seq: 9,
    type: 104,
    dest_session_id: "s",
    payload: "a",
  });
  expect(orderOf(noticeTail(notice, AT, 9))).toBe(SESSIONS);
});

test("a notice outside of the session's order has no session_seq, and one with nothing to say no payload", () => {
  const tail = noticeTail({ type: 105, subject: "a", sessionId: "s" }, AT, 0);
  expect(parse(tail)).toEqual({ src_id: "a", timestamp: AT, type: 105, dest_session_id: "s" });
  expect(orderOf(tail)).toBe("a");
});

test("a gap is told in the numbers of the session, in its order", () => {
  const tail = sessionGapTail("s", { from: 4, to: 9, reason: "cap" }, AT);
  expect(parse(tail)).toEqual({
    src_id: "s",
    timestamp: AT,
    session_seq: 9,
    type: -7,
    dest_session_id: "s",
    payload: { session_id: "s", from_seq: 4, to_seq: 9, reason: "cap" },
  });
  expect(orderOf(tail)).toBe(SESSIONS);
});

test.each([undefined, 'c"1,"timestamp":5,"session_seq":6'])(
  "a message under another session_seq is else the same",
  (srcClientId) => {
    const text = '"id":"m","dest_session_id":"s","payload":"\\"session_seq\\":7"}';
    const stamp = { srcId: 'a\\",1', srcClientId };
    expect(withSessionSeq(sessionTail(stamp, AT, 123, text), 4_567)).toBe(sessionTail(stamp, AT, 4_567, text));
  },
);
