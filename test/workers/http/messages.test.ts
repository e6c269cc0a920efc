import { describe, expect, test } from "vitest";
import type { SendOutcome } from "../../../src/durable/rpc.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { appKey, authKey, bearer, call, expectError, newId, nodesAs, postJson } from "./edge.ts";

const PATH = "/v1/messages";

interface Result {
  node_id: string;
  status: string;
  error?: { code: string };
}

/** What the Worker has the app's node publish for this request. */
async function published(send: (nodes: ReturnType<typeof nodesAs>) => Promise<Response>) {
  const calls: { targets: string[]; message: string }[] = [];
  const nodes = nodesAs({
    publish: async (_caller, targets, message): Promise<SendOutcome[]> => {
      calls.push({ targets, message });
      return targets.map(() => ({ status: "delivered" }));
    },
  });
  const response = await send(nodes);
  expect(response.status).toBe(200);
  expect(calls).toHaveLength(1);
  return { ...calls[0]!, results: (await response.json<{ results: Result[] }>()).results };
}

const json = async (body: unknown) => published(async (nodes) => postJson(PATH, await appKey(), body, nodes));

describe("who may push", () => {
  test.each(["/push_message", PATH])("%s: app nodes only", async (path) => {
    const body = { to_nodes: [newId()], payload: { type: 1 } };
    await expectError(await postJson(path, await authKey(newId()), body), "FORBIDDEN");
    await expectError(await call(path, { method: "POST" }), "AUTH_REQUIRED");
    expect((await postJson(path, await appKey(), body)).status).toBe(200);
  });
});

describe("to_nodes", () => {
  test("each id once, in order", async () => {
    const { targets, results } = await json({ to_nodes: ["b", "a", "b"], payload: {} });
    expect(targets).toEqual(["b", "a"]);
    expect(results).toEqual([
      { node_id: "b", status: "delivered" },
      { node_id: "a", status: "delivered" },
    ]);
  });

  test("as JSON text in query and form, as the original's clients send it", async () => {
    const key = await appKey();
    const query = new URLSearchParams({ auth_key: key, to_nodes: '["a"]', payload: '{"type":7,"payload":"hi"}' });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    for (const { targets, message } of [
      await published((nodes) => call(`/push_message?${query}`, {}, nodes)),
      await published((nodes) => call("/push_message", { method: "POST", headers, body: query.toString() }, nodes)),
    ]) {
      expect(targets).toEqual(["a"]);
      expect(JSON.parse(message)).toEqual({ type: 7, payload: "hi" });
    }
  });

  test.each([
    ["missing", undefined],
    ["no list", { a: 1 }],
    ["no JSON", "a,b"],
    ["empty", []],
    ["an empty id", [""]],
    ["an id that is no text", ["a", 5]],
    ["an id one byte too long", ["é".repeat(LIMITS.maxIdBytes / 2) + "x"]],
    ["one target too many", Array.from({ length: LIMITS.maxPushTargets + 1 }, (_, i) => `n${i}`)],
  ])("%s is refused, naming the field", async (_, toNodes) => {
    const response = await postJson(PATH, await appKey(), { to_nodes: toNodes, payload: {} });
    expect(await expectError(response, "BAD_REQUEST")).toContain("to_nodes");
  });

  test("the largest list and the longest id go through", async () => {
    const ids = Array.from({ length: LIMITS.maxPushTargets }, (_, i) => String(i).padStart(LIMITS.maxIdBytes, "n"));
    expect((await json({ to_nodes: ids, payload: {} })).targets).toEqual(ids);
  });
});

