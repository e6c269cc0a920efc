import { describe, expect, test } from "vitest";
import type { InboxQuery, NodeState } from "../../../src/durable/rpc.ts";
import { appKey, authKey, bearer, call, expectError, newId, nodesAs, postJson } from "./edge.ts";

const get = (path: string, key: string, changes?: Parameters<typeof call>[2]) =>
  call(path, { headers: bearer(key) }, changes);

const put = async (path: string, key: string, body: unknown, changes?: Parameters<typeof call>[2]) =>
  call(
    path,
    { method: "PUT", headers: { ...bearer(key), "content-type": "application/json" }, body: JSON.stringify(body) },
    changes,
  );

/** A target where three messages wait; answers its id. */
async function nodeWithMail(): Promise<string> {
  const nodeId = newId();
  const key = await appKey();
  for (const payload of [1, 2, 3]) {
    expect((await postJson("/v1/messages", key, { to_nodes: [nodeId], payload: { type: 1, payload } })).status).toBe(
      200,
    );
  }
  return nodeId;
}

interface Inbox {
  epoch: string;
  messages: { payload: number; seq: number }[];
  from_seq: number | null;
  to_seq: number | null;
  more: boolean;
}

describe("who may", () => {
  test.each([
    ["GET", "", [200, 200, 403]],
    ["PUT", "", [403, 200, 403]],
    ["GET", "/inbox", [200, 200, 403]],
    ["GET", "/sessions", [200, 200, 403]],
    ["POST", "/ack", [200, 200, 403]],
    ["POST", "/revoke", [403, 200, 403]],
  ])("%s /v1/nodes/{id}%s: self, app, another", async (method, path, expected) => {
    const nodeId = newId();
    const app = await appKey();
    expect((await put(`/v1/nodes/${nodeId}`, app, { addr: "here" })).status).toBe(200);
    const statuses: number[] = [];
    for (const key of [await authKey(nodeId), app, await authKey(newId())]) {
      const body = method === "GET" ? undefined : JSON.stringify({ seq: 0, addr: "there" });
      const headers = { ...bearer(key), "content-type": "application/json" };
      statuses.push((await call(`/v1/nodes/${nodeId}${path}`, { method, headers, body })).status);
    }
    expect(statuses).toEqual(expected);
  });
});

describe("the state of a node", () => {
  test("is not there before the node was seen", async () => {
    const nodeId = newId();
    await expectError(await get(`/v1/nodes/${nodeId}`, await authKey(nodeId)), "NODE_NOT_REGISTERED");
  });

  test("holds the client and address that an app assigned, until it clears them", async () => {
    const nodeId = newId();
    const key = await appKey();
    const path = `/v1/nodes/${nodeId}`;
    const clientId = newId("client");
    const assigned = await (await put(path, key, { client_id: clientId, addr: "10.0.0.1" })).json<NodeState>();
    expect(assigned).toMatchObject({ node_id: nodeId, registered: true, client_id: clientId, addr: "10.0.0.1" });
    expect(await (await get(path, key)).json()).toMatchObject({ client_id: clientId, addr: "10.0.0.1", online: false });
    expect(await (await put(path, key, { addr: null })).json()).toMatchObject({ client_id: clientId, addr: null });
    const headers = { ...bearer(key), "content-type": "application/x-www-form-urlencoded" };
    const cleared = await call(path, { method: "PUT", headers, body: "client_id=" });
    expect(await cleared.json()).toMatchObject({ client_id: null });
  });

  test.each([
    ["nothing", {}, "client_id or addr"],
    ["a client_id that is no text", { client_id: 5 }, "client_id"],
    ["a client_id too long", { client_id: "x".repeat(129) }, "client_id"],
    ["an addr that is no text", { addr: {} }, "addr"],
    ["an addr too long", { addr: "x".repeat(513) }, "addr"],
  ])("assigning %s is refused", async (_, body, named) => {
    expect(await expectError(await put(`/v1/nodes/${newId()}`, await appKey(), body), "BAD_REQUEST")).toContain(named);
  });

  test("ids may hold any characters, percent-encoded once", async () => {
    const key = await appKey();
    const asked: string[] = [];
    const namespace = {
      getByName: (name: string) => ({
        admit: async () => ({ ok: true }),
        describe: async () => (asked.push(name), { registered: true }),
      }),
    };
    for (const nodeId of ["a/b", "a?b#c", "100%", "%41", "%2F", "ü ✓", "a+b", "$&", ":id"]) {
      const response = await get(`/v1/nodes/${encodeURIComponent(nodeId)}`, key, { NODE: namespace as never });
      expect(response.status).toBe(200);
      expect(asked.pop()).toBe(nodeId);
    }
  });

  test("an id that no key can name is refused", async () => {
    const key = await appKey();
    for (const nodeId of ["x".repeat(129), "a%00b"]) {
      expect(await expectError(await get(`/v1/nodes/${nodeId}`, key), "BAD_REQUEST")).toContain("id must be");
    }
  });
});

