/** What is on the wire of one connection and not yet acked. */
import { expect, test } from "vitest";
import { type InFlight, SendWindow } from "../../../src/domain/send-window.ts";
import { accepted, inFlight } from "./accepted.ts";

const LIMITS = { messages: 3, bytes: 100 };
const seqs = (entries: InFlight[]) => entries.map(({ seq }) => seq);

function windowOf(...entries: InFlight[]): SendWindow {
  const window = new SendWindow({ messages: 100, bytes: 10_000 }, 0);
  for (const entry of entries) window.add(entry);
  return window;
}

test("there is room for so many messages, and an ack makes room again", () => {
  const window = new SendWindow(LIMITS, 0);
  for (const seq of [1, 2, 3]) {
    expect(window.hasRoom(10)).toBe(true);
    window.add(inFlight(seq));
  }
  expect(window.hasRoom(0)).toBe(false);
  window.ack(1);
  expect(window.hasRoom(10)).toBe(true);
  expect(window.unacked).toBe(2);
});

test("there is room for so many bytes, and for one larger message alone", () => {
  const window = new SendWindow(LIMITS, 0);
  expect(window.hasRoom(1_000)).toBe(true);
  window.add(inFlight(1, { bytes: 60 }));
  expect(window.hasRoom(40)).toBe(true);
  expect(window.hasRoom(41)).toBe(false);
  window.add(inFlight(2, { bytes: 40 }));
  window.ack(1);
  expect(window.hasRoom(60)).toBe(true);
  expect(window.hasRoom(61)).toBe(false);
  window.takeAfter(0);
  window.add(inFlight(3, { bytes: 99 }));
  expect(window.hasRoom(1)).toBe(true);
  expect(window.hasRoom(2)).toBe(false);
});

test("an ack is cumulative, takes gaps in its stride, and says nothing twice", () => {
  const window = windowOf(inFlight(2), inFlight(5), inFlight(6), inFlight(9));
  expect(seqs(window.ack(1))).toEqual([]);
  expect(seqs(window.ack(5))).toEqual([2, 5]);
  expect(seqs(window.ack(5))).toEqual([]);
  expect(seqs(window.ack(3))).toEqual([]);
  expect(seqs(window.ack(8))).toEqual([6]);
  expect(seqs(window.ack(9))).toEqual([9]);
  expect(window.unacked).toBe(0);
});

test("an ack of what was never sent is one of all that was", () => {
  const window = windowOf(inFlight(2), inFlight(5));
  expect(seqs(window.ack(Number.MAX_SAFE_INTEGER))).toEqual([2, 5]);
  expect(window.ackedTo).toBe(5);
  expect(window.leftOffAt(Number.MAX_SAFE_INTEGER)).toBe("no");
});

test("a window that was resumed starts there", () => {
  const window = new SendWindow(LIMITS, 7);
  expect([window.sentHigh, window.ackedTo, window.leftOffAt(7), window.leftOffAt(0)]).toEqual([7, 7, "surely", "no"]);
  window.ack(3);
  expect(window.ackedTo).toBe(7);
});

test("its client left off at the last ack, or at something on the wire", () => {
  const window = windowOf(inFlight(2), inFlight(5), inFlight(7, { moved: true }), inFlight(9));
  window.ack(2);
  const leftOff = (seq: number) => window.leftOffAt(seq);
  expect([2, 5, 9].map(leftOff)).toEqual(["surely", "surely", "surely"]);
  // Another connection was sent that one as well.
  expect(leftOff(7)).toBe("perhaps");
  expect([1, 3, 4, 8, 10].map(leftOff)).toEqual(["no", "no", "no", "no", "no"]);
});

test("everything after a seq is taken out, and the rest stays", () => {
  const window = windowOf(inFlight(2), inFlight(5), inFlight(6), inFlight(9));
  expect(window.first).toBe(2);
  expect(seqs(window.takeAfter(5))).toEqual([6, 9]);
  expect([seqs(window.entries()), window.unacked, window.first, window.sentHigh]).toEqual([[2, 5], 2, 2, 9]);
  expect(seqs(window.takeAfter(0))).toEqual([2, 5]);
  expect([window.unacked, window.first, window.sentHigh, window.ackedTo]).toEqual([0, undefined, 9, 0]);
  expect(window.takeAfter(0)).toEqual([]);
});

test("it knows whose messages it carries, and what memory alone holds", () => {
  const message = accepted("m");
  const window = windowOf(
    inFlight(1, { src: "a", row: 1 }),
    inFlight(2, { src: "b", message }),
    inFlight(3, { src: "c" }),
  );
  expect(["a", "b", "c", "d"].filter((src) => window.carries(src))).toEqual(["a", "b", "c"]);
  expect(window.oldestInMemory()).toBe(message);
  window.ack(2);
  expect(["a", "b", "c", "d"].filter((src) => window.carries(src))).toEqual(["c"]);
  expect(windowOf(inFlight(1, { row: 1 })).oldestInMemory()).toBeUndefined();
});

test("what the inbox holds of it comes as runs, acked or not, until its row is gone", () => {
  const row = 1;
  const window = windowOf(
    inFlight(1, { row }),
    inFlight(2, { row }),
    inFlight(3),
    inFlight(4, { row: 4 }),
    inFlight(5, { row: 5 }),
    inFlight(8, { row: 8 }),
  );
  const all = [
    [1, 2],
    [4, 5],
    [8, 8],
  ];
  expect(window.sentRuns()).toEqual(all);
  window.ack(4);
  expect(window.sentRuns()).toEqual(all);
  window.forgetRow(1);
  expect(window.sentRuns()).toEqual(all.slice(1));
  expect(windowOf(inFlight(1)).sentRuns()).toEqual([]);
});

test("what was acked of rewritten rows is forgotten where it went along", () => {
  const window = windowOf(
    inFlight(1, { row: 1 }),
    inFlight(2, { row: 1 }),
    inFlight(3, { row: 1 }),
    inFlight(4, { row: 4 }),
  );
  window.ack(2);
  window.refreshAcked((seq) => (seq === 1 ? undefined : 2));
  expect(window.sentRuns()).toEqual([[2, 4]]);
  window.forgetRow(2);
  expect(window.sentRuns()).toEqual([[3, 4]]);
});

test("after hibernation what was acked is put back", () => {
  const window = windowOf();
  window.restoreAcked(inFlight(1, { row: 1 }));
  window.add(inFlight(2, { row: 1 }));
  expect([window.sentRuns(), window.unacked]).toEqual([[[1, 2]], 1]);
});
