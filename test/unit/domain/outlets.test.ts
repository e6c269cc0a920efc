/** Which connection a message takes. */
import { expect, test } from "vitest";
import { Outlet } from "../../../src/domain/outlet.ts";
import { Outlets } from "../../../src/domain/outlets.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { inFlight } from "./accepted.ts";

const NOW = 1_000_000;

function connect(outlets: Outlets, id: string, mode: "v1" | "classic" = "v1"): Outlet {
  const outlet = new Outlet({ id, mode, openedAt: 0, send: () => true, heardAt: () => 0 }, 0);
  outlets.add(outlet);
  return outlet;
}

const chosen = (outlets: Outlets, src = "a", bytes = 10) => outlets.choose(src, bytes, NOW)?.link.id;

test("none where there is none", () => {
  expect(chosen(new Outlets())).toBeUndefined();
});

test("the one with the fewest unacked, the oldest of those that have as many", () => {
  const outlets = new Outlets();
  const [one, two, three] = ["1", "2", "3"].map((id) => connect(outlets, id)) as [Outlet, Outlet, Outlet];
  expect(chosen(outlets)).toBe("1");
  one.window.add(inFlight(1, { src: "x" }));
  expect(chosen(outlets)).toBe("2");
  two.window.add(inFlight(2, { src: "x" }));
  three.window.add(inFlight(3, { src: "x" }));
  three.window.add(inFlight(4, { src: "x" }));
  expect(chosen(outlets)).toBe("1");
  three.window.ack(4);
  expect(chosen(outlets)).toBe("3");
});

test("the one that still carries something of the same source, however loaded", () => {
  const outlets = new Outlets();
  connect(outlets, "1");
  const two = connect(outlets, "2");
  for (let seq = 1; seq <= 10; seq++) two.window.add(inFlight(seq, { src: "a" }));
  two.superseded = true;
  expect(chosen(outlets, "a")).toBe("2");
  expect(chosen(outlets, "b")).toBe("1");
  two.window.ack(10);
  expect(chosen(outlets, "a")).toBe("1");
});

test("none, rather than another connection, where the one that carries the source has no room", () => {
  const outlets = new Outlets();
  connect(outlets, "1");
  const two = connect(outlets, "2");
  for (let seq = 1; seq <= LIMITS.windowMessages; seq++) two.window.add(inFlight(seq, { src: "a" }));
  expect(chosen(outlets, "a")).toBeUndefined();
  expect(chosen(outlets, "b")).toBe("1");
});

test("a window is full at 256 messages or 1 MiB", () => {
  const outlets = new Outlets();
  const one = connect(outlets, "1");
  for (let seq = 1; seq < LIMITS.windowMessages; seq++) one.window.add(inFlight(seq));
  expect(chosen(outlets)).toBe("1");
  one.window.add(inFlight(256));
  expect(chosen(outlets)).toBeUndefined();
  one.window.takeAfter(0);
  one.window.add(inFlight(300, { bytes: LIMITS.windowBytes - 10 }));
  expect(chosen(outlets, "a", 10)).toBe("1");
  expect(chosen(outlets, "a", 11)).toBeUndefined();
});

test("a silent one is the last resort", () => {
  const outlets = new Outlets();
  const one = connect(outlets, "1");
  const two = connect(outlets, "2");
  one.superseded = true;
  for (let seq = 1; seq < LIMITS.windowMessages; seq++) two.sent(inFlight(seq, { src: "x" }), NOW);
  expect(chosen(outlets)).toBe("2");
  outlets.delete("2");
  expect(chosen(outlets)).toBe("1");
});

test("one is silent when it has left something unacked for a grace, until it acks again", () => {
  const outlets = new Outlets();
  const one = connect(outlets, "1");
  const two = connect(outlets, "2");
  one.sent(inFlight(1, { src: "x" }), NOW - LIMITS.ackGraceMs);
  for (let seq = 2; seq <= 9; seq++) two.sent(inFlight(seq, { src: "y" }), NOW);
  expect([one.isSilent(NOW - 1), one.isSilent(NOW), two.isSilent(NOW)]).toEqual([false, true, false]);
  expect(chosen(outlets)).toBe("2");
  one.sent(inFlight(10, { src: "x" }), NOW);
  expect(one.isSilent(NOW)).toBe(true);
  one.acked(1, NOW);
  expect(one.isSilent(NOW)).toBe(false);
  expect(chosen(outlets)).toBe("1");
  one.acked(10, NOW);
  expect(one.isSilent(NOW + 60_000)).toBe(false);
});

test("a classic one only where none acks, and then the newest", () => {
  const outlets = new Outlets();
  connect(outlets, "old", "classic");
  connect(outlets, "new", "classic");
  expect(chosen(outlets)).toBe("new");
  const acking = connect(outlets, "v1");
  expect(chosen(outlets)).toBe("v1");
  for (let seq = 1; seq <= LIMITS.windowMessages; seq++) acking.window.add(inFlight(seq));
  expect(chosen(outlets)).toBeUndefined();
  outlets.delete("v1");
  expect(chosen(outlets)).toBe("new");
  outlets.delete("new");
  expect(chosen(outlets)).toBe("old");
});

test("they are listed by id, and those that ack oldest first", () => {
  const outlets = new Outlets();
  const two = connect(outlets, "2");
  connect(outlets, "c", "classic");
  const one = connect(outlets, "1");
  expect(outlets.acking).toEqual([two, one]);
  expect(outlets.size).toBe(3);
  expect([...outlets].map(({ link }) => link.id)).toEqual(["2", "c", "1"]);
  outlets.delete("2");
  expect(outlets.get("2")).toBeUndefined();
  expect(outlets.get("1")).toBe(one);
  expect(outlets.acking).toEqual([one]);
});

test("the highest seq beside a connection: of the others, and of those that closed while it was open", () => {
  const outlets = new Outlets();
  const one = connect(outlets, "1");
  const two = connect(outlets, "2");
  one.window.add(inFlight(9));
  two.window.add(inFlight(5));
  expect([outlets.highBeside(one), outlets.highBeside(two)]).toEqual([5, 9]);
  outlets.delete("1");
  expect(outlets.highBeside(two)).toBe(0);
  two.othersHigh = 9;
  expect(outlets.highBeside(two)).toBe(9);
});