describe("the inbox", () => {
  test("is read from the oldest, in pages, or from the newest", async () => {
    const nodeId = await nodeWithMail();
    const key = await authKey(nodeId);
    const read = async (query: string) => (await get(`/v1/nodes/${nodeId}/inbox${query}`, key)).json<Inbox>();
    const all = await read("");
    expect(all.messages.map(({ payload }) => payload)).toEqual([1, 2, 3]);
    expect([all.from_seq, all.to_seq, all.more]).toEqual([all.messages[0]!.seq, all.messages[2]!.seq, false]);
    const page = await read("?limit=2");
    expect(page.messages.map(({ payload }) => payload)).toEqual([1, 2]);
    expect(page.more).toBe(true);
    expect((await read(`?from_seq=${page.to_seq! + 1}`)).messages.map(({ payload }) => payload)).toEqual([3]);
    expect((await read("?order=desc&limit=1")).messages.map(({ payload }) => payload)).toEqual([3]);
    expect((await read(`?to_timestamp=${Date.now() - 3_600_000}`)).messages).toEqual([]);
  });

  test("is shortened by an ack up to seq", async () => {
    const nodeId = await nodeWithMail();
    const key = await authKey(nodeId);
    const path = `/v1/nodes/${nodeId}`;
    const { messages } = await (await get(`${path}/inbox`, key)).json<Inbox>();
    expect(await (await postJson(`${path}/ack`, key, { seq: messages[1]!.seq })).json()).toEqual({ removed: 2 });
    const left = await (await get(`${path}/inbox`, key)).json<Inbox>();
    expect(left.messages.map(({ payload }) => payload)).toEqual([3]);
    expect(left.epoch).toBe((await (await get(`${path}/inbox`, key)).json<Inbox>()).epoch);
  });

  test("hands the query on, with its defaults, and the stored text as it is", async () => {
    const nodeId = newId();
    const key = await authKey(nodeId);
    const queries: InboxQuery[] = [];
    const stored = '{"seq":1,"payload":12345678901234567890,"e":1.50}';
    const nodes = nodesAs({
      readInbox: async (query) => {
        queries.push(query);
        return { epoch: 'e"1', messages: [stored, stored], from_seq: 1, to_seq: 1, more: false };
      },
    });
    const path = `/v1/nodes/${nodeId}/inbox`;
    const response = await get(path, key, nodes);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe(
      `{"epoch":"e\\"1","messages":[${stored},${stored}],"from_seq":1,"to_seq":1,"more":false}`,
    );
    await get(`${path}?from_seq=1&to_seq=2&from_timestamp=3&to_timestamp=4&limit=5&order=desc`, key, nodes);
    expect(queries).toEqual([
      { limit: 100, order: "asc" },
      { fromSeq: 1, toSeq: 2, fromTimestamp: 3, toTimestamp: 4, limit: 5, order: "desc" },
    ]);
  });

  test.each([
    "from_seq=-1",
    "to_seq=x",
    "from_timestamp=1.5",
    "to_timestamp=99999999999999999999",
    "limit=0",
    "limit=101",
    "order=up",
  ])("%s is refused, naming the field", async (query) => {
    const nodeId = newId();
    const response = await get(`/v1/nodes/${nodeId}/inbox?${query}`, await authKey(nodeId));
    expect(await expectError(response, "BAD_REQUEST")).toContain(`${query.split("=")[0]} must be`);
  });

  test.each([[undefined], [-1], [1.5], ["x"], [null]])("an ack of %s is refused", async (seq) => {
    const nodeId = newId();
    expect(
      await expectError(await postJson(`/v1/nodes/${nodeId}/ack`, await authKey(nodeId), { seq }), "BAD_REQUEST"),
    ).toContain("seq");
  });
});