describe("payload", () => {
  test.each([
    ["a message", { type: 1, payload: { a: [1] }, ttl_ms: 5 }, { type: 1, payload: { a: [1] }, ttl_ms: 5 }],
    ["the JSON text of a message", '{"type":1,"payload":2}', { type: 1, payload: 2 }],
    ["other text", "hello", { payload: "hello" }],
    ["a list", [1, 2], { payload: [1, 2] }],
    ["a number", 5, { payload: 5 }],
    ["null", null, { payload: null }],
  ])("%s becomes the message", async (_, payload, message) => {
    expect(JSON.parse((await json({ to_nodes: ["a"], payload })).message)).toEqual(message);
  });

  test("keeps its numbers to the digit, as text and inside a JSON body", async () => {
    const message = '{"type":1,"payload":[12345678901234567890,{"x":1.50}],"s":"},\\"{"}';
    expect((await json({ to_nodes: ["a"], payload: message })).message).toBe(message);
    const raw = async (body: string) => {
      const headers = { ...bearer(await appKey()), "content-type": "application/json" };
      return (await published((nodes) => call(PATH, { method: "POST", headers, body }, nodes))).message;
    };
    expect(await raw(` { "payload" : 1 , "p\\u0061yload" : ${message} , "to_nodes":["a"] } `)).toBe(message);
    expect(await raw(`{"to_nodes":["a,{"],"payload":12345678901234567890}`)).toBe('{"payload":12345678901234567890}');
  });

  test("nested to the limit goes through, one deeper or without end does not", async () => {
    const nested = (depth: number) => `{"payload":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect((await json({ to_nodes: ["a"], payload: nested(LIMITS.maxDepth) })).message).toBe(nested(LIMITS.maxDepth));
    for (const depth of [LIMITS.maxDepth + 1, 400_000]) {
      await expectError(
        await postJson(PATH, await appKey(), { to_nodes: ["a"], payload: nested(depth) }),
        "BAD_MESSAGE",
      );
      const headers = { ...bearer(await appKey()), "content-type": "application/json" };
      const body = `{"to_nodes":["a"],"payload":${nested(depth)}}`;
      await expectError(await call(PATH, { method: "POST", headers, body }), "BAD_MESSAGE");
    }
  });

  test.each([
    ["missing", undefined, "BAD_REQUEST", "payload"],
    ["of a negative type", { type: -6 }, "BAD_MESSAGE", "type"],
    ["of the protocol's type", { type: 100 }, "BAD_MESSAGE", "type"],
    ["of a type that is no number", { type: "1" }, "BAD_MESSAGE", "type"],
    ["with a wrong option", { ttl_ms: -1 }, "BAD_MESSAGE", "ttl_ms"],
  ] as const)("%s is refused", async (_, payload, code, named) => {
    const response = await postJson(PATH, await appKey(), { to_nodes: ["a"], payload });
    expect(await expectError(response, code)).toContain(named);
  });

  test.each([
    [{ dest_id: "x", n: 1 }],
    ['{"dest_session_id":"x","n":1}'],
    [{ dest_client_id: "x", dest_cluster_id: "y", n: 1 }],
  ])("says nothing of where it goes: %j", async (payload) => {
    expect((await json({ to_nodes: ["a"], payload })).message).toBe('{"n":1}');
  });

  test("at the limit goes through, one byte more is too large", async () => {
    const overhead = '{"payload":""}'.length;
    const text = "x".repeat(LIMITS.maxFrameBytes - overhead);
    expect((await json({ to_nodes: ["a"], payload: text })).message).toHaveLength(LIMITS.maxFrameBytes);
    await expectError(await postJson(PATH, await appKey(), { to_nodes: ["a"], payload: `${text}x` }), "TOO_LARGE");
  });
});

test("each target has a status of its own, a refused one with its error", async () => {
  const outcomes: SendOutcome[] = [
    { status: "stored" },
    { status: "refused", code: "INBOX_FULL" },
    { status: "dropped" },
  ];
  const nodes = nodesAs({ publish: async () => outcomes });
  const response = await postJson(PATH, await appKey(), { to_nodes: ["a", "b", "c"], payload: {} }, nodes);
  expect(await response.json()).toEqual({
    results: [
      { node_id: "a", status: "stored" },
      { node_id: "b", status: "refused", error: { code: "INBOX_FULL", message: expect.any(String), temporary: true } },
      { node_id: "c", status: "dropped" },
    ],
  });
});

test("a message to a node without connection waits in its inbox", async () => {
  const target = newId();
  const response = await postJson(PATH, await appKey(), { to_nodes: [target], payload: { type: 3, payload: "later" } });
  expect(await response.json()).toEqual({ results: [{ node_id: target, status: "stored" }] });
  const inbox = await call(`/v1/nodes/${target}/inbox`, { headers: bearer(await authKey(target)) });
  const { messages } = await inbox.json<{ messages: Record<string, unknown>[] }>();
  expect(messages).toEqual([
    expect.objectContaining({ type: 3, payload: "later", src_id: expect.stringMatching(/^app-/) }),
  ]);
});
