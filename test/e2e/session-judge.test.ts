/** The judge of the session tests must itself be able to say no. */
import { expect, test } from "vitest";
import { SessionJudge, type SessionVerdict, WHOLE } from "../support/session-judge.ts";

/** "src id@session_seq" in order of arrival. */
type Arrivals = Record<string, string[]>;

/** Of a session in which x said x-1 and x-2, and y said y-1. */
function judge(arrivals: Arrivals, strict = true): SessionVerdict {
  const judged = new SessionJudge();
  for (const [src, id] of ["x x-1", "x x-2", "y y-1"].map((name) => name.split(" "))) judged.said(src!, id!);
  for (const [member, received] of Object.entries(arrivals)) {
    judged.member(member);
    for (const text of received) {
      const [name, seq] = text.split("@");
      const [src_id, id] = name!.split(" ");
      judged.received(member, { src_id, id, ...(seq !== undefined && { session_seq: Number(seq) }) });
    }
    expect(judged.count(member)).toBe(received.length);
  }
  return judged.verdict({ strict });
}

const ALL = ["x x-1@1", "y y-1@2", "x x-2@3"];

test("all of it, in one order, and nobody its own", () => {
  expect(judge({ a: ALL, b: ALL, x: ["y y-1@2"], y: ["x x-1@1", "x x-2@3"] })).toEqual(WHOLE);
});

test.each([
  { name: "one missing", a: ["x x-1@1", "x x-2@3"], want: { missing: ["a: y y-1"] } },
  { name: "the last missing", a: ALL.slice(0, 2), want: { missing: ["a: x x-2"] } },
  {
    name: "one twice, the second time with a number of its own",
    a: [...ALL, "y y-1@4"],
    want: { wrong: ["a: y y-1"], swapped: ["a: y y-1 after 1"] },
    strict: false,
  },
  { name: "one that nobody said", a: [...ALL, "y y-2@4"], want: { wrong: ["a: y y-2"] } },
  {
    name: "a later one of the same sender first",
    a: ["y y-1@2", "x x-2@3", "x x-1@4"],
    want: { swapped: ["a: x x-1 after 2"] },
  },
  {
    name: "session_seqs that go back",
    a: ["x x-1@2", "y y-1@1", "x x-2@3"],
    want: { swapped: ["a: session_seq 1 after 2"] },
  },
  {
    name: "one session_seq twice",
    a: ["x x-1@1", "y y-1@1", "x x-2@3"],
    want: { swapped: ["a: session_seq 1 after 1"], torn: ["1: y y-1, x x-1"] },
  },
  {
    name: "one without a session_seq",
    a: ["x x-1@1", "y y-1", "x x-2@3"],
    want: { swapped: ["a: session_seq undefined after 1"] },
  },
])("$name", ({ a, want, strict }) => {
  expect(judge({ a }, strict)).toEqual({ ...WHOLE, ...want });
});

test("a member that got its own", () => {
  expect(judge({ y: ["x x-1@1", "y y-1@2", "x x-2@3"] })).toEqual({ ...WHOLE, wrong: ["y: y y-1"] });
});

test("two members with different messages under one number", () => {
  const verdict = judge({ a: ALL, b: ["y y-1@1", "x x-1@2", "x x-2@3"] }, false);
  expect(verdict).toEqual({ ...WHOLE, torn: ["1: y y-1, x x-1", "2: x x-1, y y-1"] });
});

test("two members with different orders, by different numbers: only a crash of the edge may do that", () => {
  const arrivals = { a: ALL, b: ["x x-1@1", "x x-2@3", "y y-1@4"] };
  expect(judge(arrivals)).toEqual({ ...WHOLE, torn: ["y y-1: 2, 4"] });
  expect(judge(arrivals, false)).toEqual(WHOLE);
});
