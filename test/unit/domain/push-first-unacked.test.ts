/** The oldest message of an inbox that its node has not acked. */
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

test("what does not match, or has run out, is passed over", () => {
  const inbox = inboxOf(
    stored(1),
    stored(2, { push: { off: true } }),
    stored(3, { expiresAt: T + 10 }),
    stored(4, { push: { wish: { title: "x" } } }),
  );
  const later = ({ seq }: { seq: number }) => seq > 2;
  expect(firstUnacked(inbox, 0, later, T)?.seq).toBe(3);
  expect(firstUnacked(inbox, 0, later, T + 10)).toMatchObject({ seq: 4, push: { wish: { title: "x" } } });
  expect(firstUnacked(inbox, 0, ({ push }) => push?.off === true, T)?.seq).toBe(2);
  expect(firstUnacked(inbox, 0, never, T)).toBeUndefined();
});
