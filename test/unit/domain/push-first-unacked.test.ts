/** The oldest message of an inbox that calls for a push. */
import { expect, test } from "vitest";
import { firstUnacked } from "../../../src/domain/push/first-unacked.ts";
import { always, never, stored, storedInbox, T } from "./stored-inbox.ts";

function inboxOf(...messages: ReturnType<typeof stored>[]) {
  const { inbox } = storedInbox({ rowMessages: 2 });
  inbox.append(messages, T, never);
  return inbox;
}

test("the first from a seq on, over all rows", () => {
  const inbox = inboxOf(stored(1), stored(2), stored(3), stored(5), stored(6));
  expect(firstUnacked(inbox, 0, always, T)?.seq).toBe(1);
  expect(firstUnacked(inbox, 2, always, T)?.seq).toBe(2);
  expect(firstUnacked(inbox, 4, always, T)?.seq).toBe(5);
  expect(firstUnacked(inbox, 7, always, T)).toBeUndefined();
});

test("what is acked, has run out, or wants no push is passed over", () => {
  const inbox = inboxOf(
    stored(1),
    stored(2, { push: { off: true } }),
    stored(3, { expiresAt: T + 10 }),
    stored(4, { push: { wish: { title: "x" } } }),
  );
  const open = (seq: number) => seq > 1;
  expect(firstUnacked(inbox, 0, open, T)?.seq).toBe(3);
  expect(firstUnacked(inbox, 0, open, T + 10)).toMatchObject({ seq: 4, push: { wish: { title: "x" } } });
  expect(firstUnacked(inbox, 0, (seq) => seq === 2, T)).toBeUndefined();
});

test("an inbox of nothing but what wants no push calls for none", () => {
  const quiet = Array.from({ length: 50 }, (_, i) => stored(i + 1, { push: { off: true } }));
  expect(firstUnacked(inboxOf(...quiet), 0, always, T)).toBeUndefined();
});
