/** When has a client that cannot ack read its whole inbox? */
import { expect, test } from "vitest";
import { type PageQuery, readPage, ReadProgress } from "../../../src/domain/inbox-reader.ts";
import { always, never, stored, storedInbox, T } from "./stored-inbox.ts";

function reader(count: number) {
  const { inbox } = storedInbox();
  inbox.append(
    Array.from({ length: count }, (_, i) => stored(i + 1)),
    T,
    never,
  );
  const progress = new ReadProgress();
  let last = count;
  return {
    arrive: () => inbox.append([stored(++last)], T, never),
    read: (query: Omit<PageQuery, "order">) => {
      const full = { ...query, order: "desc" as const };
      return progress.note(full, readPage(inbox, full, always, T));
    },
  };
}

test("one page that holds everything is everything", () => {
  expect(reader(5).read({})).toBe(5);
});

test("page after page from the newest to the oldest is everything, and not before", () => {
  const { read } = reader(10);
  expect(read({ limit: 4 })).toBeUndefined();
  expect(read({ limit: 4, toSeq: 6 })).toBeUndefined();
  expect(read({ limit: 4, toSeq: 2 })).toBe(10);
});

test("a page that is read twice, or overlaps, does no harm", () => {
  const { read } = reader(10);
  read({ limit: 4 });
  expect(read({ limit: 4, toSeq: 8 })).toBeUndefined();
  expect(read({ limit: 4, toSeq: 8 })).toBeUndefined();
  expect(read({ limit: 4, toSeq: 4 })).toBe(10);
});

test("what came meanwhile is not counted as read", () => {
  const { read, arrive } = reader(6);
  read({ limit: 3 });
  arrive();
  expect(read({ limit: 3, toSeq: 3 })).toBe(6);
  expect(read({ limit: 3 })).toBeUndefined();
  expect(read({ limit: 10, toSeq: 4 })).toBe(7);
});

test("a page that was left out is noticed", () => {
  const { read } = reader(10);
  read({ limit: 4 });
  expect(read({ limit: 4, toSeq: 5 })).toBeUndefined();
  expect(read({ limit: 4, toSeq: 2 })).toBeUndefined();
  expect(read({ limit: 4, toSeq: 6 })).toBeUndefined();
  expect(read({ limit: 4, toSeq: 2 })).toBe(10);
});

test("pages that do not begin with the newest say nothing", () => {
  const { read } = reader(5);
  expect(read({ toSeq: 5 })).toBeUndefined();
  expect(read({ toSeq: 4 })).toBeUndefined();
});

test("a range, by seq or by time, says nothing about what lies outside", () => {
  const { read } = reader(5);
  expect(read({ fromSeq: 3 })).toBeUndefined();
  expect(read({ fromTimestamp: T })).toBeUndefined();
  expect(read({ toTimestamp: T })).toBeUndefined();
  expect(read({ toSeq: 1 })).toBeUndefined();
  // But a range that begins with the newest may be the first page.
  expect(read({ toSeq: 2 })).toBe(5);
});

test("an empty inbox is nothing read", () => {
  expect(reader(0).read({})).toBeUndefined();
});
