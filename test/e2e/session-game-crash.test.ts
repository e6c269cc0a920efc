/** The edge dies while a game's master is being replaced: there is one master, everyone hears of it, and the state is there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { type Message, V1Client } from "../support/v1-client.ts";

/** The master's lease, and what a busy machine may need on top. */
const HAND_OVER_WITHIN_MS = 15_000 + 15_000;
const MASTER_CHANGED = 110;

interface Info {
  master_id: string | null;
  fencing_number: number;
  members: { node_id: string }[];
}

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

const player = (nodeId: string): Promise<V1Client> =>
  V1Client.connect({ url: edge.url, key: edge.key(nodeId), reconnect: true });

const call = <Body = Record<string, unknown>>(nodeId: string, method: string, path: string, body?: unknown) =>
  edge.call<Body>(method, path, edge.key(nodeId), body);

/** A game of these nodes, the first of them its master; answers its path. */
async function start(nodeIds: string[]): Promise<string> {
  const [master, ...others] = nodeIds as [string, ...string[]];
  const options = { session_type: 1, anyone_can_join: true };
  const { body } = await call<{ session_id: string }>(master, "POST", "/v1/sessions", options);
  const path = `/v1/sessions/${body.session_id}`;
  for (const nodeId of others) expect((await call(nodeId, "PUT", `${path}/members/${nodeId}`)).status).toBe(200);
  return path;
}

const isChange = (fence: number) => (message: Message) =>
  message.type === MASTER_CHANGED && (message.payload as { fencing_number: number }).fencing_number === fence;

/** Waits until a player has heard of the change of master with this fencing number; answers who it is. */
async function hears(client: V1Client, fence: number, ms: number): Promise<unknown> {
  await client.until(() => client.messages.some(isChange(fence)), ms, `the change of master ${fence}`);
  return (client.messages.find(isChange(fence))!.payload as { master_id: string }).master_id;
}

test("a crash within the lease: the next one takes over, with the state that the last one wrote", async () => {
  const [alice, bob, cy] = await Promise.all(["alice", "bob", "cy"].map(player));
  const path = await start(["alice", "bob", "cy"]);
  const dest_session_id = path.split("/").at(-1);
  const state = { level: 7, board: "x".repeat(300_000), big: 9_007_199_254_740_991 };
  const written = await call("alice", "PUT", `${path}/state`, { fencing_number: 1, state });
  expect(written).toMatchObject({ status: 200, body: { version: 1, fencing_number: 1 } });

  alice!.terminate();
  await edge.restart();
  // Whoever speaks to a master who is not there finds it out, should the crash have been the sooner.
  bob!.send({ id: "to-the-master", dest_session_id, type: 1, payload: "are you there?" });
  expect(await hears(bob!, 2, HAND_OVER_WITHIN_MS)).toBe("bob");
  expect(await hears(cy!, 2, 5_000)).toBe("bob");
  expect((await call("cy", "GET", `${path}/state`)).body).toEqual({
    state,
    version: 1,
    fencing_number: 2,
    written_at: written.body.written_at,
  });
  for (const who of ["alice", "bob"]) {
    const late = await call(who, "PUT", `${path}/state`, { fencing_number: 1, state: "late" });
    expect(late).toMatchObject({ status: 409, body: { error: { code: "DEPOSED" } } });
  }
  const next = await call("bob", "PUT", `${path}/state`, { fencing_number: 2, state: { level: 8 } });
  expect(next).toMatchObject({ status: 200, body: { version: 2 } });

  await edge.restart();
  const after = await call("cy", "GET", `${path}/state`);
  expect(after.body).toMatchObject({ state: { level: 8 }, version: 2, fencing_number: 2 });
  expect((await call<Info>("cy", "GET", path)).body).toMatchObject({ master_id: "bob", fencing_number: 2 });

  // The old master comes back: it hears that it is one no longer, and what it says goes to the new one.
  await alice!.open();
  expect(await hears(alice!, 2, 10_000)).toBe("bob");
  const deadline = Date.now() + 10_000;
  for (let attempt = 1; !alice!.acked.has(`from-alice-${attempt - 1}`); attempt += 1) {
    if (Date.now() > deadline) throw new Error("the old master is refused for ever");
    alice!.send({ id: `from-alice-${attempt}`, dest_session_id, type: 1, payload: "well played" });
    await alice!.settled(5_000);
  }
  expect([...alice!.refused.values()].every((code) => code === "DEPOSED")).toBe(true);
  await bob!.until(() => bob!.messages.some(({ payload }) => payload === "well played"), 5_000, "alice's words");
  expect(cy!.messages.some(({ payload }) => payload === "well played")).toBe(false);
  await Promise.all([alice!.close(), bob!.close(), cy!.close()]);
});

test("a crash while the master leaves: it is still the master, or the next one is and all hear of it", async () => {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const names = Array.from({ length: 6 }, (_, i) => `player-${i}`);
  const clients = await Promise.all(names.map(player));
  const path = await start(names);
  const state = { turn: 1 };
  expect((await call(names[0]!, "PUT", `${path}/state`, { fencing_number: 1, state })).status).toBe(200);

  let inTime = 0;
  for (let round = 0; round < 4; round += 1) {
    const [master, next] = [names[round]!, names[round + 1]!];
    const fence = round + 2;
    const stays = names.at(-1)!;
    const leave = call(master, "DELETE", `${path}/members/${master}`).catch(() => undefined);
    // Some of the moments of a request, from before it is read to after its answer.
    const moment = performance.now() + random.next() * 12;
    while (performance.now() < moment) await new Promise((resolve) => setImmediate(resolve));
    await edge.restart();
    await leave;

    const { body } = await call<Info>(stays, "GET", path);
    const isDone = body.fencing_number === fence;
    if (isDone) inTime++;
    expect(body.fencing_number).toBe(isDone ? fence : fence - 1);
    expect(body.master_id).toBe(isDone ? next : master);
    expect(body.members.map(({ node_id }) => node_id)).toEqual(names.slice(isDone ? round + 1 : round));
    // It leaves, if it has not; leaving twice is fine.
    expect((await call(master, "DELETE", `${path}/members/${master}`)).status).toBe(200);
    for (const client of clients.slice(round + 1)) expect(await hears(client, fence, 10_000)).toBe(next);
    const kept = await call(stays, "GET", `${path}/state`);
    expect(kept.body).toMatchObject({ state, version: 1, fencing_number: fence });
  }
  console.log(`${inTime} of 4 crashes came after the hand-over`);
  await Promise.all(clients.map((client) => client.close()));
});
