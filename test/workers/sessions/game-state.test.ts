/** The state of a game: written by its master with the fencing number, read by members, kept whatever happens. */
import { expect, test } from "vitest";
import { authKey, bearer, call, expectError, newId } from "../http/edge.ts";
import { answer, app, as, created, evictSessions, joined, left } from "./calls.ts";

interface State {
  state?: unknown;
  version: number;
  fencing_number: number;
  written_at: number | null;
}

async function game() {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { session_type: 1, anyone_can_join: true });
  await joined(sessionId, b);
  return { sessionId, a, b };
}

const path = (sessionId: string) => `/v1/sessions/${sessionId}/state`;
const put = (sessionId: string, by: string, fencing_number: unknown, state: unknown) =>
  as(by, "PUT", path(sessionId), { fencing_number, state });
const read = (sessionId: string, by: string) => answer<State>(as(by, "GET", path(sessionId)));

/** As bytes, so that the size is what it says. */
async function putText(sessionId: string, by: string, state: string): Promise<Response> {
  const headers = { ...bearer(await authKey(by)), "content-type": "application/json" };
  return call(path(sessionId), { method: "PUT", headers, body: `{"fencing_number":1,"state":${state}}` });
}

test("the master writes, members and app nodes read, versions grow", async () => {
  const { sessionId, a, b } = await game();
  expect(await read(sessionId, b)).toEqual({ version: 0, fencing_number: 1, written_at: null });
  const before = Date.now();
  expect(await answer(put(sessionId, a, 1, { board: [1, null, "x"] }))).toEqual({
    version: 1,
    fencing_number: 1,
    written_at: expect.any(Number),
  });
  await answer(put(sessionId, a, 1, { board: [2] }));
  const state = await read(sessionId, b);
  expect(state).toEqual({ state: { board: [2] }, version: 2, fencing_number: 1, written_at: expect.any(Number) });
  expect(state.written_at).toBeGreaterThanOrEqual(before);
  expect(await answer(as(app(), "GET", path(sessionId)))).toEqual(state);
});

test("others are refused, each by name, and change nothing", async () => {
  const { sessionId, a, b } = await game();
  await answer(put(sessionId, a, 1, "first"));
  await expectError(await put(sessionId, b, 1, "b"), "NOT_MASTER");
  await expectError(await put(sessionId, a, 0, "old"), "DEPOSED");
  await expectError(await put(sessionId, a, 2, "new"), "DEPOSED");
  await expectError(await put(sessionId, newId("stranger"), 1, "s"), "SESSION_UNAUTHORIZED");
  await expectError(
    await as(app(), "PUT", path(sessionId), { fencing_number: 1, state: "app" }),
    "SESSION_UNAUTHORIZED",
  );
  expect(await read(sessionId, b)).toMatchObject({ state: "first", version: 1 });
});

test("it goes from master to master, and only the newest writes", async () => {
  const { sessionId, a, b } = await game();
  await answer(put(sessionId, a, 1, { turn: 1 }));
  await left(sessionId, a);
  await evictSessions(sessionId);
  expect(await read(sessionId, b)).toMatchObject({ state: { turn: 1 }, version: 1, fencing_number: 2 });
  await joined(sessionId, a);
  await expectError(await put(sessionId, a, 1, { turn: "stale" }), "DEPOSED");
  await expectError(await put(sessionId, a, 2, { turn: "guessed" }), "NOT_MASTER");
  await expectError(await put(sessionId, b, 1, { turn: "mixed up" }), "DEPOSED");
  await answer(put(sessionId, b, 2, { turn: 2 }));
  await evictSessions(sessionId);
  expect(await read(sessionId, a)).toMatchObject({ state: { turn: 2 }, version: 2, fencing_number: 2 });
});

test("it is kept as it was written, to the digit", async () => {
  const { sessionId, a, b } = await game();
  const text = '{ "big": 12345678901234567890, "e": 1e400, "text": "\\u00e4", "nothing": null }';
  expect((await putText(sessionId, a, text)).status).toBe(200);
  const response = await as(b, "GET", path(sessionId));
  expect(await response.text()).toContain(`{"state":${text},"version":1,`);
});

test("1 MiB of JSON is kept, a byte more is refused", { timeout: 60_000 }, async () => {
  const { sessionId, a, b } = await game();
  // Counted in bytes, not in characters: ä is two of them.
  const text = (bytes: number) => `"${"ä".repeat((bytes - 2) >> 1)}${bytes % 2 === 0 ? "" : "x"}"`;
  const most = text(1024 * 1024);
  const past = text(1024 * 1024 + 1);
  expect(new TextEncoder().encode(most).length).toBe(1_048_576);
  expect(new TextEncoder().encode(past).length).toBe(1_048_577);
  expect((await putText(sessionId, a, most)).status).toBe(200);
  const message = await expectError(await putText(sessionId, a, past), "TOO_LARGE");
  expect(message.match(/larger than the limit|1048576/g)).toHaveLength(2);
  await evictSessions(sessionId);
  const kept = await read(sessionId, b);
  expect(kept.version).toBe(1);
  expect(JSON.stringify(kept.state)).toBe(most);
});

test.each([
  ["fencing_number", { state: 1 }],
  ["fencing_number", { state: 1, fencing_number: "one" }],
  ["state", { fencing_number: 1 }],
])("a wrong %s is named", async (field, body) => {
  const { sessionId, a } = await game();
  expect(await expectError(await as(a, "PUT", path(sessionId), body), "BAD_REQUEST")).toContain(field);
});

test("a session that is no game has none", async () => {
  const owner = newId("owner");
  const sessionId = await created(owner);
  expect(await expectError(await put(sessionId, owner, 0, {}), "BAD_REQUEST")).toContain("session_type 1");
});
