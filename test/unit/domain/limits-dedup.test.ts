/** How many ids a recipient remembers against duplicates: the real limits of docs/protocol.md, written out here. */
import { expect, test } from "vitest";
import { Fate } from "../../../src/domain/fate.ts";
import { RecentMessages } from "../../../src/domain/recent-messages.ts";
import { never, stored, storedInbox, T } from "./stored-inbox.ts";

const recentMessages = () => new RecentMessages(storedInbox().inbox);
const knows = (recent: RecentMessages, src: string, id: string) => recent.get(src, id) !== undefined;

function remember(recent: RecentMessages, src: string, count: number): void {
  for (let i = 0; i < count; i++) recent.set(src, `m${i}`, new Fate());
}

test("1,000 ids of a source; with one more the oldest is forgotten", () => {
  const recent = recentMessages();
  remember(recent, "a", 1_000);
  expect(knows(recent, "a", "m0")).toBe(true);
  recent.set("a", "past", new Fate());
  expect(["m0", "m1", "past"].map((id) => knows(recent, "a", id))).toEqual([false, true, true]);
});

test("1,000 sources; with one more the one unused for longest is forgotten", () => {
  const recent = recentMessages();
  for (let i = 0; i < 1_000; i++) remember(recent, `s${i}`, 1);
  expect(knows(recent, "s0", "m0")).toBe(true);
  remember(recent, "past", 1);
  expect(["s0", "s1", "past"].map((src) => knows(recent, src, "m0"))).toEqual([false, true, true]);
});

test("20,000 ids in all; with one more the source unused for longest is forgotten", () => {
  const recent = recentMessages();
  for (let i = 0; i < 20; i++) remember(recent, `s${i}`, 1_000);
  expect(knows(recent, "s0", "m0")).toBe(true);
  remember(recent, "past", 1);
  expect(["s0", "s1", "past"].map((src) => knows(recent, src, "m0"))).toEqual([false, true, true]);
});

test("after a restart the newest 1,000 messages of the inbox", () => {
  const { inbox, restart } = storedInbox({ messages: 2_000 });
  // Of two sources, so that it is not the bound of one that is met.
  const messages = Array.from({ length: 1_001 }, (_, i) => stored(i + 1, { src: i % 2 === 0 ? "even" : "odd" }));
  inbox.append(messages, T, never);
  const recent = new RecentMessages(restart());
  expect([knows(recent, "even", "m1"), knows(recent, "odd", "m2"), knows(recent, "even", "m1001")]).toEqual([
    false,
    true,
    true,
  ]);
});
