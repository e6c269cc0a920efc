/** Frames that are no messages: each gets its error, the connection lives up to a bound, and nobody else notices. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLOSE } from "../../src/protocol/close-codes.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { mulberry32 } from "../support/pairs-load.ts";
import { V1Client } from "../support/v1-client.ts";

let edge: Edge;
let names = 0;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

const connect = (nodeId = `bad-${(names += 1)}`): Promise<V1Client> =>
  V1Client.connect({ url: edge.url, key: edge.key(nodeId) });

/** Sends a frame and answers the code of the one error that it gets; the connection must survive. */
async function errorOf(client: V1Client, frame: string | Buffer): Promise<string> {
  const errors = client.errors.length;
  const pongs = client.pongs;
  client.sendRaw(frame);
  await client.until(() => client.errors.length > errors || client.closeCode !== undefined, 5_000, "an error");
  // Auto-responses overtake nothing of the edge's own; a second error would be here by then or by the next call.
  client.sendRaw("ping");
  await client.until(() => client.pongs > pongs || client.closeCode !== undefined, 5_000, "a pong");
  expect(client.closeCode).toBeUndefined();
  expect(client.errors).toHaveLength(errors + 1);
  return client.errors[errors]?.code as string;
}

const WRONG = [null, true, 0, 1.5, -1, "", "x", [], {}, [1], { a: 1 }, 1e300, "y".repeat(200)] as const;
const FIELDS = [
  "id",
  "dest_id",
  "dest_client_id",
  "dest_session_id",
  "dest_cluster_id",
  "type",
  "volatile",
  "ttl_ms",
  "collapse_key",
];

test("frames of no JSON object are BAD_FRAME", { timeout: 30_000 }, async () => {
  const client = await connect();
  const nonsense = ["", "{", "nonsense", "[1,", "\u0000", '{"id":}', "1", '"text"', "null", "true", "ping ping", "[[]"];
  for (const frame of nonsense) expect([frame, await errorOf(client, frame)]).toEqual([frame, "BAD_FRAME"]);
  expect(await errorOf(client, Buffer.from('{"dest_id":"a"}'))).toBe("BAD_FRAME");
  expect(await errorOf(client, randomBytes(1000))).toBe("BAD_FRAME");
  await client.close();
});

test("random text and bytes never break anything", { timeout: 30_000 }, async () => {
  const random = mulberry32(7);
  const pieces = [
    '{"',
    '"',
    ":",
    ",",
    "}",
    "]",
    "[",
    "dest_id",
    "id",
    "\\u",
    "1e",
    "null",
    "é",
    "\\",
    "-6",
    "type",
    "payload",
  ];
  let client = await connect();
  for (let round = 0; round < 300; round += 1) {
    const length = 1 + Math.floor(random() * 40);
    const text = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join("");
    client.sendRaw(round % 3 === 0 ? Buffer.from(text) : text);
    if (round % 40 !== 39) continue;
    const pongs = client.pongs;
    client.sendRaw("ping");
    await client.until(() => client.pongs > pongs || client.closeCode !== undefined, 5_000, "a pong");
    expect(client.closeCode ?? 0).toBeOneOf([0, CLOSE.PROTOCOL_ERRORS]);
    await client.close();
    client = await connect();
  }
  await client.close();
});

test("every field with every wrong type is BAD_MESSAGE or is harmless", { timeout: 60_000 }, async () => {
  const target = await connect("patient");
  // One connection for each field: there are more errors here than one connection may make in a minute.
  for (const field of FIELDS) {
    const client = await connect();
    for (const value of WRONG) {
      const message: Record<string, unknown> = {
        id: "i",
        dest_id: "patient",
        type: 1,
        payload: "kept apart",
        [field]: value,
      };
      client.sendRaw(JSON.stringify(message));
    }
    // Whatever was taken is settled when this is, because it was sent last.
    client.send({ id: "last", dest_id: "patient", type: 1, payload: `last of ${field}` });
    await client.settled(10_000);
    expect(client.acked.has("last")).toBe(true);
    expect(client.closeCode).toBeUndefined();
    expect([field, client.errors.length > 0]).toEqual([field, true]);
    await client.close();
  }
  await target.until(
    () => target.messages.some((message) => message.payload === "last of collapse_key"),
    5_000,
    "the last message",
  );
  expect(target.violations).toEqual([]);
  expect(target.closeCode).toBeUndefined();
  await target.close();
});

test("wrong control messages", { timeout: 30_000 }, async () => {
  const client = await connect();
  const cases: [string, string][] = [
    ['{"type":-6}', "BAD_MESSAGE"],
    ['{"type":-6,"payload":{"seq":"1"}}', "BAD_MESSAGE"],
    ['{"type":-6,"payload":{"seq":-1}}', "BAD_MESSAGE"],
    ['{"type":-6,"payload":{"seq":1.5}}', "BAD_MESSAGE"],
    ['{"type":-6,"payload":[1]}', "BAD_MESSAGE"],
    ['{"type":-101,"payload":7}', "BAD_MESSAGE"],
    ['{"type":-101,"payload":"{"}', "BAD_MESSAGE"],
    ['{"type":-999}', "UNKNOWN_CONTROL"],
    ['{"id":"x","type":1}', "NO_DESTINATION"],
    ['{"id":"x","dest_id":"a","type":-1}', "BAD_MESSAGE"],
    ['{"id":"x","dest_id":"a","type":103}', "BAD_MESSAGE"],
  ];
  for (const [frame, code] of cases) expect([frame, await errorOf(client, frame)]).toEqual([frame, code]);
  await client.close();
});

