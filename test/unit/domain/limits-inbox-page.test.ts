/** How large a page of the inbox is: the real limit of docs/protocol.md, written out here. */
import { expect, test } from "vitest";
import { readPage } from "../../../src/domain/inbox-reader.ts";
import { stamped, stampPrefix } from "../../../src/domain/stamp.ts";
import { always, never, storedInbox, T } from "./stored-inbox.ts";

const QUARTER = 262_144;
const PREFIX = stampPrefix({ srcId: "a", srcClientId: undefined });

/** The seqs of the first page of messages with so many chars, and whether others remain. */
function firstPage(order: "asc" | "desc", ...chars: number[]) {
  const { inbox } = storedInbox();
  const blank = stamped(PREFIX, T, '{"payload":""}').length;
  const messages = chars.map((count, i) => ({
    seq: i + 1,
    expiresAt: 0,
    tail: stamped(PREFIX, T, `{"payload":"${"x".repeat(count - blank)}"}`),
    collapse: undefined,
  }));
  inbox.append(messages, T, never);
  const page = readPage(inbox, { order }, always, T);
  return { seqs: page.messages.map((text) => (JSON.parse(text) as { seq: number }).seq), more: page.more };
}

test.each([
  ["asc", [1, 2, 3, 4], [1, 2, 3]],
  ["desc", [4, 3, 2, 1], [4, 3, 2]],
] as const)("1 Mi chars fit on a page, one more does not: %s", (order, all, fewer) => {
  const row = [QUARTER, QUARTER, QUARTER];
  expect(firstPage(order, QUARTER, ...row)).toEqual({ seqs: all, more: false });
  const onePast = order === "asc" ? [...row, QUARTER + 1] : [QUARTER + 1, ...row];
  expect(firstPage(order, ...onePast)).toEqual({ seqs: fewer, more: true });
});

test("a message that is larger than a page comes alone", () => {
  expect(firstPage("asc", 1_048_577, 100)).toEqual({ seqs: [1], more: true });
  expect(firstPage("desc", 100, 1_048_577)).toEqual({ seqs: [2], more: true });
  expect(firstPage("asc", 100, 1_048_577)).toEqual({ seqs: [1], more: true });
});
