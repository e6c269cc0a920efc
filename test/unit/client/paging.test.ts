/** Inboxes and histories, read page by page. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

const page = (field: string, from: number, to: number, more: boolean) => ({
  messages: Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => ({
    src_id: "bob",
    [field]: from < to ? from + i : from - i,
    payload: i,
  })),
  more,
});

test("a history is asked for page after page, in rising order", async ({ edge, client }) => {
  const pages = [page("session_seq", 3, 102, true), page("session_seq", 105, 110, false)];
  edge.answers.set("GET /v1/sessions/s%3F/history", () => pages.shift());
  const seqs: unknown[] = [];
  for await (const { sessionSeq, from } of client().sessions.history("s?", { fromSeq: 3, toSeq: 200 })) {
    expect(from).toBe("bob");
    seqs.push(sessionSeq);
  }
  expect(seqs).toHaveLength(106);
  expect(seqs.at(-1)).toBe(110);
  expect(edge.calls.map(({ method, path, body }) => [method, path, body])).toEqual([
    ["GET", "/v1/sessions/s%3F/history?from_session_seq=3&to_session_seq=200&limit=100&order=asc", undefined],
    ["GET", "/v1/sessions/s%3F/history?from_session_seq=103&to_session_seq=200&limit=100&order=asc", undefined],
  ]);
});

test("in falling order the upper bound comes down, and no more is asked for than wanted", async ({ edge, client }) => {
  const pages = [page("session_seq", 200, 101, true), page("session_seq", 90, 71, true)];
  edge.answers.set("GET /v1/sessions/s/history", () => pages.shift());
  let count = 0;
  for await (const _ of client().sessions.history("s", { order: "desc", limit: 120 })) count++;
  expect(count).toBe(120);
  expect(edge.calls.map(({ path }) => path)).toEqual([
    "/v1/sessions/s/history?limit=100&order=desc",
    "/v1/sessions/s/history?to_session_seq=100&limit=20&order=desc",
  ]);
});

test("a loop that is left asks for nothing more", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s/history", page("session_seq", 1, 100, true));
  for await (const _ of client().sessions.history("s")) break;
  expect(edge.calls).toHaveLength(1);
});

test("the inbox of this node, once it knows who it is", async ({ edge, client }) => {
  edge.answers.set("GET /v1/nodes/alice/inbox", page("seq", 1, 2, false));
  const allspark = client();
  const read = all(allspark.inbox.read({ fromSeq: 1, toSeq: 9, fromTimestamp: 5, toTimestamp: 6, limit: 7 }));
  await expect(read).rejects.toMatchObject({ code: "DISCONNECTED", temporary: true });
  void allspark.connect();
  const messages = await all(allspark.inbox.read({ fromSeq: 1, toSeq: 9, fromTimestamp: 5, toTimestamp: 6, limit: 7 }));
  expect(messages.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(edge.calls.at(-1)!.path).toBe(
    "/v1/nodes/alice/inbox?from_seq=1&to_seq=9&from_timestamp=5&to_timestamp=6&limit=7&order=asc",
  );
});

test("another node's, for app nodes; acked without a socket", async ({ edge, client }) => {
  edge.answers.set("GET /v1/nodes/b%2Fb/inbox", { messages: [], more: false });
  edge.answers.set("POST /v1/nodes/b%2Fb/ack", { removed: 3 });
  const { inbox } = client();
  expect(await all(inbox.read({ node: "b/b" }))).toEqual([]);
  expect(await inbox.ack(17, "b/b")).toBe(3);
  expect(edge.calls.at(-1)).toMatchObject({ method: "POST", path: "/v1/nodes/b%2Fb/ack", body: { seq: 17 } });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