test("an ack of what was never sent acks nothing", { timeout: 30_000 }, async () => {
  const [sender, liar] = await Promise.all([
    connect(),
    V1Client.connect({ url: edge.url, key: edge.key("liar"), acks: "silent" }),
  ]);
  liar.ack(Number.MAX_SAFE_INTEGER);
  sender.send({ id: "m", dest_id: "liar", type: 1, payload: "later" });
  await liar.received(1, 5_000);
  await sender.settled(5_000);
  liar.terminate();
  const returned = await connect("liar");
  if (sender.acked.get("m") === "stored") await returned.received(1, 5_000);
  expect(sender.acked.get("m")).toBe("stored");
  await Promise.all([sender.close(), returned.close()]);
});

test("JSON a hundred thousand levels deep", { timeout: 30_000 }, async () => {
  const client = await connect();
  const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  // Either says well what is wrong; a parser may give up on it before depth is looked at.
  expect(await errorOf(client, `{"id":"x","dest_id":"a","payload":${deep(100_000)}}`)).toBeOneOf([
    "BAD_MESSAGE",
    "BAD_FRAME",
  ]);
  expect(await errorOf(client, deep(100_000))).toBeOneOf(["BAD_MESSAGE", "BAD_FRAME"]);
  // The message itself is the first level.
  expect(await errorOf(client, `{"id":"x","dest_id":"a","payload":${deep(LIMITS.maxDepth)}}`)).toBe("BAD_MESSAGE");
  client.pending.set("ok", "");
  client.sendRaw(`{"id":"ok","dest_id":"somebody","payload":${deep(LIMITS.maxDepth - 1)}}`);
  await client.settled(5_000);
  expect(client.acked.has("ok")).toBe(true);
  await client.close();
});

test("a frame of exactly the limit passes, one byte more closes with 4413", { timeout: 30_000 }, async () => {
  const [client, recipient] = await Promise.all([connect(), connect("heavy")]);
  const frame = (bytes: number): string => {
    const [head, tail] = ['{"id":"big","dest_id":"heavy","type":1,"payload":"', '"}'];
    return head + "x".repeat(bytes - head.length - tail.length) + tail;
  };
  client.pending.set("big", "");
  client.sendRaw(frame(LIMITS.maxFrameBytes));
  await recipient.received(1, 10_000);
  await client.settled(5_000);
  expect(client.acked.get("big")).toBe("delivered");
  client.sendRaw(frame(LIMITS.maxFrameBytes + 1));
  await client.closed(5_000);
  expect(client.closeCode).toBe(CLOSE.FRAME_TOO_LARGE);
  // Bytes count, not characters.
  const other = await connect();
  other.sendRaw(`{"id":"wide","dest_id":"heavy","payload":"${"é".repeat(LIMITS.maxFrameBytes / 2)}"}`);
  await other.closed(5_000);
  expect(other.closeCode).toBe(CLOSE.FRAME_TOO_LARGE);
  await recipient.close();
});

test("an array of 256 passes, one of 257 is TOO_LARGE and none of it is sent", { timeout: 30_000 }, async () => {
  const [client, recipient] = await Promise.all([connect(), connect("crowded")]);
  const array = (count: number, prefix: string): string =>
    JSON.stringify(
      Array.from({ length: count }, (_, index) => ({
        id: `${prefix}${index}`,
        dest_id: "crowded",
        type: 1,
        payload: index,
      })),
    );
  expect(await errorOf(client, array(LIMITS.maxMessagesPerFrame + 1, "over"))).toBe("TOO_LARGE");
  for (let index = 0; index < LIMITS.maxMessagesPerFrame; index += 1) client.pending.set(`full${index}`, "");
  client.sendRaw(array(LIMITS.maxMessagesPerFrame, "full"));
  await client.settled(5_000);
  await recipient.received(LIMITS.maxMessagesPerFrame, 5_000);
  expect(recipient.messages.map((message) => message.payload)).toEqual(
    Array.from({ length: LIMITS.maxMessagesPerFrame }, (_, index) => index),
  );
  await Promise.all([client.close(), recipient.close()]);
});

test("bad elements of an array do not hold up the good ones", { timeout: 30_000 }, async () => {
  const [client, recipient] = await Promise.all([connect(), connect("mixed")]);
  const good = (id: string): string => `{"id":"${id}","dest_id":"mixed","type":1,"payload":"${id}"}`;
  client.pending.set("a", "").set("b", "");
  client.sendRaw(`[${good("a")},1,{"id":"c","dest_id":7},${good("b")},[]]`);
  await client.settled(5_000);
  await recipient.received(2, 5_000);
  expect(recipient.messages.map((message) => message.payload)).toEqual(["a", "b"]);
  expect(client.errors.map(({ code, id }) => [code, id])).toEqual([
    ["BAD_MESSAGE", undefined],
    ["BAD_MESSAGE", "c"],
    ["BAD_MESSAGE", undefined],
  ]);
  await Promise.all([client.close(), recipient.close()]);
});

test("too many protocol errors in a minute close with 4400", { timeout: 30_000 }, async () => {
  const client = await connect();
  for (let index = 0; index < LIMITS.maxProtocolErrors * 2; index += 1)
    if (client.closeCode === undefined) client.sendRaw("{");
  await client.closed(5_000);
  expect(client.closeCode).toBe(CLOSE.PROTOCOL_ERRORS);
  expect(client.errors.length).toBeGreaterThanOrEqual(LIMITS.maxProtocolErrors - 1);
  expect(client.errors.length).toBeLessThanOrEqual(LIMITS.maxProtocolErrors + 1);
});
